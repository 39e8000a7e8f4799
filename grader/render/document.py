"""The report as a page: what the terminal shows, as self-contained HTML."""

from __future__ import annotations

import io

from rich.console import Console

from grader.contract import Report, View
from grader.render import terminal
from grader.text import Translator

WIDTH = 110


def html(report: Report, view: View, translate: Translator) -> str:
    """One HTML document that needs nothing else; the student's text is escaped."""
    return _recorded(report, view, translate).export_html(inline_styles=True)


def svg(report: Report, view: View, translate: Translator) -> str:
    """A picture of the terminal, for a page."""
    return _recorded(report, view, translate).export_svg(title=f"grader grade {report.submission}")


def _recorded(report: Report, view: View, translate: Translator) -> Console:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    terminal.show(report, view, translate, console)
    return console
