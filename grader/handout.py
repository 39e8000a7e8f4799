"""Writes what an instructor hands out: a student's repository, a bundle for Classroom 50, an archive for Gradescope.

And what the instructor keeps: the repository whose workflow grades the class.
"""

from __future__ import annotations

import enum
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader import git, misconceptions
from grader.assignment import make_notebook
from grader.contract import Suite
from grader.course import load_course, load_hints, load_points, suite_folder
from grader.errors import GraderError, UsageError
from grader.leaks import leaks
from grader.release import make_exercises
from grader.scaffold import render
from grader.workflow import values

MAX_BUNDLE_BYTES = 10 * 2**20
"""Classroom 50 takes no larger bundle."""


class Target(enum.Enum):
    """Where students' work is graded: at every push, or by the instructor's own workflow."""

    GITHUB = "github"
    CLASSROOM50 = "classroom50"
    GRADESCOPE = "gradescope"
    INSTRUCTOR = "instructor"


class Statements(enum.Enum):
    """The language of the statements."""

    ES = "es"
    EN = "en"
    BOTH = "both"

    @property
    def report(self) -> str:
        """What reports are written in: one language; with both statements it is that of the course."""
        return load_course().language or "es" if self is Statements.BOTH else self.value

    def has(self, name: str) -> bool:
        """Whether a file of `exercises/` is handed out."""
        return not name.endswith(".md") or self is Statements.BOTH or name.endswith(f".{self.value}.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What to hand out. `root` is the course's repository; `hidden` runs the hidden suite at every push."""

    root: Path
    statements: Statements = Statements.BOTH
    hidden: bool = False


def release(out: Path, target: Target, handout: Handout) -> list[Path]:
    """Write a release; returns the folders and files that were written.

    Args:
        out: A new folder; for Gradescope, a new .zip.
        target: Where it is to be used.
        handout: What is in it.

    Raises:
        UsageError: If there is something at `out`, it is no .zip for Gradescope, or the hidden suite would be public.
        GraderError: If an answer has got into what students see, or git or pip fails.
    """
    _refuse_what_is_there(out)
    if target is Target.GRADESCOPE and out.suffix != ".zip":
        raise UsageError(f"{out} is no name of an archive; Gradescope takes a .zip")
    with tempfile.TemporaryDirectory(prefix="grader-release-") as name:
        return _RELEASE[target](out, Path(name), handout)


def release_notebook(out: Path, root: Path, language: str, *, solved: bool) -> list[Path]:
    """Write the course's notebook, and beside it `grader.zip` with the grader and the public suite.

    Args:
        out: A new folder, such as `source/rnn` of a course in nbgrader.
        root: The course's repository.
        language: Of the text.
        solved: With the solutions, for nbgrader to make the students' version from; else that version itself.

    Raises:
        UsageError: If there is something at `out`.
        GraderError: If an answer has got into what students see, or pip fails.
    """
    import nbformat

    _refuse_what_is_there(out)
    with tempfile.TemporaryDirectory(prefix="grader-release-") as name:
        folder, support = Path(name) / "notebook", Path(name) / "support"
        build_wheel(root, support)
        _copy_suite(root, support, Suite.PUBLIC)
        folder.mkdir()
        shutil.make_archive(str(folder / "grader"), "zip", support)
        course = load_course()
        path = folder / f"{course.name}.ipynb"
        nbformat.write(make_notebook(root / "solutions", course, language, solved=solved), path)
        if not solved:
            _refuse_leaks(folder, root)
        return sorted(_move(folder, out).iterdir())


def _refuse_what_is_there(out: Path) -> None:
    # An empty folder will do: nothing is lost in it.
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty; name a new folder")


def _student(out: Path, work: Path, handout: Handout) -> list[Path]:
    folder = work / "student"
    wheel = _install_files(folder, "student", handout, beneath="wheels")
    exercises = make_exercises(handout.root / "solutions")
    _write(folder / "exercises", {name: text for name, text in exercises.items() if handout.statements.has(name)})
    _copy_suite(handout.root, folder, Suite.PUBLIC)
    # Before it is looked through for answers, as its history is handed out too; and only then is it moved in place.
    git.start_history(folder, f"The exercises ({wheel})")
    _refuse_leaks(folder, handout.root)
    written = [_move(folder, out)]
    return [*written, _suite(out.with_name(f"{out.name}-suite"), work, handout)] if handout.hidden else written


def _suite(out: Path, work: Path, handout: Handout) -> Path:
    """The private repository that the workflow fetches: both suites, and never a solution."""
    if out.exists():
        raise UsageError(f"{out} is there already; it would hold the suite")
    folder = work / "suite"
    _write(folder, render("suite", {}))
    for suite in (Suite.PUBLIC, Suite.HIDDEN):
        _copy_suite(handout.root, folder, suite)
    git.start_history(folder, "The suite")
    return _move(folder, out)


def _classroom50(out: Path, work: Path, handout: Handout) -> list[Path]:
    if handout.hidden:
        raise UsageError("anyone can download a bundle of Classroom 50; the hidden suite cannot be in it")
    folder = work / "bundle"
    _install_files(folder, "classroom50", handout)
    _copy_suite(handout.root, folder, Suite.PUBLIC)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > MAX_BUNDLE_BYTES:
        raise GraderError(f"the bundle has {size} bytes; Classroom 50 takes {MAX_BUNDLE_BYTES}")
    _refuse_leaks(folder, handout.root)
    return [_move(folder, out)]


def _gradescope(out: Path, work: Path, handout: Handout) -> list[Path]:
    folder = work / "gradescope"
    _install_files(folder, "gradescope", handout)
    for suite in (Suite.PUBLIC, Suite.HIDDEN) if handout.hidden else (Suite.PUBLIC,):
        _copy_suite(handout.root, folder, suite)
    for name in ("setup.sh", "run_autograder"):
        # Gradescope runs them as they are.
        (folder / name).chmod(0o755)
    # With the hidden suite in it, answers are there on purpose.
    if not handout.hidden:
        _refuse_leaks(folder, handout.root)
    made = shutil.make_archive(str(work / "archive"), "zip", folder)
    return [_move(Path(made), out)]


def _instructor(out: Path, work: Path, handout: Handout) -> list[Path]:
    """The private repository that grades the class: both suites and the known mistakes, and never a solution."""
    if handout.hidden:
        raise UsageError("the instructor's side always has the hidden suite; leave out --hidden-at-push")
    folder = work / "instructor"
    _install_files(folder, "instructor", handout, beneath="wheels")
    for suite in (Suite.PUBLIC, Suite.HIDDEN):
        _copy_suite(handout.root, folder, suite, mistakes=True)
    git.start_history(folder, "The instructor's side")
    return [_move(folder, out)]


_RELEASE: Mapping[Target, Callable[[Path, Path, Handout], list[Path]]] = {
    Target.GITHUB: _student,
    Target.CLASSROOM50: _classroom50,
    Target.GRADESCOPE: _gradescope,
    Target.INSTRUCTOR: _instructor,
}


def _install_files(folder: Path, template: str, handout: Handout, beneath: str = "") -> str:
    """Write the templates and all that `requirements.txt` asks for; returns the name of the wheel."""
    wheel = build_wheel(handout.root, folder / beneath)
    known = values(load_course(), handout.statements.report, hidden=handout.hidden)
    _write(folder, render(template, {**known, "wheel": wheel.relative_to(folder).as_posix()}))
    shutil.copyfile(handout.root / "constraints.txt", folder / "constraints.txt")
    return wheel.name


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the wheel of the grader into a folder.

    Raises:
        GraderError: If it cannot be built.
    """
    # Without isolation pip builds with what is installed, and fetches nothing.
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--wheel-dir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = done.stderr.strip().splitlines()[-1:]
        raise GraderError(f"the wheel cannot be built: {''.join(last)}; is `.[instructor]` installed?")
    return wheels[0]


def _copy_suite(root: Path, folder: Path, suite: Suite, *, mistakes: bool = False) -> None:
    source = suite_folder(root / "tests", suite)
    load_points(source)  # a mistake in the course is the instructor's to see, and no student's
    left_out = [f"test_{name}.py" for name in load_hints() if name not in load_course().names]
    left_out += [] if mistakes else [misconceptions.FOLDER]
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", *left_out)
    shutil.copytree(source, suite_folder(folder / "tests", suite), ignore=ignored)


def _refuse_leaks(folder: Path, root: Path) -> None:
    found = leaks(folder, root)
    if found:
        raise GraderError(f"nothing was released: {len(found)} lines of an answer are in it, such as {found[0]}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _move(source: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            # `move` would put it into a folder that is there.
            target.rmdir()
        shutil.move(source, target)
    except OSError as error:
        raise GraderError(f"{target} cannot be written: {error.strerror}") from error
    return target
