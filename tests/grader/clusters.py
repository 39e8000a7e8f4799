"""A scheduler of Dask and its workers, as someone would start them by hand."""

import re
import subprocess
import sys
import time
from pathlib import Path

DASK = str(Path(sys.executable).parent / "dask")
START_S = 60


def until(what, patience_s=START_S):
    """Wait for something to be there; returns it."""
    end = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


class Dask:
    """A scheduler on loopback and its workers, as someone would start them by hand; their logs are in a folder."""

    def __init__(self, folder, stack, environment, protocol):
        self._folder = folder
        self._stack = stack
        self._environment = environment
        self.protocol = protocol
        where = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--protocol", protocol]
        self.scheduler, log = self._start("scheduler", "scheduler", *where)
        self.address = until(lambda: re.search(rf"Scheduler at:\s+({protocol}://\S+)", log.read_text("utf-8")))[1]

    def worker(self, name, *options, cwd=None, **environment):
        """Start a worker with one thread, and wait until the scheduler has it."""
        words = ["worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--local-directory", self._folder]
        process, log = self._start(name, *words, "--no-dashboard", *options, cwd=cwd, **environment)
        until(lambda: "Registered to" in log.read_text("utf-8"))
        return process

    def _start(self, name, *words, cwd=None, **environment):
        log = self._folder / f"{name}.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [DASK, *map(str, words)],
                cwd=cwd or self._folder,
                env=self._environment | environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(self._end, process)
        return process, log

    @staticmethod
    def _end(process):
        process.terminate()
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
