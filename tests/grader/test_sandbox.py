"""The walls hold, are tried before they are trusted, and are not claimed where they are not."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from grader import bubblewrap, preflight, walls
from grader.course import load_course
from grader.errors import GraderError, UsageError
from grader.evidence import Ending, Failure, Request, Returned
from grader.rungs import Demand, Rung
from grader.sandbox import Worker

ROOT = Path(__file__).parents[2]
HIDDEN = ROOT / "tests" / "hidden"
BEST = Rung.BWRAP_USER if os.geteuid() == 0 else Rung.BWRAP
WALLED = (BEST, Rung.LANDLOCK)
RUNGS = (*WALLED, Rung.SUBPROCESS)
LIMITS = replace(load_course().limits, import_s=20, call_s=20)


@pytest.fixture
def submission(tmp_path):
    """A submission of one module, `windowing`, with this source."""

    def write(source):
        folder = tmp_path / "submission"
        folder.mkdir()
        (folder / "windowing.py").write_text(source, "utf-8")
        return folder

    return write


def asking(folder, rung, limits=LIMITS, **options):
    return Worker(folder, Demand(exact=rung, hidden=True), limits, private=[HIDDEN], **options)


def ask(worker, function="go", *args, deadline_s=20.0):
    return worker.ask(Request(exercise="windowing", function=function, args=args), deadline_s)


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
def test_a_worker_answers_on_every_rung_and_the_report_can_name_it(submission, rung):
    with asking(submission("def go(x):\n    return x + 1\n"), rung) as worker:
        result = ask(worker, "go", np.arange(3.0))
        assert isinstance(result, Returned)
        assert result.value.tolist() == [1.0, 2.0, 3.0]
        assert worker.isolation.rung == rung.value


ATTEMPTS = {
    "read the hidden suite": f"return open({str(HIDDEN / 'points.toml')!r}).read()",
    "list it": f"import os; return os.listdir({str(HIDDEN)!r})",
    "read the passwords": "return open('/etc/passwd').read()",
    "look at the judge": "import os; return open(f'/proc/{os.getppid()}/environ', 'rb').read().decode()",
    "open a socket": "import socket; return str(socket.socket())",
    "write beside itself": "open(__file__ + '.planted', 'w').write('x'); return 'written'",
    "write to the system": "open('/usr/planted', 'w').write('x'); return 'written'",
    "make a namespace": "import ctypes; return 'made' if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1 / 0",
    "trace a process": "import ctypes; return 'traced' if ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0 else 1 / 0",
    "change the mode of a file": "import os; os.chmod(__file__, 0o666); return 'changed'",
    "become root": "import os; os.setuid(0) if os.getuid() else None; return open('/etc/shadow').read()",
}


@pytest.mark.parametrize("rung", WALLED, ids=lambda rung: rung.value)
@pytest.mark.parametrize("what", ATTEMPTS)
def test_behind_a_wall_a_submission_cannot(submission, rung, what):
    with asking(submission(f"def go():\n    {ATTEMPTS[what]}\n"), rung) as worker:
        result = ask(worker)
        assert isinstance(result, Failure), result
        assert result.ending is Ending.RAISED


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
def test_a_worker_finds_nothing_of_the_judge_s_in_its_environment(submission, rung, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "a secret")
    source = "import os\n\ndef go():\n    return sorted(os.environ) + os.listdir('/proc/self/fd')\n"
    with asking(submission(source), rung) as worker:
        result = ask(worker)
        assert "GITHUB_TOKEN" not in result.value
        assert len([name for name in result.value if name.isdigit()]) <= 5


FAULTS = {
    "exit": ("import os; os._exit(3)", Ending.DIED, "exit 3"),
    "the status of missing walls": ("import os; os._exit(70)", Ending.DIED, "exit 70"),
    "crash": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Ending.DIED, "SIGSEGV"),
    "loop": ("while True: pass", Ending.TIMEOUT, ""),
    "deaf loop": (
        "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]\n    while True: pass",
        Ending.TIMEOUT,
        "",
    ),
    "print without end": ("while True: print('x' * 1000)", Ending.DIED, "output"),
    "close everything": ("import os; os.closerange(0, 100)\n    while True: pass", Ending.DIED, "hung up"),
    "resident memory": ("return [bytearray(b'x' * 2**24) for _ in range(40)] and 1", Ending.MEMORY, ""),
    "address space": ("return bytearray(2**34) and 1", Ending.MEMORY, ""),
}


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_next_call_has_a_fresh_worker(submission, rung, fault):
    body, ending, text = FAULTS[fault]
    limits = replace(LIMITS, memory_mib=400)
    with asking(submission(f"def go():\n    {body}\n\ndef well():\n    return 7\n"), rung, limits) as worker:
        result = ask(worker, deadline_s=4.0)
        assert isinstance(result, Failure)
        assert (result.ending, result.text if ending is Ending.DIED else "") == (ending, text)
        assert ask(worker, "well") == Returned(7)


FORK_STORM = """
import os

