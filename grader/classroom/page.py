"""The report on a class as a page, and a page for each student, made from the reports that are kept."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from grader.classroom.overrides import Change
from grader.classroom.overview import harm, mistakes, rates
from grader.classroom.standing import Scores, Stand, Standing
from grader.classroom.tables import Student
from grader.contract import Note, Report, Suite, Text, View, printable
from grader.course import load_titles, suite_folder
from grader.misconceptions import FOLDER, load_catalogue
from grader.render import page
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
SHOWN = 10
"""How many of the slowest submissions are listed, and of those that ran badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One student on the page; `link` leads to the student's own, if there is one."""

    name: str
    id: str
    stand: Stand
    link: str
    report: Report | None
    by_hand: Sequence[Change] = ()

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

    def __init__(self, scores: Scores, tests: Path, translate: Translator) -> None:
        """Take the scores of a class, the suites, and a language.

        Raises:
            GraderError: If the report in an attempt is none.
        """
        self._scores = scores
        self._translate = translate
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
            rates=rates(reports),
            mistakes=[(id, self._words(id), count) for id, count in mistakes(reports)],
            slowest=sorted((each for each in entries if each.report), key=lambda each: -each.duration_s)[:SHOWN],
            harmed=harmed,
            harmed_count=Text("Submissions: {count}.", {"count": len(harmed)}),
            SHOWN=SHOWN,
            STANDS=STANDS,
            KINDS=KINDS,
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )

    def _entry(self, standing: Standing, pages: str | None) -> Entry:
        student = standing.student
        report = self._reports.get(student.id)
        link = quote(f"{pages}/{_file(student.id)}") if pages is not None and report else ""
        return Entry(
            name=_name(student), id=student.id, stand=standing.stand, link=link, report=report, by_hand=standing.by_hand
        )

    def _nameless(self) -> list[Entry]:
        """Everyone, by score: the order of the roster says who is who."""
        found = [(each.stand, self._reports.get(each.student.id), each.by_hand) for each in self._scores.standings]
        found.sort(key=lambda each: (-each[1].score if each[1] else 1, each[0].value))
        return [
            Entry(
                name=self._translate(Text("student {number}", {"number": number})),
                id="",
                stand=stand,
                link="",
                report=report,
                by_hand=by_hand,
            )
            for number, (stand, report, by_hand) in enumerate(found, start=1)
        ]

    def _picture(self, reports: Sequence[Report]) -> Picture | None:
        if not reports:
            return None
        data = {"scores": [report.score for report in reports], "max_score": self._scores.max_score}
        return draw([Exhibit(name="scores", data=data)], self._translate)[0]

    def _words(self, id: str) -> str:
        """What a mistake is; nothing if the catalogue has it no longer."""
        known = self._mistakes.get(id)
        return known.words[self._translate.language].what if known else ""


def _file(student: str) -> str:
    return f"{student}.html"


def _name(student: Student) -> str:
    return printable(", ".join(part for part in (student.last_name, student.first_name) if part) or student.id)
