"""What `grader watch` shows: how far the course is, and what to look at next."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text as Styled

from grader.contract import Check, Report, Scalar, Text, View
from grader.errors import GraderError
from grader.render import terminal
from grader.render.losses import losses
from grader.report import as_seen_by, message_of
from grader.text import Translator
from grader.watch import Rung


class Screen:
    """A terminal; where there is none, as in a file, each grading is one line."""

    def __init__(self, translate: Translator, console: Console) -> None:
        """Take the language, and where to print."""
        self._translate = translate
        self._console = console

    def show(self, report: Report, at_hand: Check | None) -> None:
        """The table of exercises, what was found in the function at hand, and what the keys do."""
        report = as_seen_by(report, View.STUDENT)
        if not self._console.is_terminal:
            self._print(self._line(report, at_hand))
            return
        self._console.rule()
        self._console.print(terminal.table(report, self._translate))
        for loss in losses(report.checks):
            if at_hand and (loss.exercise, loss.function) == (at_hand.exercise, at_hand.function):
                self._console.print(terminal.found(loss, self._translate))
        self._print(self._translate(_next(at_hand)), "bold")
        self._print(self._translate(Text("keys: h for a hint, a to grade everything, q to quit")), "dim")

    def hint(self, check: Check, rung: Rung) -> None:
        """One hint."""
        values: dict[str, Scalar | Text] = {"number": rung.number, "total": rung.total, "function": check.function}
        heading = self._translate(Text("hint {number} of {total} for {function}", values))
        self._print(f"{heading}: {rung.text}", "cyan")

    def trouble(self, error: GraderError) -> None:
        """One sentence."""
        self._print(f"grader: {error}", "red")

    def _print(self, words: str, style: str = "") -> None:
        self._console.print(Styled(words, style=style), soft_wrap=not self._console.is_terminal)

    def _line(self, report: Report, at_hand: Check | None) -> str:
        points = " ".join(f"{exercise.name} {exercise.score}/{exercise.max_score}" for exercise in report.exercises)
        found = message_of(at_hand, self._translate) if at_hand else ""
        return " · ".join(part for part in (points, self._translate(_next(at_hand)), found) if part)


def _next(at_hand: Check | None) -> Text:
    if at_hand is None:
        return Text("everything passes")
    return Text("next: {function}", {"function": f"{at_hand.exercise}.{at_hand.function}"})