def go():
    while True:
        try:
            os.fork()
        except OSError:
            pass

def well():
    return 7
"""


@pytest.mark.parametrize("rung", WALLED, ids=lambda rung: rung.value)
def test_a_fork_storm_is_over_in_seconds(submission, rung):
    with asking(submission(FORK_STORM), rung) as worker:
        start = time.monotonic()
        assert ask(worker, deadline_s=4.0).ending in (Ending.DIED, Ending.TIMEOUT)
        assert ask(worker, "well") == Returned(7)
        assert time.monotonic() - start < 20


@pytest.mark.parametrize("rung", WALLED, ids=lambda rung: rung.value)
def test_behind_a_wall_killing_everything_kills_nothing_of_the_grader_s(submission, rung):
    source = "import os\n\ndef go():\n    os.kill(-1, 9)\n\ndef well():\n    return 7\n"
    with asking(submission(source), rung) as worker:
        ask(worker)
        assert ask(worker, "well") == Returned(7)


LEAVES_ORPHANS = """
import os, signal, sys, time

def go():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(0.05)
        os._exit(0)
    return 1
"""


def remains():
    """Processes of a sandbox that live: below this one, or nobody's."""
    orphans = {process for process in psutil.process_iter(["ppid"]) if process.info["ppid"] == 1}
    found = []
    for process in {*psutil.Process().children(recursive=True), *orphans}:
        with contextlib.suppress(psutil.Error):
            if any("zygote.main" in word for word in process.cmdline()):
                found.append(process)
    return found


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
def test_nothing_that_a_submission_started_outlives_it(submission, rung):
    before = {process.pid for process in remains()}
    with asking(submission(LEAVES_ORPHANS), rung) as worker:
        assert ask(worker) == Returned(1)
    deadline = time.monotonic() + 3
    while (left := {process.pid for process in remains()} - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == set()


FILLS_THE_DISK = """
import os, time

def go():
    for number in range(100):
        with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb") as stream:
            stream.write(bytes(2**22))
    time.sleep(1)
    return 1
"""


@pytest.mark.parametrize("rung", WALLED, ids=lambda rung: rung.value)
def test_what_is_written_to_the_scratch_folder_is_bounded(submission, rung):
    with asking(submission(FILLS_THE_DISK), rung, replace(LIMITS, scratch_mib=20)) as worker:
        result = ask(worker)
        assert isinstance(result, Failure)
        assert "disk" in result.text or "space" in result.text


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
def test_packages_below_tmp_are_reached_behind_every_wall(submission, rung, tmp_path, monkeypatch):
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "far_away.py").write_text("x = 5\n")
    found = bubblewrap.package_paths()
    monkeypatch.setattr(bubblewrap, "package_paths", lambda: (*found, packages))
    with asking(submission("import far_away\n\ndef go():\n    return far_away.x\n"), rung) as worker:
        assert ask(worker) == Returned(5)


def test_a_module_that_spoils_python_spoils_no_other_exercise(submission):
    folder = submission("import numpy\nnumpy.mean = None\ndef go(): return 1\n")
    (folder / "lstm.py").write_text("import numpy\ndef go(): return float(numpy.mean([1, 3]))\n")
    with asking(folder, BEST) as worker:
        assert ask(worker) == Returned(1)
        assert worker.ask(Request(exercise="lstm", function="go"), 20.0) == Returned(2.0)


