"""The report on a terminal: the table of exercises, and what stands behind every lost point."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text as Styled

from grader.contract import Check, Exercise, Outcome, Report, Status, Suite, Text, View
from grader.render.losses import Loss, losses, not_written
from grader.report import as_seen_by, message_of, seed_hash
from grader.text import Translator

MARKS = {Status.PASSED: ("✓", "green"), Status.PARTIAL: ("~", "yellow")}
NO_MARK = ("✗", "red")
MISSING_MARK = ("·", "dim")
BAR_WIDTH = 16
SVG_WIDTH = 110


def show(report: Report, view: View, translate: Translator, console: Console) -> None:
    """Print a report."""
    seen = as_seen_by(report, view)
    console.print(table(seen, translate))
    if any(check.outcome is not Outcome.PASSED for check in seen.checks):
        console.print(_losses(seen.checks, translate))
    for note in seen.notes:
        console.print(Styled("• " + translate(note.detail), style="dim"))
    console.print(_summary(seen, view, translate))


def svg(report: Report, view: View, translate: Translator) -> str:
    """A picture of the terminal, for a page."""
    console = Console(record=True, width=SVG_WIDTH, file=io.StringIO(), force_terminal=True)
    show(report, view, translate, console)
    return console.export_svg(title=f"grader grade {report.submission}")


def table(report: Report, translate: Translator) -> Table:
    """The points of each exercise."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    rows.add_column("")
    rows.add_column(translate(Text("exercise")))
    rows.add_column(translate(Text("points")), justify="right")
    rows.add_column("", width=BAR_WIDTH)
    rows.add_column("")
    for exercise in report.exercises:
        mark, style = MISSING_MARK if exercise.status is Status.MISSING else MARKS.get(exercise.status, NO_MARK)
        bar = ProgressBar(total=max(1, exercise.max_score), completed=exercise.score, width=BAR_WIDTH)
        points = f"{exercise.score}/{exercise.max_score}"
        rows.add_row(Styled(mark, style=style), exercise.name, points, bar, _comment(exercise, translate))
    return rows


def _comment(exercise: Exercise, translate: Translator) -> Styled:
    words = {Status.MISSING: Text("not written yet"), Status.FAILED: Text("no check passed")}
    parts = [translate(words[exercise.status])] if exercise.status in words else []
    parts += [translate(Text("bonus"))] if exercise.bonus else []
    return Styled(", ".join(parts), style="dim")


def _losses(checks: Sequence[Check], translate: Translator) -> Group:
    """The sentences on what was lost, by function; functions that are not written yet share one line."""
    parts: list[RenderableType] = [Styled("")]
    parts += [_function(loss, translate) for loss in losses(checks)]
    missing = not_written(checks)
    if missing:
        parts.append(Styled(translate(Text("not written yet: {functions}", {"functions": ", ".join(missing)})), "dim"))
    return Group(*parts)


def found(loss: Loss, translate: Translator) -> Group:
    """What the checks found in one function, without hints."""
    heading = Styled(f"{loss.exercise}.{loss.function}", style="bold")
    return Group(heading, *(_check(check, translate) for check in loss.checks))


def _function(loss: Loss, translate: Translator) -> RenderableType:
    parts: list[RenderableType] = [found(loss, translate)]
    for _, hint in loss.hints(translate.language):
        shown = translate(Text("hint: {text}", {"text": hint}))
        parts.append(Padding(Styled(shown, style="cyan"), (0, 0, 0, 2)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def _check(check: Check, translate: Translator) -> RenderableType:
    points = f"−{check.max_score}" if check.max_score else " 0"
    # `Styled` throughout: in a plain string Rich would read what a submission says in brackets as its own markup.
    line = Styled(f"{points:>3}  ", style="red")
    line.append(translate(check.title), style="default")
    if check.suite is Suite.PUBLIC:
        line.append("  " + translate(Text("(public suite)")), style="dim default")
    message = Text("came: {message}", {"message": message_of(check, translate)})
    came = Styled(translate(message), style="yellow")
    return Padding(Group(line, Padding(came, (0, 0, 0, 5))), (0, 0, 0, 2))


def _summary(report: Report, view: View, translate: Translator) -> Panel:
    score = Styled(
        f"{report.score}/{report.max_score}", style="bold green" if report.score == report.max_score else "bold"
    )
    if report.max_bonus:
        score.append("   " + translate(Text("bonus {points}", {"points": f"{report.bonus}/{report.max_bonus}"})))
    seed = seed_hash(report.seed)[:12] + "…" if view is View.STUDENT else str(report.seed)
    values = {"suite": report.suite.value, "seed": seed, "seconds": f"{report.duration_s:.1f}"}
    facts = Text("suite {suite} · seed {seed} · {seconds} s", values)
    walls = Text("isolation {rung}: {detail}", {"rung": report.isolation.rung, "detail": report.isolation.detail})
    lines = [facts, walls]
    if names := report.remembered:
        lines.append(Text("graded before, from memory: {exercises}", {"exercises": ", ".join(names)}))
    body = Group(score, *(Styled(translate(line), "dim") for line in lines))
    return Panel(body, title=report.submission, title_align="left", expand=False)
