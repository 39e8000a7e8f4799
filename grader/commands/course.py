"""The commands for the course: its stubs, what is handed out of it, and whether it is set up as it should be."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from grader.commands.options import Language
from grader.course import load_course
from grader.errors import GraderError, UsageError
from grader.grade import find_tests

Choice = TypeVar("Choice", bound=enum.Enum)


def stubs_command(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if they are out of step.")] = False,
) -> None:
    """Make `exercises/` from `solutions/`."""
    from grader.release import write_stubs

    changed = write_stubs(find_tests().parent, write=not check)
    if changed and check:
        raise GraderError(f"out of step with solutions/: {', '.join(changed)}; run `grader stubs`")
    typer.echo(f"{len(changed)} files changed" if changed else "exercises/ is in step with solutions/")


def release_command(
    out: Annotated[Path, typer.Argument(help="A new folder; for gradescope, a new .zip.")],
    target: Annotated[str, typer.Option("--for", help="github, classroom50, gradescope or instructor.")] = "github",
    lang: Annotated[
        str | None, typer.Option(help="Language of the statements: es, en or both. Default: the course's, else both.")
    ] = None,
    hidden_at_push: Annotated[
        bool, typer.Option("--hidden-at-push", help="Grade with the hidden suite at every push; see docs/releasing.md.")
    ] = False,
) -> None:
    """Write what students get, a repository without any answer; what grades it elsewhere; or the instructor's own."""
    from grader.handout import Handout, Statements, Target, release

    statements = _one_of(Statements, lang or load_course().language or "both")
    handout = Handout(root=_course_root(), statements=statements, hidden=hidden_at_push)
    for path in release(out, _one_of(Target, target), handout):
        typer.echo(f"written: {path}")


def notebook_command(
    out: Annotated[Path, typer.Argument(help="A new folder, such as source/NAME of a course in nbgrader.")],
    lang: Annotated[Language | None, typer.Option(help="Language of the text. Default: the course's, else es.")] = None,
    solutions: Annotated[bool, typer.Option("--solutions", help="With the answers, as nbgrader's source.")] = False,
) -> None:
    """Write the course's notebook, from which nbgrader does the rest, and what it needs to run anywhere."""
    from grader.handout import release_notebook

    language = lang.value if lang else load_course().language or "es"
    for path in release_notebook(out, _course_root(), language, solved=solutions):
        typer.echo(f"written: {path}")


def doctor_command(
    folder: Annotated[Path | None, typer.Argument(help="A released repository; else a fresh release.")] = None,
) -> None:
    """Check a set-up, and say what to mend. The exit status is 3 if something is wrong."""
    from grader.doctor import diagnose

    ailing = 0
    for finding in diagnose(_course_root(), folder):
        ailing += not finding.well
        Console().print(f"{'✓' if finding.well else '✗'} {finding.what}", markup=False, highlight=False, soft_wrap=True)
    if ailing:
        raise GraderError(f"{ailing} things to mend")


def _course_root() -> Path:
    """The course's repository: where the solutions and the hidden suite are."""
    root = find_tests().parent
    if not (root / "solutions").is_dir():
        raise UsageError("there is no solutions/ here; this is done in the repository of the course")
    return root


def _one_of(kind: type[Choice], value: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{value!r} is none of {', '.join(member.value for member in kind)}") from None
