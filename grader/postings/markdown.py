"""The report as a page of GitHub's Markdown: the table of exercises, and what stands behind every lost point.

Whatever a submission may have said stands escaped in a `<pre>`, where GitHub reads no Markdown, no link and no mention.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from grader.contract import Outcome, Status, Text, printable
from grader.postings.record import Check, Posted
from grader.text import Translator

MAX_BYTES = 900_000
"""GitHub refuses a step summary of more than 1 MiB as a whole."""
MAX_CHARACTERS = 1000
MARKS = {Status.PASSED: "✅", Status.PARTIAL: "🟡", Status.FAILED: "❌", Status.MISSING: "▫️"}


def page(posted: Posted, translate: Translator) -> str:
    """The report as Markdown, of at most `MAX_BYTES`; what does not fit is left out, and the page says so."""
    parts = list(_head(posted, translate))
    size = sum(len(part.encode()) for part in parts)
    for part in _feedback(posted, translate):
        size += len(part.encode())
        if size > MAX_BYTES:
            parts.append(translate(Text("There is more, in the report (report.json).")) + "\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _head(posted: Posted, translate: Translator) -> Iterator[str]:
    values = {"score": f"{posted.score}/{posted.max_score}", "bonus": f"{posted.bonus}/{posted.max_bonus}"}
    heading = Text("Provisional score: {score}", values)
    if posted.max_bonus:
        heading = Text("Provisional score: {score}, bonus {bonus}", values)
    yield f"## {translate(heading)}\n"
    yield translate(Text("The grade that counts is made on your instructor's side, and may differ.")) + "\n"
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
    return line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1] + "…"


def preformatted(*lines: str) -> str:
    """Lines that Markdown leaves as they are."""
    return "<pre>" + "\n".join(html.escape(cut(line)) for line in lines) + "</pre>\n"