def test_without_bubblewrap_on_the_path_a_lower_rung_is_taken_and_the_reason_said(submission, monkeypatch):
    found = bubblewrap.shutil.which
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None if name == "bwrap" else found(name))
    folder = submission("def go(): return 1\n")
    with Worker(folder, Demand(hidden=True), LIMITS) as worker:
        assert worker.isolation.rung == "landlock"
        assert "bubblewrap is not installed" in str(worker.isolation.detail)
    with pytest.raises(GraderError, match="bubblewrap is not installed"):
        Worker(folder, Demand(least=Rung.BWRAP, hidden=True), LIMITS)


def test_a_wall_that_does_not_hold_takes_its_rung_away(submission, monkeypatch):
    folder = submission("def go(): return 1\n")
    monkeypatch.setattr(walls, "seccomp_program", lambda own_files: b"")
    with pytest.raises(GraderError, match="unfiltered"), asking(folder, BEST) as worker:
        ask(worker)


def test_a_secret_within_reach_takes_every_rung_away(submission):
    folder = submission("def go(): return 1\n")
    demand = Demand(hidden=True)
    with (
        pytest.raises(GraderError, match="read:"),
        Worker(folder, demand, LIMITS, private=[Path(np.__file__).parent]) as worker,
    ):
        ask(worker)


MASK_LANDLOCK = """
import sys, errno, pyseccomp
rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
for number in (444, 445, 446):
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)
rules.load()
import os
os.execv(sys.executable, [sys.executable, "-m", "grader", *sys.argv[1:]])
"""


def grading_without_landlock(*options, suite="hidden", path=None):
    words = ["grade", "solutions", "--exercise", "parameters", "--suite", suite, "--no-cache", *options]
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-c", MASK_LANDLOCK, *words], capture_output=True, text=True, cwd=ROOT, env=environment
    )


def test_with_landlock_masked_and_no_bubblewrap_nothing_hidden_is_graded(tmp_path):
    (tmp_path / "setpriv").symlink_to(bubblewrap.find("setpriv"))
    nowhere = str(tmp_path)
    result = grading_without_landlock(path=nowhere)
    assert result.returncode == 3
    assert "Landlock ABI 0" in " ".join(result.stderr.split())
    own_check = grading_without_landlock(suite="public", path=nowhere)
    assert own_check.returncode == 0
    assert "subprocess" in own_check.stdout
    required = grading_without_landlock("--require-isolation", "landlock", suite="public", path=nowhere)
    assert required.returncode == 3
    asked_for = grading_without_landlock("--isolation", "subprocess", path=nowhere)
    assert asked_for.returncode == 0


def test_bubblewrap_without_landlock_inside_says_so():
    result = grading_without_landlock()
    assert result.returncode == 0
    assert "Landlock" in " ".join(result.stdout.split())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused as root")
def test_root_is_not_content_with_bubblewrap_run_by_root(submission):
    with pytest.raises(GraderError, match="no sandbox"):
        Worker(submission("def go(): return 1\n"), Demand(exact=Rung.BWRAP), LIMITS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_run_by_root_the_worker_belongs_to_a_user_who_owns_nothing(submission):
    with asking(submission("import time\n\ndef go():\n    return 1\n"), BEST) as worker:
        ask(worker)
        users = {process.uids().real for process in remains()}
    assert users & set(bubblewrap.FREE_USERS)


def test_the_preflight_finds_every_hole_in_a_process_without_walls(tmp_path):
    with preflight.lay_out([HIDDEN]) as targets:
        holes = preflight.attempt(targets, frozenset({0, 1, 2}), frozenset({"TOKEN"}))
    expected = {"read", "write", "tcp", "udp", "socket", "abstract socket", "signal", "environment", "rights"}
    assert expected <= set(holes)


def test_what_is_required_and_what_is_named_must_agree():
    with pytest.raises(UsageError):
        Demand(exact=Rung.SUBPROCESS, least=Rung.LANDLOCK).ladder()
    assert Rung.SUBPROCESS not in Demand(hidden=True).ladder()
    assert Rung.SUBPROCESS in Demand(hidden=False).ladder()
    assert Demand(exact=Rung.SUBPROCESS, hidden=True).ladder() == (Rung.SUBPROCESS,)


def test_this_machine_has_the_walls_that_the_tests_are_about():
    """Not skipped where they are missing: then the tests above would have shown nothing."""
    assert bubblewrap.find("bwrap"), "install bubblewrap"
    assert walls.landlock_abi() >= walls.SIGNALS_SINCE_ABI
    assert len(walls.seccomp_program(own_files=True)) > 100
