"""`grader class --cluster`: a real scheduler and real workers; one dies on the way, others are refused."""

import re
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import trustme
from dask.config import set as configured

from grader.classroom import cluster as cluster_module
from grader.classroom.cluster_worker import Parcel
from grader.collect import collect
from grader.contract import Suite
from grader.course import load_course
from grader.errors import GraderError
from grader.grade import Options, code_of, find_tests, regrade
from tests.grader.clusters import START_S
from tests.grader.test_class import CLASS, LIGHT, ROOT, books, command, hand_in, hand_in_all, kept, run, scores

LOOPBACK = "tcp://127.0.0.1"
TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def lines_until(process, said):
    """Read what a run says up to a line in which this is."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if said in line:
            return lines
    pytest.fail(f"{said!r} was not said: {lines} {process.stderr.read()}")


def test_two_workers_of_which_one_is_killed_on_the_way_give_the_scores_of_this_machine(tmp_path, dask):
    submissions = hand_in_all(tmp_path / "submissions")
    run(tmp_path / "here", submissions)
    cluster = dask()
    workers = [cluster.worker(name, "--no-nanny") for name in ("one", "two")]
    words, rest = command(tmp_path / "there", submissions, "--cluster", cluster.address)
    with subprocess.Popen(words, **rest) as process:
        before = lines_until(process, f"/{len(CLASS)}]")
        workers[0].send_signal(signal.SIGKILL)
        after, errors = process.communicate(timeout=START_S * 2)
    assert process.returncode == 0, (before, after, errors)
    assert sum("1 at a time, isolation" in line for line in before) == 2
    assert books(tmp_path / "there") == books(tmp_path / "here")
    assert kept(tmp_path / "there") == kept(tmp_path / "here")
    assert set(scores(tmp_path / "there")) == set(CLASS), after


def test_a_worker_that_would_grade_otherwise_is_named_and_gets_nothing(tmp_path, dask):
    submissions = hand_in(tmp_path / "submissions" / "ana", "eva").parent
    cluster = dask()
    arguments = (submissions, "--cluster", cluster.address, "--require-isolation", "bwrap")
    cluster.worker("weak", "--no-nanny", PATH=without_bubblewrap(tmp_path / "programs"))
    cluster.worker("other", "--no-nanny", PYTHONPATH=str(another_suite(tmp_path / "other")))
    done = run(tmp_path / "books", *arguments, status=3)
    assert len(re.findall(r"takes no part: nothing isolates the submission well enough", done.stdout)) == 1
    assert len(re.findall(r"takes no part: its grader or its suite is another", done.stdout)) == 1
    assert "has no worker that takes part" in done.stderr
    assert kept(tmp_path / "books") == []
    cluster.worker("good", "--no-nanny")
    done = run(tmp_path / "books", *arguments)
    assert done.stdout.count("takes no part") == 2
    assert "ana: 18/20" in done.stdout


def without_bubblewrap(folder):
    """All programs but one, in a folder."""
    folder.mkdir()
    for place in ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]:
        for program in Path(place).iterdir():
            if program.name != "bwrap" and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)


def another_suite(folder):
    """A repository of the course in which a hidden check has a comment more."""
    for name in ("grader", "tests/public", "tests/hidden", "solutions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "tests" / "hidden" / "test_windowing.py").open("a", encoding="utf-8") as stream:
        stream.write("# another\n")
    return folder


@pytest.mark.full
def test_what_kills_its_workers_is_given_up_with_the_reason_and_graded_when_called_again(tmp_path, dask):
    submissions = hand_in_all(tmp_path / "submissions")
    cluster = dask(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    doomed, _ = (cluster.worker(name, "--no-nanny") for name in ("doomed", "good"))
    words, rest = command(tmp_path / "books", submissions, "--cluster", cluster.address)
    with subprocess.Popen(words, **rest) as process:
        lines_until(process, f"/{len(CLASS)}]")
        doomed.send_signal(signal.SIGKILL)
        after, errors = process.communicate(timeout=START_S * 2)
    given_up = re.findall(r"(\w+): not graded: every worker that had it died \(1\)", after)
    assert process.returncode == 3, after + errors
    assert 0 < len(given_up) < len(CLASS) - 1
    assert set(scores(tmp_path / "books")) == set(CLASS) - set(given_up)
    done = run(tmp_path / "books", submissions, "--cluster", cluster.address)
    assert done.stdout.count("as before") == len(CLASS) - len(given_up)
    assert set(scores(tmp_path / "books")) == set(CLASS)


@pytest.mark.full
def test_a_run_on_a_cluster_that_is_killed_goes_on_where_it_was(tmp_path, dask):
    submissions = hand_in_all(tmp_path / "submissions")
    cluster = dask()
    cluster.worker("one", "--no-nanny")
    words, rest = command(tmp_path / "books", submissions, "--cluster", cluster.address)
    with subprocess.Popen(words, **rest) as process:
        lines_until(process, f"[2/{len(CLASS)}]")
        process.send_signal(signal.SIGKILL)
    done = run(tmp_path / "books", submissions, "--cluster", cluster.address)
    assert done.stdout.count("as before") >= 2
    assert set(scores(tmp_path / "books")) == set(CLASS)
    assert [name for _, name, _, _ in kept(tmp_path / "books")] == ["000001.json"] * len(CLASS)
    log = (tmp_path / "dask" / "one.log").read_text("utf-8")
    assert len(set(re.findall(r"Removing Worker plugin (Client-grader-\S+)", log))) == 2, "the dead run kept its judges"


@pytest.mark.full
def test_with_certificates_a_cluster_is_reached_and_without_them_it_is_not(tmp_path, dask, monkeypatch):
    submissions = hand_in(tmp_path / "submissions" / "ana", "eva").parent
    certificates = issued(tmp_path)
    cluster = dask("tls", **certificates)
    cluster.worker("one", "--no-nanny")
    arguments = (submissions, "--cluster", cluster.address)
    done = run(tmp_path / "books", *arguments, status=2)
    assert "cannot be used: TLS" in done.stderr
    assert "Traceback" not in done.stderr
    for name, value in certificates.items():
        monkeypatch.setenv(name, value)
    assert "ana: 18/20" in run(tmp_path / "books", *arguments).stdout


def issued(folder):
    """Dask's configuration with a certificate for everyone who takes part."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    own = {
        f"{TLS}{role}__{part}": str(folder / "own.pem")
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for part in ("CERT", "KEY")
    }
    return own | {f"{TLS}CA_FILE": str(folder / "ca.pem")}


