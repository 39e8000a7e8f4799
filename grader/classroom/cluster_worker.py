"""The worker's side of a cluster: it shows that it grades as the caller would, and then grades what it is sent."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from distributed import Worker, WorkerPlugin, get_worker

from grader.classroom.graders import Judges
from grader.collect import Collected
from grader.contract import Note, Report
from grader.course import load_course
from grader.errors import GraderError
from grader.grade import Options, code_fingerprint, environment, find_tests

POLL_S = 0.1
ANSWER_S = 180.0
"""For a worker to grade its first, empty submission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a worker must agree with before it is sent anything: how to grade, by which code, with which versions."""

    run: str
    options: Options
    code: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a worker says to the terms: how many submissions it grades at a time, 0 if it refuses, and a sentence."""

    at_once: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A clean copy of a submission on its way: the content of each file, None for a folder, by path."""

    name: str
    notes: tuple[Note, ...]
    exercise: str | None
    entries: Mapping[str, bytes | None]

    @classmethod
    def pack(cls, collected: Collected) -> Parcel:
        """Read everything that was collected."""
        paths = sorted(collected.folder.rglob("*"))
        entries = {
            str(path.relative_to(collected.folder)): None if path.is_dir() else path.read_bytes() for path in paths
        }
        return cls(name=collected.name, notes=collected.notes, exercise=collected.exercise, entries=entries)

    def unpack(self, folder: Path) -> Collected:
        """Write everything to a new folder, in reach of the user behind the walls as `collect` leaves it."""
        folder.mkdir()
        folder.chmod(0o755)
        for name, content in self.entries.items():
            path = folder / name
            if content is None:
                path.mkdir()
            else:
                path.write_bytes(content)
            path.chmod(0o755 if content is None else 0o644)  # as `collect` leaves it, whatever the umask of this worker
        return Collected(self.name, folder, self.notes, self.exercise)


class Slots(WorkerPlugin):  # type: ignore[misc] # Dask is not looked into
    """A worker's judges for one run: as many as it has threads, if it agrees to the terms.

    Only a worker that agrees has the resource that the tasks of the run ask for; one that comes later is asked too.
    """

    def __init__(self, terms: Terms) -> None:
        """Take the terms; all else happens on the worker."""
        self.name = terms.run
        self.answer: Answer | None = None
        self._terms = terms

    async def setup(self, worker: Worker) -> None:
        """Try whether this worker can grade, and take part if it can."""
        self.judges = Judges(worker.state.nthreads)
        try:
            # Grading in the worker's event loop would stop its heartbeat, and the scheduler would take it for lost.
            rung = await asyncio.to_thread(self._try, worker.address)
        except Exception as error:  # whatever is wrong with this machine, the others go on
            self.answer = Answer(at_once=0, said=f"takes no part: {error}")
            return
        await worker.set_resources(**{self.name: worker.state.nthreads})
        self.answer = Answer(at_once=worker.state.nthreads, said=f"{worker.state.nthreads} at a time, isolation {rung}")

    async def teardown(self, worker: Worker) -> None:
        """End the judges."""
        await asyncio.to_thread(self.judges.close)

    def grade(self, parcel: Parcel, options: Options) -> tuple[Report, bytes | None]:
        """Grade what was sent; with it goes the transcript, if one is asked for."""
        with TemporaryDirectory(prefix="grader-parcel-", ignore_cleanup_errors=True) as name:
            transcript = Path(name) / "transcript" if options.transcript else None
            here = replace(options, tests=find_tests(), transcript=transcript)
            report = self.judges.grade(parcel.unpack(Path(name) / "submission"), here)
            return report, transcript.read_bytes() if transcript else None

    def _try(self, address: str) -> str:
        """The rung that a submission gets here; an empty one is graded to see it.

        Raises:
            GraderError: If this worker does not grade as the caller would.
        """
        check_address(address)
        # Before anything is graded: another version may well give another score.
        if differing := _differing(self._terms.environment, environment()):
            raise GraderError(f"its versions are others: {differing}")
        if code_fingerprint(find_tests()) != self._terms.code:
            raise GraderError("its grader or its suite is another; bring its repository to the caller's commit")
        options = self._terms.options
        first = (options.exercises or load_course().names)[:1]
        empty = Parcel(name="nothing", notes=(), exercise=None, entries={})
        # Enough to start a worker, and so to have the walls tried.
        report, _ = self.grade(empty, replace(options, exercises=first, seed=0, transcript=None))
        return report.isolation.rung


def grade_here(run: str, parcel: Parcel, options: Options) -> tuple[Report, bytes | None]:
    """The task that a worker is sent."""
    slots: Slots = get_worker().plugins[run]
    return slots.grade(parcel, options)


async def answer_of(run: str, dask_worker: Worker) -> Answer:
    """What this worker says to the terms of a run, as soon as it has made up its mind.

    Raises:
        TimeoutError: If it never does.
    """
    async with asyncio.timeout(ANSWER_S):
        while (slots := dask_worker.plugins.get(run)) is None or slots.answer is None:
            await asyncio.sleep(POLL_S)
    answer: Answer = slots.answer
    return answer


def check_address(address: str) -> None:
    """Refuse a way on which others could listen, or send code of theirs.

    Raises:
        GraderError: If the address leads out of this machine without TLS.
    """
    parts = urlsplit(address)
    if parts.scheme == "tls" or (parts.scheme == "tcp" and _is_loopback(parts.hostname or "")):
        return
    raise GraderError(
        f"{address} is not used: who reaches a scheduler can run code on its workers; give tls://HOST:PORT, and the "
        "certificates in Dask's configuration, distributed.comm.tls, or tcp://127.0.0.1:PORT on one machine"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _differing(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Which versions are not as wanted."""
    names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    return ", ".join(f"{name} {found.get(name, 'missing')}, not {wanted.get(name, 'there')}" for name in names)
