"""Runs the commands of the documentation in their order, as they stand there, and writes what they print.

`make documented` writes `build/documented.md`. What is long (the tests, the audit, the hostile catalogue) runs with
`LONG=--long`. What a reader has and this machine lacks is put there: a class, a roster, GitHub on loopback.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import typer

from grader import git
from grader.handout import Handout, Target, release
from tests.grader.conftest import known_mistake
from tests.grader.github_server import ORGANISATION, TOKEN, Clock, GitHub

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    "docs/grading.md",
    "docs/your-course.md",
    "docs/releasing.md",
    "docs/class.md",
    "docs/notebook.md",
    ".github/CONTRIBUTING.md",
)
LONG = ("make test", "make audit", "make hostile", "grader calibrate")
ELSEWHERE = ("py -3.11", ".venv\\Scripts", "export DASK_", "dask ", "grader class submissions/ --cluster")
"""For Windows, and for several machines with certificates, which `make cluster` makes for its tests."""

STUDENTS = ("pytest", "grader watch", "grader grade exercises")
"""What a student runs, in the student's repository; the rest is the instructor's, or of who changes the grader."""

STATUS = {"pytest tests/public -k windowing": 1}
"""A stub fails; every other command ends with 0."""

WORDS = {
    "https://github.com/my-course": "../../bare",
    "my-course/": f"{ORGANISATION}/",
    "GITHUB_TOKEN=...": f"GITHUB_TOKEN={TOKEN}",
    "OUT.zip": "out.zip",
    "[OUT]": "../student",
    "PATH": "submissions/beto",
    "FILE": "evidence",
    "ID CHECK POINTS": "caro lstm.lstm_forward.keras 1",
    "ID": "caro",
}
"""What a reader puts in place of a word."""

FROM_TEMPLATE = f"""
for student in ana beto; do
    bare=../bare/rnn-$student.git
    test -d $bare && continue
    git clone --quiet --bare ../bare/template.git $bare
    git clone --quiet $bare at-home/$student
    cp {ROOT}/solutions/{{windowing,parameters}}.py at-home/$student/exercises
    GIT_COMMITTER_DATE=2026-11-10T12:00:00Z git -C at-home/$student commit --quiet -a -m "Two modules"
    git -C at-home/$student push --quiet
    git -C $bare update-server-info
done
"""
"""What students do between the release and the sweep."""

BEFORE = {
    "nbgrader autograde": "mkdir -p submitted/ana/rnn && cp release/rnn/*.ipynb submitted/ana/rnn/",
    "grader regrade": "grader grade submissions/beto --exercise windowing --transcript evidence",
    "grader sweep": FROM_TEMPLATE,
}
"""What has happened before a command is of use."""

BLOCK = re.compile(r"^```\n(.*?)^```$|`(grader [a-z0-9]+ [^`]+|grader doctor)`", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ran:
    """A command as it was run."""

    page: str
    command: str
    output: str
    status: int
    took_s: float

    @property
    def is_as_it_must_be(self) -> bool:
        return self.status == STATUS.get(self.command, 0)


def commands(page: str) -> Iterator[str]:
    """The lines of the blocks, and whole commands in a sentence, each once."""
    seen = set()
    for block, inline in BLOCK.findall((ROOT / page).read_text("utf-8")):
        for line in (block or inline).splitlines():
            command = line.partition(" #")[0].strip()
            if command and command not in seen:
                seen.add(command)
                yield command


def make_world(folder: Path) -> None:
    """A student's repository, a class of three with its roster, and a folder for nbgrader."""
    release(folder / "student", Target.GITHUB, Handout(root=ROOT))
    submissions = folder / "class" / "submissions"
    for student, modules in (("ana", "solutions"), ("beto", "solutions"), ("caro", "exercises")):
        shutil.copytree(ROOT / modules, submissions / student, ignore=shutil.ignore_patterns("__pycache__"))
    with (submissions / "beto" / "lstm.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\n" + known_mistake("lstm.lstm_forward.hard_sigmoid"))
    roster = "id,first_name,last_name\nana,Ana,Paz\nbeto,Beto,Sosa\ncaro,Caro,Gil\n"
    (submissions.parent / "roster.csv").write_text(roster)
    (folder / "course").mkdir()
    settings = "c = get_config()\nc.CourseDirectory.course_id = 'rnn'\nc.ExecutePreprocessor.timeout = 600\n"
    (folder / "course" / "nbgrader_config.py").write_text(settings)
    git.run(folder, "init", "--quiet", "--bare", "--initial-branch=main", "bare/template.git")


