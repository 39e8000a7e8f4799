"""Runs inside the judge's process: one submission after another, with what they share kept between them.

`python -m grader.session` reads an order in JSON from each line of its input, and writes pytest's exit status to the
file that the order names. An order is to run pytest, to ask a submission for what its page has pictures of, or to
ask the forecaster in a transcript for what the class's page has one of.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from grader import challenge, showcase
from grader.jobs import Job
from grader.kept import Kept


def main() -> None:
    """Serve until the input ends."""
    if os.environ["KERAS_BACKEND"] == "jax":
        # Keras imports these wherever it finds them, for seconds, and has no use for them where it runs on JAX.
        sys.modules.update(dict.fromkeys(("tensorflow", "matplotlib")))  # type: ignore[arg-type]
    orders = os.fdopen(os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nothing that runs here may take an order away
    with Kept() as kept:
        for line in orders:
            order = json.loads(line)
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            for stream in (1, 2):
                os.dup2(log, stream)
            os.close(log)
            status = _carry_out(order, kept)
            sys.stdout.flush()
            answer = Path(order["answer"])
            answer.with_suffix(".partial").write_text(str(int(status)), "utf-8")
            answer.with_suffix(".partial").replace(answer)


def _carry_out(order: dict[str, Any], kept: Kept) -> int:
    if "exhibits" in order:
        showcase.write(Job.read(Path(order["job"])), Path(order["exhibits"]), kept)
    elif "forecast" in order:
        challenge.write(Path(order["transcript"]), Path(order["forecast"]))
    else:
        return pytest.main(order["arguments"], plugins=[kept])
    return 0


if __name__ == "__main__":
    main()
    os._exit(0)  # whoever waits for the end need not wait for JAX to empty its caches
