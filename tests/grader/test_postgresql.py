"""The gradebook in a real PostgreSQL: Debian's package, started for the test, holds what SQLite would hold."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tests.grader.test_class import GRADES, hand_in, run

USER = "postgres"


def program(name):
    """One of PostgreSQL's programs, which Debian keeps out of the path; the newest if there are several."""
    found = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    path = found[-1] if found else shutil.which(name)
    assert path, f"{name} is missing; apt install postgresql"
    return path


@pytest.fixture
def postgresql(tmp_path_factory) -> Iterator[str]:
    """The URL of an empty database on a socket of its own, by a server that listens to no network."""
    folder = tmp_path_factory.mktemp("postgresql")
    as_user = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to be root
        account = pwd.getpwnam(USER)
        shutil.chown(folder, account.pw_uid, account.pw_gid)
        for parent in (folder.parent, folder.parent.parent):
            parent.chmod(parent.stat().st_mode | 0o011)
        as_user = {"user": account.pw_uid, "group": account.pw_gid}
    data, log = folder / "data", folder / "log"
    quiet = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, **as_user}
    subprocess.run([program("initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8"], **quiet)
    control = [program("pg_ctl"), "-D", data, "-l", log, "-w"]
    subprocess.run([*control, "-o", f"-k {folder} -c listen_addresses='' -F", "start"], **quiet)
    with contextlib.ExitStack() as stack:
        stack.callback(subprocess.run, [*control, "-m", "immediate", "stop"], **quiet)
        yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"


def grades(url):
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sqlalchemy.text(GRADES))]
    engine.dispose()
    # A boolean and a time are what each database has for them; ids in Spanish are sorted as each has it.
    return sorted((*row[:7], bool(row[7])) for row in rows)


def exported(url, cwd):
    nbgrader = str(Path(sys.executable).parent / "nbgrader")
    subprocess.run([nbgrader, "export", f"--db={url}"], cwd=cwd, check=True, capture_output=True)
    return sorted((cwd / "grades.csv").read_text("utf-8").splitlines())


def test_postgresql_holds_what_sqlite_holds_and_nbgrader_exports_the_same(postgresql, tmp_path):
    for student in ("ana", "eva", "félix"):
        hand_in(tmp_path / "submissions" / student, student)
    run(tmp_path, tmp_path / "submissions")
    lite = f"sqlite:///{tmp_path}/gradebook.db"
    for _ in range(2):  # made, and then found
        done = run(tmp_path, tmp_path / "submissions", "--gradebook", postgresql)
        assert done.stdout.count("as before") == 3
        assert grades(postgresql) == grades(lite)
    assert len({row[0] for row in grades(postgresql)}) == 3
    assert exported(postgresql, tmp_path) == exported(lite, tmp_path)


def test_a_server_that_does_not_answer_is_said_in_a_sentence_and_costs_no_attempt(tmp_path):
    hand_in(tmp_path / "submissions" / "ana", "ana")
    url = f"postgresql+psycopg://{USER}@/postgres?host={tmp_path}/nowhere"
    done = run(tmp_path, tmp_path / "submissions", "--gradebook", url, status=2)
    assert "the gradebook cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