def run(page: str, command: str, world: Path, environment: dict[str, str]) -> Ran:
    """Run one command where its reader is."""
    said = command
    for word, thing in WORDS.items():
        said = said.replace(word, thing)
    if said.startswith("export "):
        name, _, value = said.removeprefix("export ").partition("=")
        environment[name] = value
        return Ran(page, command, "", 0, 0.0)
    place = world / ("course" if page == "docs/notebook.md" else "class")
    if said.startswith("make"):
        place = ROOT
    if said.startswith(STUDENTS):
        place = world / "student"
    if said.startswith(("grader release", "grader notebook OUT")):
        said = said.replace("OUT", f"out-{time.monotonic_ns()}")
    for start, preparation in BEFORE.items():
        if command.startswith(start):
            subprocess.run(["bash", "-c", preparation], cwd=place, env=environment, check=True, capture_output=True)
    began = time.monotonic()
    if command == "grader watch":
        output, status = watch(place, environment)
    else:
        done = subprocess.run(["bash", "-c", said], cwd=place, env=environment, text=True, capture_output=True)
        output, status = done.stdout + done.stderr, done.returncode
    return Ran(page, command, output, status, time.monotonic() - began)


def watch(place: Path, environment: dict[str, str]) -> tuple[str, int]:
    """`grader watch` at a terminal, with the keys `h` and `q`."""
    terminal = pexpect.spawn("grader", ["watch"], cwd=place, env=environment, encoding="utf-8", timeout=300)
    terminal.logfile_read = shown = io.StringIO()
    for key, before in (("h", "keys: |teclas: "), ("q", "hint 1 of|pista 1 de")):
        terminal.expect(before)
        terminal.send(key)
    terminal.expect(pexpect.EOF)
    terminal.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.getvalue()).replace("\r\n", "\n")
    return re.sub(r"[^\n]*\r", "", text), terminal.exitstatus or 0  # what a line was before it was drawn again


def write(ran: list[Ran], left_out: list[str]) -> None:
    """All that was run, page by page, with what it printed."""
    lines = ["# Every command of the documentation, and what it printed", ""]
    for one in ran:
        lines += [f"## `{one.command}`", "", f"{one.page}; status {one.status}; {one.took_s:.0f} s", ""]
        lines += ["```", *one.output.strip().splitlines()[-60:], "```", ""]
    lines += ["## Not run", "", *(f"- `{command}`" for command in left_out), ""]
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "documented.md").write_text("\n".join(lines), "utf-8")


def main(long: bool = False) -> None:
    """Run them all; the status is 1 if one did not end as it must."""
    ran, left_out = [], []
    with tempfile.TemporaryDirectory() as name:
        world = Path(name)
        make_world(world)
        with GitHub(world / "bare", Clock()).running() as server:
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            environment = os.environ | git.AUTHOR | git.COMMITTER | server.environment
            environment |= {"PATH": path, "XDG_CACHE_HOME": str(world / "cache")}
            for page in PAGES:
                for command in commands(page):
                    if command.startswith(ELSEWHERE) or (command.startswith(LONG) and not long):
                        left_out.append(command)
                        continue
                    ran.append(run(page, command, world, environment))
                    verdict = "" if ran[-1].is_as_it_must_be else f"  ENDED WITH {ran[-1].status}"
                    print(f"{page}: {command} ({ran[-1].took_s:.0f} s){verdict}", flush=True)
                    write(ran, left_out)
    raise typer.Exit(not all(one.is_as_it_must_be for one in ran))


if __name__ == "__main__":
    typer.run(main)
