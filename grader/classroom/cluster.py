"""Grades on the workers of a Dask cluster; what is kept of it stays with the caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from distributed import Client, Future, KilledWorker, Scheduler, wait

from grader.classroom.cluster_worker import Answer, Parcel, Slots, Terms, answer_of, check_address, grade_here
from grader.collect import Collected
from grader.contract import Report
from grader.errors import GraderError, UsageError
from grader.grade import Options, code_fingerprint, environment

RETRIES = 2
"""How often a submission goes to a worker again that could not grade it. One whose worker dies is Dask's to repeat."""
AHEAD = 2
"""How many submissions are at hand for each that is being graded, so that no worker waits for a clone."""
POLL_S = 1.0
LOOK_S = 5.0
WAIT_S = 60.0
"""For a worker to come back when none is left."""
NAME = "grader"
RUNNING = "running"
"""Dask's word for a client that has its scheduler."""


class Cluster:
    """The workers of a scheduler that agree to the terms of a run."""

    def __init__(self, address: str, say: Callable[[str], None], options: Options) -> None:
        """Connect, and ask every worker.

        Args:
            address: Of the scheduler, `tls://HOST:PORT`, or `tcp://` on this machine.
            say: Told in a sentence which workers take part, and which are lost.
            options: How to grade.

        Raises:
            UsageError: If the address is not one that is safe to use, or TLS is not set up.
            GraderError: If there is no such scheduler, or no worker that takes part.
        """
        self._address = address
        self._say = say
        self._taking: dict[str, int] = {}
        self._asked: set[str] = set()
        self._looking = threading.Lock()
        self._looked = self._seen = time.monotonic()
        self._stopped = False
        self._client = _connect(address)
        # Dask calls a client Client-<name>-<uuid>: every run has a name of its own, which `_forsaken` knows.
        self._run = self._client.id
        try:
            self._open(options)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Cluster:
        """The cluster itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the workers go."""
        self.close()

    @property
    def at_once(self) -> int:
        """More than there are threads, as what is next should be at hand."""
        return AHEAD * sum(self._taking.values())

    def grade(self, collected: Collected, options: Options) -> Report:
        """Grade on the next worker that is free.

        Raises:
            GraderError: If the workers that have it die again and again, or none is left, or no scheduler.
        """
        try:
            future = self._client.submit(
                grade_here,
                self._run,
                Parcel.pack(collected),
                options,
                resources={self._run: 1},
                retries=RETRIES,
                pure=False,  # else two equal calls are one to Dask, and the second has the answer of the first
            )
            self._wait(future)
            answer: tuple[Report, bytes | None] = future.result()
        except KilledWorker as error:
            raise GraderError(
                f"every worker that had it died ({error.allowed_failures + 1}); see their logs"
            ) from error
        except Exception as error:
            if self._client.status == RUNNING:
                raise
            raise GraderError(f"the scheduler at {self._address} is gone; start it, and call again") from error
        report, transcript = answer
        if options.transcript and transcript is not None:
            options.transcript.write_bytes(transcript)
        return report

    def stop(self) -> None:
        """Let everyone who waits know that there is nothing more to come."""
        self._stopped = True

    def close(self) -> None:
        """Let the workers end their judges, and leave."""
        if self._client.status == RUNNING:
            with suppress(Exception):  # it may be gone all the same, and then there is nobody to let go
                self._client.unregister_worker_plugin(self._run)
        self._client.close()

    def _open(self, options: Options) -> None:
        check_address(self._client.scheduler_info()["address"])
        # A caller that was killed has left its judges behind on the workers.
        for run in self._client.run_on_scheduler(_forsaken):
            self._client.unregister_worker_plugin(run)
        terms = Terms(
            run=self._run, options=options, code=code_fingerprint(options.tests), environment=dict(environment())
        )
        with suppress(Exception):  # where there is no grader; each worker is asked, and what it says is said
            self._client.register_plugin(Slots(terms))
        self._look()
        if not self._taking:
            why = "; the reasons are above" if self._asked else ""
            raise GraderError(f"the scheduler at {self._address} has no worker that takes part{why}")

    def _wait(self, future: Future) -> None:
        """Wait for a submission, and have an eye on the workers meanwhile."""
        while not future.done():
            if self._stopped:
                raise GraderError("the run was interrupted")
            with suppress(TimeoutError):
                wait(future, timeout=POLL_S)
            # Many threads wait; one of them looks for all.
            if self._looking.acquire(blocking=False):
                try:
                    if time.monotonic() - self._looked > LOOK_S:
                        self._look()
                finally:
                    self._looking.release()
            if time.monotonic() - self._seen > WAIT_S:
                raise GraderError("no worker is left; start some, and call again")

    def _look(self) -> None:
        """Miss the workers that are gone, and ask those that are new."""
        there = set(self._client.scheduler_info()["workers"])
        for address in sorted(self._taking.keys() - there):
            del self._taking[address]
            self._say(f"{address}: is lost; what it had goes to another")
        if new := sorted(there - self._asked):
            # A worker that cannot answer must not cost the others theirs.
            answers = self._client.run(answer_of, self._run, workers=new, on_error="return")
            for address in new:
                self._hear(address, answers[address])
            # After their answers: only then have they the resource that the tasks wait for.
            self._client.run_on_scheduler(_wake, new)
        self._looked = time.monotonic()
        if self._taking:
            self._seen = self._looked

    def _hear(self, address: str, answer: Answer | Exception) -> None:
        if isinstance(answer, Exception):
            answer = Answer(at_once=0, said=f"takes no part: {type(answer).__name__}: {answer}")
        self._asked.add(address)
        if answer.at_once:
            self._taking[address] = answer.at_once
        self._say(f"{address}: {answer.said}")


def _connect(address: str) -> Client:
    """A client of the scheduler; the certificates for TLS are those in Dask's own configuration."""
    try:
        check_address(address)
        return Client(address, name=NAME)
    except GraderError as error:
        raise UsageError(str(error)) from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f"{address} cannot be used: {error}") from error
    except OSError as error:
        raise GraderError(f"no scheduler answers at {address}: {error}") from error


def _forsaken(dask_scheduler: Scheduler) -> list[Any]:
    """The runs whose caller is gone without a farewell, and whose judges wait for nothing."""
    runs = [name for name in dask_scheduler.worker_plugins if name.startswith(f"Client-{NAME}-")]
    return [run for run in runs if run not in dask_scheduler.clients]


def _wake(workers: Sequence[str], dask_scheduler: Scheduler) -> None:
    """Give workers what waited for one to take part; Dask itself looks only as a worker comes, before that is known."""
    for worker in filter(None, map(dask_scheduler.workers.get, workers)):
        waiting = dask_scheduler.bulk_schedule_unrunnable_after_adding_worker(worker)
        dask_scheduler.transitions(waiting, stimulus_id=f"{NAME}-{worker.address}")
