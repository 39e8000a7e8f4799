"""The report as a page of GitHub's Markdown: the table of exercises, and what stands behind every lost point.

Whatever a submission may have said stands escaped in a `<pre>`, where GitHub reads no Markdown, no link and no mention.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from grader.contract import Outcome, Status, Text, printable, shortened
from grader.postings.record import Check, Posted
from grader.text import Translator

MAX_BYTES = 900_000
"""GitHub refuses a step summary of more than 1 MiB as a whole."""
MAX_COMMENT_BYTES = 60_000
"""GitHub refuses a comment of more than 65,536 characters."""
MAX_CHARACTERS = 1000
MARKS = {Status.PASSED: "✅", Status.PARTIAL: "🟡", Status.FAILED: "❌", Status.MISSING: "▫️"}


def page(posted: Posted, translate: Translator) -> str:
    """The report of a push as Markdown, of at most `MAX_BYTES`; what does not fit is left out, and the page says so."""
    values = _points(posted)
    heading = Text("Provisional score: {score}", values)
    if posted.max_bonus:
        heading = Text("Provisional score: {score}, bonus {bonus}", values)
    remark = Text("The grade that counts is made on your instructor's side, and may differ.")
    more = Text("There is more, in the report (report.json).")
    return _page(posted, translate, [heading, remark, more], MAX_BYTES)


def comment(posted: Posted, translate: Translator) -> str:
    """The report of the grade that counts as Markdown, of at most `MAX_COMMENT_BYTES`, cut as `page` is."""
    values = _points(posted)
    heading = Text("Score: {score}, bonus {bonus}", values) if posted.max_bonus else Text("Score: {score}", values)
    remark = Text("This commit was graded on your instructor's side.")
    more = Text("There is more than a comment can hold; ask your instructor.")
    return _page(posted, translate, [heading, remark, more], MAX_COMMENT_BYTES)


def _points(posted: Posted) -> dict[str, str]:
    return {"score": f"{posted.score}/{posted.max_score}", "bonus": f"{posted.bonus}/{posted.max_bonus}"}


def _page(posted: Posted, translate: Translator, words: Sequence[Text], max_bytes: int) -> str:
    """A page with these words as its heading, below it, and at its end if it was cut."""
    heading, remark, more = (translate(word) for word in words)
    parts = [f"## {heading}\n", f"{remark}\n", *_table(posted, translate)]
    # With the sentence that there is more, for which there must be room in any case.
    size = sum(len(part.encode()) + 1 for part in [*parts, more])
    for part in _feedback(posted, translate):
        size += len(part.encode()) + 1
        if size > max_bytes:
            parts.append(f"{more}\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _table(posted: Posted, translate: Translator) -> Iterator[str]:
    yield f"| | {translate(Text('exercise'))} | {translate(Text('points'))} |\n|---|---|---:|"
    for exercise in posted.exercises:
        bonus = f" ({translate(Text('bonus'))})" if exercise.bonus else ""
        yield f"| {MARKS[exercise.status]} | {exercise.name}{bonus} | {exercise.score}/{exercise.max_score} |"
    yield ""


def _feedback(posted: Posted, translate: Translator) -> Iterator[str]:
    lost = [check for check in posted.checks if not check.passed]
    for name in dict.fromkeys(name_of(check) for check in lost if check.outcome is not Outcome.MISSING):
        yield _function(name, [check for check in lost if name_of(check) == name], translate)
    missing = list(dict.fromkeys(name_of(check) for check in lost if check.outcome is Outcome.MISSING))
    if missing:
        yield translate(Text("not written yet: {functions}", {"functions": ", ".join(missing)})) + "\n"
    for note in posted.notes:
        yield preformatted(note.detail)
    yield preformatted(f"{posted.suite.value} · {posted.isolation.rung}: {posted.isolation.detail}")


def name_of(check: Check) -> str:
    """The function that a check is about, with its exercise."""
    return f"{check.exercise}.{check.function}"


def _function(name: str, checks: list[Check], translate: Translator) -> str:
    lines = [f"−{check.max_score} {cut(check.message)}" for check in checks]
    hint = next((check.hint for check in checks if check.hint), None)
    lines += [translate(Text("hint: {text}", {"text": hint}))] if hint else []
    return f"**{name}**\n{preformatted(*lines)}"


def cut(text: str) -> str:
    """A text of a submission on one line, and not longer than anyone reads."""
    line = printable(text)
    return shortened(line, MAX_CHARACTERS)


def preformatted(*lines: str) -> str:
    """Lines that Markdown leaves as they are."""
    return "<pre>" + "\n".join(html.escape(cut(line)) for line in lines) + "</pre>\n"
