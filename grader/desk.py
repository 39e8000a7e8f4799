"""What plain `pytest` prints at a student's desk: sentences in the student's language, and how far the course is."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

import pytest

from grader.contract import Outcome, Text
from grader.course import load_course
from grader.evidence import CheckFailed, StudentError
from grader.text import Translator

PYTEST_S_SUMMARY = "fE"
"""The letters that ask for pytest's own short summary when nobody has asked for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one check ended at the desk; `stuck` if its module cannot be imported."""

    exercise: str
    function: str
    outcome: Outcome
    stuck: bool = False


def sentences(title: str, error: CheckFailed, hint: str, translate: Translator) -> str:
    """What is said of a check that failed, instead of a traceback; the student's own lines if the code raised."""
    stuck = is_stuck(error)
    lines = [] if stuck else [_line("expected", translate(title), translate)]
    lines.append(_line("what came", translate(error.message), translate))
    if error.detail:
        lines.append(_line("", translate(error.detail), translate))
    if isinstance(error, StudentError) and error.outcome is Outcome.ERROR and error.failure.trace:
        lines.append(error.failure.trace.rstrip())
    if hint and not stuck:
        lines.append(_line("hint", hint, translate))
    return "\n".join(lines)


def is_stuck(error: CheckFailed | None) -> bool:
    """Tell whether a check failed because the module cannot be imported."""
    return isinstance(error, StudentError) and error.failure.phase == "import" and error.outcome is not Outcome.MISSING


def _line(label: str, text: str, translate: Translator) -> str:
    words = [translate(each) for each in (Text("expected"), Text("what came"), Text("hint"))]
    width = max(map(len, words)) + 2
    return (f"{translate(label)}:" if label else "").ljust(width) + text


class Desk:
    """A pytest plugin for a run without a judge."""

    def __init__(self, language: str) -> None:
        """Take the language of what is printed."""
        self._translate = Translator(language)
        self._ended: dict[str, Ended] = {}
        self._quiet: dict[str, Text] = {}

    def note(self, nodeid: str, ended: Ended) -> None:
        """Keep how a check ended."""
        if ended.outcome is Outcome.MISSING:
            self._quiet[nodeid] = Text("not written yet")
        elif ended.stuck and any(other.stuck and other.exercise == ended.exercise for other in self._ended.values()):
            self._quiet[nodeid] = Text("not reached")
        self._ended[nodeid] = ended

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Say of a check that takes longer than a grader waits for one call: a loop without an end tells nothing."""
        marker = item.get_closest_marker("function")
        if marker is None:
            return (yield)
        seconds = load_course().limits.of(marker.args[0])
        text = Text(
            "{function}: no answer for {seconds} s. Is there a loop without an end? Ctrl-C stops it.",
            {"function": marker.args[0], "seconds": f"{seconds:g}"},
        )
        watch = threading.Timer(seconds, self._say_now, (item.config, text))
        watch.daemon = True
        watch.start()
        try:
            return (yield)
        finally:
            watch.cancel()

    def _say_now(self, config: pytest.Config, text: Text) -> None:
        terminal, capture = map(config.pluginmanager.get_plugin, ("terminalreporter", "capturemanager"))
        assert terminal is not None
        # Else it would be kept with the output of the check, and shown once that has ended.
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            terminal.write_line(f"\n{self._translate(text)}")
            terminal.flush()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """What is not written yet, or said once already of a module, is only counted: it has nothing to read about."""
        if report.when != "call" or report.nodeid not in self._quiet:
            return None
        words = self._translate(self._quiet[report.nodeid])
        return words, "-", words.upper()

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Say how many checks of each exercise passed, and which functions are not written yet."""
        if not self._ended:
            return
        # Whoever has asked for a summary with -r gets it.
        if config.option.reportchars == PYTEST_S_SUMMARY:
            terminalreporter.reportchars = ""  # it repeats, cut short, what has just been said
        terminalreporter.section(self._translate(Text("how far you are")), sep="=")
        for line in self._progress():
            terminalreporter.write_line(line)

    def _progress(self) -> list[str]:
        total = Counter(ended.exercise for ended in self._ended.values())
        passed = Counter(ended.exercise for ended in self._ended.values() if ended.outcome is Outcome.PASSED)
        of = Text("{passed} of {total} checks")
        lines = []
        for exercise in total:
            values = {"passed": passed[exercise], "total": total[exercise]}
            lines.append(f"{exercise:<13} {self._translate(Text(of.template, values))}")
        missing = [ended.function for ended in self._ended.values() if ended.outcome is Outcome.MISSING]
        if missing:
            functions = ", ".join(dict.fromkeys(missing))
            lines.append(self._translate(Text("not written yet: {functions}", {"functions": functions})))
        return lines
