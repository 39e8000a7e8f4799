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
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    terminal.show(report, view, translate, console)
    return console.export_html(inline_styles=True)


def svg(report: Report, view: View, translate: Translator, title: str) -> str:
    """A picture of the terminal, for a page."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    terminal.show(report, view, translate, console)
    return console.export_svg(title=title)
