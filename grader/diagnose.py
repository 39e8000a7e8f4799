"""Names the mistake that a wrong answer looks like: the known variant that gives what the student's function gave.

A variant fits a check if it gives the student's evidence at every call that the check made of its function, and the
reference does not. Of those that fit, the one that agrees with most of what the function gave in all checks is named;
of these the simplest, which stands first in the catalogue. The student's evidence is compared and never run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from grader import likeness, wire
from grader.evidence import Ending, Failure, ModelData, Request, Returned
from grader.forecaster import symptoms
from grader.misconceptions import Misconception
from grader.submission import Exchange

Result = Returned | Failure
Ask = Callable[[Request], Result]
Run = Sequence[Exchange]
"""Exchanges that belong together, in their order."""

BUDGET_S = 60.0
"""For all variants of a submission; what is not named by then stays unnamed."""

UNTOLD = frozenset({Ending.MISSING, Ending.TIMEOUT, Ending.MEMORY, Ending.DIED})
"""Endings that are no answer, and so look like nobody's."""

TRAINED = "train_forecaster"
"""Takes too long to be run for every variant; it is told by what came back alone."""


def diagnose(
    failed: Mapping[str, Sequence[Exchange]],
    functions: Mapping[str, str],
    exchanges: Sequence[Exchange],
    catalogue: Iterable[Misconception],
    ask: Ask,
) -> dict[str, Misconception]:
    """The misconception of each failed check that looks like one.

    Args:
        failed: What was asked and answered in each check that failed, by the name of the check.
        functions: The function that each check is about.
        exchanges: What was asked and answered in all checks, those that passed too.
        catalogue: The known misconceptions, simpler ones first.
        ask: Answers requests as the variants do (`grader.variants`).

    Returns:
        A misconception by the name of a check.
    """
    variants = _Variants(catalogue, ask, time.monotonic() + BUDGET_S)
    fitting = {name: variants.fitting(functions[name], came) for name, came in failed.items()}
    return {name: variants.likeliest(found, exchanges) for name, found in fitting.items() if found}


class _Variants:
    """The variants and the reference, asked for no more than what tells them from what came."""

    def __init__(self, catalogue: Iterable[Misconception], ask: Ask, deadline: float) -> None:
        self._by_function: dict[str, list[Misconception]] = {}
        for entry in catalogue:
            self._by_function.setdefault(entry.function, []).append(entry)
        self._found: dict[str, list[Misconception]] = {}
        self._answers = _Answers(ask)
        self._deadline = deadline

    def fitting(self, function: str, exchanges: Sequence[Exchange]) -> list[Misconception]:
        """The misconceptions that fit one check."""
        if any(
            isinstance(came, Failure) and (came.ending in UNTOLD or came.phase == "import") for _, came in exchanges
        ):
            return []
        # A check may stop at another function that it needs: the last one that was asked.
        last = [request.function for request, _ in exchanges[-1:]]
        for suspect in dict.fromkeys([function, *last]):
            own = [exchange for exchange in exchanges if exchange[0].function == suspect]
            if own and (found := self._fitting(suspect, own)):
                return found
        return []

    def _fitting(self, function: str, exchanges: Sequence[Exchange]) -> list[Misconception]:
        candidates = self._by_function.get(function, [])
        if function == TRAINED:
            told = {f"{TRAINED}.{slug}" for request, came in exchanges for slug in symptoms(request, came)}
            return [entry for entry in candidates if entry.id in told]
        if time.monotonic() > self._deadline:
            return []
        case = _Case(function, exchanges, self._answers)
        # What the reference answers as well is no mistake, whatever the check said.
        if all(map(likeness.alike, case.came, case.right, case.right)):
            return []
        # One mistake often explains several checks; the others are tried only where none that was found does.
        before = self._found.setdefault(function, [])
        if found := self._agreeing(case, before):
            return found
        found = self._agreeing(case, [entry for entry in candidates if entry not in before])
        before += found
        return found

    def _agreeing(self, case: _Case, entries: Iterable[Misconception]) -> list[Misconception]:
        return [entry for entry in entries if time.monotonic() < self._deadline and all(case.agreements(entry.id))]

    def likeliest(self, found: Sequence[Misconception], exchanges: Sequence[Exchange]) -> Misconception:
        """The one of several misconceptions of a function that agrees with most of what the function gave."""
        function = found[0].function
        if len(found) == 1 or function == TRAINED or time.monotonic() > self._deadline:
            return found[0]
        case = _Case(function, [exchange for exchange in exchanges if exchange[0].function == function], self._answers)
        # `max` keeps the first of equals: the simplest, by the order of the catalogue.
        return max(found, key=lambda entry: sum(case.agreements(entry.id)))


class _Answers:
    """What the variants answer; what was asked before is not asked again."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[tuple[str, tuple[int, ...]], list[Result]] = {}

    def of(self, name: str, run: Run) -> Iterator[Result]:
        """The answers of one variant to the requests of a run; it is asked only as far as this is read."""
        # By their identity: all checks share the same exchanges, which outlive the diagnosis.
        key = (name, tuple(id(request) for request, _ in run))
        if key in self._known:
            yield from self._known[key]
            return
        results: list[Result] = []
        for request, _ in run:
            results.append(self._ask(replace(request, function=name)))
            if len(results) == len(run):
                self._known[key] = results
            yield results[-1]


class _Case:
    """What a function was asked, what it answered, and what the reference answers.

    First comes what the reference answers otherwise: there most variants are told from what came.
    """

    def __init__(self, function: str, exchanges: Sequence[Exchange], answers: _Answers) -> None:
        def is_right(run: Run) -> bool:
            right = list(answers.of(function, run))
            return all(map(likeness.alike, [came for _, came in run], right, right))

        self._answers = answers
        self._runs = sorted(_runs(exchanges), key=is_right)
        self._requests = [request for run in self._runs for request, _ in run]
        self.came = list(likeness.telling(self._requests, [came for run in self._runs for _, came in run]))
        self.right = list(self._told(function))

    def agreements(self, name: str) -> Iterator[bool]:
        """Whether a variant agrees with what came, request by request; it is asked only as far as this is read."""
        return map(likeness.alike, self.came, self._told(name), self.right)

    def _told(self, name: str) -> Iterator[Result]:
        return likeness.telling(
            self._requests, (result for run in self._runs for result in self._answers.of(name, run))
        )


def _runs(exchanges: Sequence[Exchange]) -> list[Run]:
    """Parts whose answers do not depend on each other: a model remembers what it was fed, until another one comes."""
    parts = [(model, tuple(part)) for model, part in groupby(exchanges, key=lambda exchange: _model(exchange[0]))]
    # One that comes back must come back to the same past.
    return [part for _, part in parts] if len(dict(parts)) == len(parts) else [exchanges]


def _model(request: Request) -> str:
    """What tells the model that is passed in a request from others; from all of them, if there is none."""
    models = [value for value in (*request.args, *request.kwargs.values()) if isinstance(value, ModelData)]
    return wire.digest({"models": models}) if models else str(id(request))
