"""The report on a class as a page, and a page for each student, made from the reports that are kept."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from markupsafe import Markup

from grader.challenge import SHOWN_SAMPLES, Forecast, persistence, public
from grader.classroom.attempts import read
from grader.classroom.overrides import Change
from grader.classroom.overview import harm, mistakes, rates
from grader.classroom.standing import Scores, Stand, Standing
from grader.classroom.tables import Student
from grader.contract import Note, Report, Suite, Text, View, printable
from grader.course import load_titles, suite_folder
from grader.misconceptions import FOLDER, load_catalogue
from grader.render import page
from grader.render.drawings import WORST
from grader.render.pictures import Picture, draw
from grader.report import from_json
from grader.showcase import Exhibit
from grader.text import Translator

STANDS = {
    Stand.GRADED: Text("graded"),
    Stand.EARLIER: Text("score of an earlier submission"),
    Stand.NOT_GRADED: Text("could not be graded"),
    Stand.MISSING: Text("nothing handed in"),
}
KINDS = {
    "limit": Text("a limit was met"),
    "died": Text("the process ended"),
    "wire": Text("what came back could not be read"),
    "forbidden": Text("something forbidden was tried"),
}
REFERENCE = "reference.json"
"""In the hidden suite: what the reference solution's forecaster says of the public series."""
SHOWN = 10
"""How many of the slowest submissions are listed, and of those that ran badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One student on the page; `link` leads to the student's own, if there is one, and `nrmse` is of the forecasts."""

    name: str
    id: str
    stand: Stand
    link: str
    report: Report | None
    by_hand: Sequence[Change] = ()
    nrmse: float | None = None

    @property
    def duration_s(self) -> float:
        """How long it took to grade the submission."""
        return self.report.duration_s if self.report else 0.0

    @property
    def harm(self) -> list[Note]:
        """What went badly while the submission ran."""
        return harm(self.report) if self.report else []


class ClassPages:
    """The pages about one class."""

    def __init__(
        self,
        scores: Scores,
        tests: Path,
        translate: Translator,
        forecasts: Mapping[str, Forecast] = MappingProxyType({}),
    ) -> None:
        """Take the scores of a class, the suites, a language, and the forecasts by the name of who handed in.

        Raises:
            GraderError: If the report in an attempt is none.
        """
        self._scores = scores
        self._translate = translate
        self._forecasts = forecasts
        self._reference = suite_folder(tests, Suite.HIDDEN) / REFERENCE
        self._mistakes = load_catalogue(suite_folder(tests, Suite.HIDDEN) / FOLDER)
        folders = [folder for suite in (Suite.PUBLIC, Suite.HIDDEN) if (folder := suite_folder(tests, suite)).is_dir()]
        titles = {id: title for folder in folders for id, title in load_titles(folder).items()}
        self._reports = {
            each.student.id: from_json(each.attempt.report, titles) for each in scores.standings if each.attempt
        }

    def of_students(self) -> Mapping[str, str]:
        """The page of each student who has a score, in the instructor's view, by the name of its file."""
        return {
            _file(student): page.html(report, View.INSTRUCTOR, self._translate)
            for student, report in self._reports.items()
        }

    def of_class(self, pages: str | None = None, *, anonymous: bool = False) -> str:
        """One HTML document about the whole class.

        Args:
            pages: Where the students' pages are, as seen from this one; None if there are none.
            anonymous: Leave out names and ids, and what the code said, in which there may be some.
        """
        entries = self._nameless() if anonymous else [self._entry(each, pages) for each in self._scores.standings]
        reports = list(self._reports.values())
        harmed = sorted((each for each in entries if each.harm), key=lambda each: -len(each.harm))
        script = page.source("class.js")
        return page.document(
            "class.html",
            self._translate,
            scores=self._scores,
            anonymous=anonymous,
            entries=entries,
            picture=self._picture(reports),
            challenge=self._challenge(),
            farthest=sorted((each for each in entries if each.nrmse is not None), key=lambda each: -(each.nrmse or 0))[
                :WORST
            ],
            rates=rates(reports),
            mistakes=[(id, self._words(id), count) for id, count in mistakes(reports)],
            slowest=sorted((each for each in entries if each.report), key=lambda each: -each.duration_s)[:SHOWN],
            harmed=harmed,
            harmed_count=Text("Submissions: {count}.", {"count": len(harmed)}),
            SHOWN=SHOWN,
            STANDS=STANDS,
            KINDS=KINDS,
            script=Markup(script),
            # The page's policy lets the script with this hash run, and no other.
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )

    def _entry(self, standing: Standing, pages: str | None) -> Entry:
        student = standing.student
        report = self._reports.get(student.id)
        # An id may have characters that mean something else in an address.
        link = quote(f"{pages}/{_file(student.id)}") if pages is not None and report else ""
        return Entry(
            name=_name(student),
            id=student.id,
            stand=standing.stand,
            link=link,
            report=report,
            by_hand=standing.by_hand,
            nrmse=self._nrmse(standing),
        )

    def _nrmse(self, standing: Standing) -> float | None:
        forecast = self._forecasts.get(standing.student.hands_in_as)
        return forecast.nrmse if forecast else None

    def _nameless(self) -> list[Entry]:
        """Everyone, by score: the order of the roster says who is who."""
        found = [
            (each.stand, self._reports.get(each.student.id), each.by_hand, self._nrmse(each))
            for each in self._scores.standings
        ]
        # 1, so that who has no report stands below a score of zero.
        found.sort(key=lambda each: (-each[1].score if each[1] else 1, each[0].value))
        return [
            Entry(
                name=self._translate(Text("student {number}", {"number": number})),
                id="",
                stand=stand,
                link="",
                report=report,
                by_hand=by_hand,
                nrmse=nrmse,
            )
            for number, (stand, report, by_hand, nrmse) in enumerate(found, start=1)
        ]

    def _picture(self, reports: Sequence[Report]) -> Picture | None:
        if not reports:
            return None
        data = {"scores": [report.score for report in reports], "max_score": self._scores.max_score}
        return draw([Exhibit(name="scores", data=data)], self._translate)[0]

    def _challenge(self) -> Picture | None:
        if not self._forecasts:
            return None
        made, path = list(self._forecasts.values()), self._reference
        persistent, reference = persistence(), read(path, Forecast, "restore it") if path.is_file() else None
        data = {
            "truth": public().test[:SHOWN_SAMPLES],
            "forecasts": [each.values for each in made],
            "errors": [each.nrmse for each in made],
            "persistence": persistent.values,
            "persistence_error": persistent.nrmse,
            "reference": reference and reference.values,
            "reference_error": reference and reference.nrmse,
        }
        return draw([Exhibit(name="challenge", data=data)], self._translate)[0]

    def _words(self, id: str) -> str:
        """What a mistake is; nothing if the catalogue has it no longer."""
        known = self._mistakes.get(id)
        return known.words[self._translate.language].what if known else ""


def _file(student: str) -> str:
    return f"{student}.html"


def _name(student: Student) -> str:
    return printable(", ".join(part for part in (student.last_name, student.first_name) if part) or student.id)