@pytest.mark.full
def test_when_the_only_worker_dies_the_one_that_its_nanny_starts_goes_on(tmp_path, dask):
    submissions = hand_in_all(tmp_path / "submissions")
    cluster = dask()
    nanny = psutil.Process(cluster.worker("one").pid)
    words, rest = command(tmp_path / "books", submissions, "--cluster", cluster.address)
    with subprocess.Popen(words, **rest) as process:
        lines_until(process, f"/{len(CLASS)}]")
        next(child for child in nanny.children() if "spawn_main" in " ".join(child.cmdline())).kill()
        after, errors = process.communicate(timeout=START_S * 2)
    assert process.returncode == 0, after + errors
    assert "is lost; what it had goes to another" in after
    assert "1 at a time, isolation" in after, "who comes later is asked too"
    assert set(scores(tmp_path / "books")) == set(CLASS)


def test_a_transcript_comes_back_and_whatever_is_lost_is_said(tmp_path, dask, monkeypatch):
    monkeypatch.setattr(cluster_module, "LOOK_S", 0.2)
    monkeypatch.setattr(cluster_module, "WAIT_S", 2.0)
    started, said = dask(), []
    worker = started.worker("one", "--no-nanny")
    options = Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=LIGHT, seed=7)
    folder = hand_in(tmp_path / "ana", "eva")
    with (
        configured({"distributed.comm.timeouts.connect": "1s"}),
        cluster_module.Cluster(started.address, said.append, options) as cluster,
        collect(folder, load_course().names) as collected,
    ):
        report = cluster.grade(collected, replace(options, transcript=tmp_path / "transcript"))
        again = regrade(tmp_path / "transcript", options.tests)
        assert (report.submission, report.score) == (again.submission, again.score) == ("ana", 18)
        worker.send_signal(signal.SIGKILL)
        with pytest.raises(GraderError, match="no worker is left"):
            cluster.grade(collected, options)
        assert [line.partition(": ")[2] for line in said[1:]] == ["is lost; what it had goes to another"]
        started.scheduler.send_signal(signal.SIGKILL)
        with pytest.raises(GraderError, match=r"is gone|no worker is left"):
            cluster.grade(collected, options)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--cluster", "tcp://192.0.2.1:8786"], 2, "give tls://HOST:PORT"),
        (["--cluster", "127.0.0.1:8786"], 2, "give tls://HOST:PORT"),
        (["--cluster", f"{LOOPBACK}:8786", "--workers", "2"], 2, "give --workers or --cluster"),
        (["--cluster", f"{LOOPBACK}:1"], 3, "no scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_an_address_that_others_could_reach_or_that_nobody_answers_at_is_refused(
    tmp_path, monkeypatch, arguments, status, sentence
):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    submissions = hand_in(tmp_path / "submissions" / "ana").parent
    done = run(tmp_path / "books", submissions, *arguments, status=status)
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_parcel_is_unpacked_as_it_was_collected(tmp_path):
    folder = hand_in(tmp_path / "handed")
    (folder / "helpers").mkdir()
    (folder / "helpers" / "__init__.py").write_text("", "utf-8")
    (folder / "exercises").mkdir()
    with collect(folder, load_course().names) as collected:
        (collected.folder / "empty").mkdir()
        unpacked = Parcel.pack(collected).unpack(tmp_path / "submission")
        assert (unpacked.name, unpacked.notes) == (collected.name, collected.notes)
        assert code_of(unpacked) == code_of(collected)
        assert everything(unpacked.folder) == everything(collected.folder)


def everything(folder):
    """Each path and its rights."""
    return sorted((str(path.relative_to(folder)), path.stat().st_mode) for path in [folder, *folder.rglob("*")])
