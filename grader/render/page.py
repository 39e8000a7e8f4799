"""The report as a page: one HTML document that needs nothing else, light and dark, for screen and paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.contract import Outcome, Report, Status, Text, View
from grader.render.losses import losses, not_written
from grader.render.pictures import Picture, draw
from grader.report import as_seen_by, message_of, seed_hash
from grader.showcase import Exhibit
from grader.text import Translator

MARKS = {Status.PASSED: "✓", Status.PARTIAL: "~", Status.FAILED: "✗", Status.MISSING: "·"}
STATUSES = {
    Status.PASSED: Text("complete"),
    Status.PARTIAL: Text("in part"),
    Status.FAILED: Text("no check passed"),
    Status.MISSING: Text("not written yet"),
}
OUTCOMES = {
    Outcome.ERROR: Text("the code ended with an error"),
    Outcome.TIMEOUT: Text("it took too long"),
    Outcome.MEMORY: Text("it took too much memory"),
    Outcome.REFUSED: Text("the result is not of a kind that can be graded"),
}


def html(report: Report, view: View, translate: Translator, exhibits: Sequence[Exhibit] | None = None) -> str:
    """One HTML document.

    Args:
        report: What is shown, as far as `view` may see it.
        view: Who reads it.
        translate: The language.
        exhibits: What the pictures are drawn from; None if the submission's code was not run for them.
    """
    seen = as_seen_by(report, view)
    return document(
        "report.html",
        translate,
        report=seen,
        is_student=view is View.STUDENT,
        seed=seed_hash(seen.seed) if view is View.STUDENT else seen.seed,
        losses=losses(seen.checks),
        not_written=not_written(seen.checks),
        message_of=lambda check: message_of(check, translate),
        passed=[check for check in seen.checks if check.outcome is Outcome.PASSED],
        pictures=None if exhibits is None else draw(exhibits, translate),
        MARKS=MARKS,
        STATUSES=STATUSES,
        OUTCOMES=OUTCOMES,
    )


def document(template: str, translate: Translator, **values: Any) -> str:
    """A page made from a template, in one language; whatever is put into it is escaped."""
    page = _ENVIRONMENT.get_template(template)
    return page.render(language=translate.language, say=translate, drawing=_drawing, **values)


def source(name: str) -> str:
    """A file beside the templates, as it is put into a page."""
    return _ENVIRONMENT.get_template(name).render()


def coded(text: str) -> Markup:
    """A text, escaped, in which what stands between backticks is code."""
    # Escaped first: the tags that are put in here are then the only ones.
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def breakable(id: str) -> Markup:
    """An id, escaped, that a narrow column may break between its words and nowhere else."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(id))))


def _drawing(picture: Picture) -> Markup:
    """The one thing on a page that is not escaped: what matplotlib drew, in which no word of a submission is text."""
    return Markup(picture.svg)


_ENVIRONMENT = Environment(
    loader=PackageLoader("grader.render"),
    # Whatever a submission says is text on the page (hostile row 67).
    autoescape=True,
    undefined=StrictUndefined,  # a slip in a template is an error, and no empty place
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"coded": coded, "breakable": breakable}
