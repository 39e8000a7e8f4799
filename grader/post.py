"""Brings a report to where its readers look: the one place that reads the environment of a runner and writes there."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from grader import git
from grader.course import load_course
from grader.errors import GraderError, UsageError
from grader.postings import classroom50, github, gradescope, markdown
from grader.postings.record import Posted, read
from grader.text import Translator

MAX_SOURCE_BYTES = 2**20


class Form(enum.Enum):
    """Who reads the result."""

    GITHUB = "github"
    CLASSROOM50 = "classroom50"
    GRADESCOPE = "gradescope"


def post(report: Path, form: Form, folder: Path, translate: Translator) -> None:
    """Post a report.

    Args:
        report: What `grader grade --view student --json` wrote.
        form: Who reads it.
        folder: The student's repository for `github` and `classroom50`; where `results.json` goes for `gradescope`.
        translate: Into the student's language.

    Raises:
        UsageError: If the report is none, or the runner's environment is not that of the form.
        GraderError: If something cannot be written.
    """
    _POST[form](read(report), folder, translate)


def _to_github(posted: Posted, folder: Path, translate: Translator) -> None:
    summary, outputs = _variable("GITHUB_STEP_SUMMARY"), _variable("GITHUB_OUTPUT")
    _append(Path(summary), markdown.page(posted, translate))
    _append(Path(outputs), _lines(github.outputs(posted)))
    for command in github.annotate(posted, _sources(folder)):
        print(command)


def _to_classroom50(posted: Posted, folder: Path, translate: Translator) -> None:
    identity = classroom50.identity(os.environ)
    result = classroom50.result(posted, identity, git.commit_date(folder))
    _write(folder / "result.json", json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "release-body.md", markdown.page(posted, translate))
    _append(Path(_variable("GITHUB_OUTPUT")), _lines(classroom50.status(posted)))


def _to_gradescope(posted: Posted, folder: Path, translate: Translator) -> None:
    document = gradescope.results(posted, translate)
    _write(folder / "results.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")


_POST: Mapping[Form, Callable[[Posted, Path, Translator], None]] = {
    Form.GITHUB: _to_github,
    Form.CLASSROOM50: _to_classroom50,
    Form.GRADESCOPE: _to_gradescope,
}


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{name} is not set; this is done in a workflow on GitHub")
    return value


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _sources(folder: Path) -> dict[str, tuple[str, str]]:
    """The student's modules that annotations may point into, as they lie in the repository; links are not followed."""
    found: dict[str, tuple[str, str]] = {}
    for name in load_course().names:
        # In the order in which `collect` looks for them.
        for path in (Path("exercises") / f"{name}.py", Path(f"{name}.py")):
            whole = folder / path
            if whole.is_file() and not whole.is_symlink() and whole.stat().st_size <= MAX_SOURCE_BYTES:
                found.setdefault(name, (path.as_posix(), whole.read_text("utf-8", "replace")))
    return found


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise GraderError(f"{path} cannot be written: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    """Write a file anew; a link that a submission has put in its place is replaced, and not followed."""
    try:
        path.unlink(missing_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise GraderError(f"{path} cannot be written: {error.strerror}") from error
