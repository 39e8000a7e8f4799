"""What the commands for a class share: who grades it, how, and each result as it is there."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.options import Language, all_cores, translator
from grader.commands.shown import progress_bar
from grader.contract import printable
from grader.course import load_course
from grader.errors import UsageError
from grader.grade import Options, find_tests, usual_trainer
from grader.rungs import Demand, Rung

if TYPE_CHECKING:
    from grader.classroom.graders import Graders
    from grader.classroom.run import Class


def graders_of(workers: int | None, cluster: str | None) -> Callable[[Options], AbstractContextManager[Graders]]:
    """Who will grade a class: so many judges of this machine, or the workers of a cluster."""
    if sys.platform != "linux":
        raise UsageError("a class is graded behind walls, which Linux has; grade it there, or in a container")
    if cluster is None:
        from grader.classroom.graders import Judges

        return lambda options: Judges(workers or all_cores())
    if workers:
        raise UsageError("--workers is for this machine, and a cluster brings its own; give --workers or --cluster")
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--cluster needs Dask; pip install .[cluster]")
    from grader.classroom.cluster import Cluster

    return partial(Cluster, cluster, lambda said: print(printable(said), flush=True))


def class_of(
    assignment: str | None,
    gradebook: str,
    attempts: Path,
    exercise: list[str] | None,
    round_name: str,
    graders: Callable[[Options], AbstractContextManager[Graders]],
    require_isolation: Rung | None,
    lang: Language | None,
) -> Class:
    """How a class is graded, from the options of the command line and the course's secret."""
    secret = os.environ.get("GRADER_SECRET", "")
    if round_name and not secret:
        raise UsageError("--round draws seeds from the course's secret; set GRADER_SECRET")
    from grader.classroom.run import Class  # nbgrader takes long to import
    from grader.classroom.tables import check_id

    tests = find_tests()
    return Class(
        assignment=check_id(assignment or load_course().name, "--assignment"),
        gradebook=gradebook,
        attempts=attempts,
        options=Options(
            tests=tests,
            exercises=tuple(exercise or ()),
            trainer=usual_trainer(),
            demand=Demand(least=require_isolation),
        ),
        secret=secret,
        round=round_name,
        graders=graders,
        translate=translator(lang, tests),
    )


@contextmanager
def results() -> Iterator[Callable[[int, int, object], None]]:
    """Shows each result of a class as it is there, and how many there are."""
    with progress_bar() as bar:
        task = bar.add_task("class", total=None)

        def tell(number: int, total: int, result: object) -> None:
            bar.update(task, completed=number, total=total)
            print(f"[{number}/{total}] {printable(str(result))}", flush=True)

        yield tell
