"""One sweep: the class's repositories, each at its commit before the deadline, graded, and the grade posted to it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from grader.classroom.github import Hub
from grader.classroom.grading import Graded, Result
from grader.classroom.patience import Patience
from grader.classroom.posted import Ledger, Posting
from grader.classroom.run import Class, Summary, Tell, run_class
from grader.classroom.submissions import Found, Part, Remote
from grader.classroom.tables import Address, read_addresses
from grader.errors import GraderError, UsageError
from grader.postings.commit import Post, make_posts
from grader.postings.record import decode
from grader.text import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How a sweep ended: the class's own summary, how much was posted, and what could not be, each as a sentence."""

    summary: Summary
    posted: int
    unposted: Sequence[str]


def run_sweep(
    source: str,
    deadline: datetime.datetime | None,
    roster: Path | None,
    chosen: Class,
    hub: Hub,
    patience: Patience,
    tell: Tell,
    part: Part,
) -> Sweep:
    """Grade what has changed, and post each grade once, as soon as it is there.

    Args:
        source: An organisation and the beginning of its repositories' names, `ORGANISATION/PREFIX`, or a `.csv`.
        deadline: Of those whose line in the `.csv` has none.
        roster: Who is in the class.
        chosen: How it is graded.
        hub: Where the repositories are, and the grades are posted.
        patience: With that server.
        tell: Told each result, before it is posted.
        part: Whose turn it is.

    Raises:
        UsageError: If the class is not what it must be.
        GraderError: As `run_class` does. What cannot be posted stops nothing.
    """
    found = _find(source, deadline, hub, patience).only(part)
    addresses = {one.student: one.address.repository for one in found.submissions if isinstance(one, Remote)}
    poster = _Poster(hub, Ledger(chosen.folder), patience, chosen.translate)
    unposted: list[str] = []

    def told(number: int, total: int, result: Result) -> None:
        tell(number, total, result)
        if isinstance(result, Graded):
            unposted.extend(poster.post(result, addresses[result.student]))

    summary = run_class(found, roster, chosen, told)
    return Sweep(summary=summary, posted=poster.posted, unposted=unposted)


def _find(source: str, deadline: datetime.datetime | None, hub: Hub, patience: Patience) -> Found:
    """The repositories of the class, and the names of those that belong to nobody."""
    if source.endswith(".csv"):
        rows = read_addresses(Path(source))
        return Found([Remote(replace(row, deadline=row.deadline or deadline), hub.access) for row in rows])
    organisation, slash, prefix = source.partition("/")
    if not organisation or not slash or not prefix:
        raise UsageError(f"{source!r} is no class; give ORGANISATION/PREFIX, or a .csv of addresses")
    repositories = patience(lambda: hub.repositories(organisation))
    named = {one.name.removeprefix(prefix): one.address for one in repositories if one.name.startswith(prefix)}
    taken = {student: address for student, address in sorted(named.items()) if student[:1].isalnum()}
    if not taken:
        raise UsageError(f"{organisation} has no repository that is named {prefix}… and that the token reaches")
    submissions = [Remote(Address(id=id, repository=taken[id], deadline=deadline), hub.access) for id in taken]
    return Found(submissions, [f"{prefix}{student}" for student in sorted(named.keys() - taken.keys())])


class _Poster:
    """Posts each grade once: what is noted is not posted again, and before a post the server is asked for it.

    Asking covers a post whose answer was lost, a run that was killed before it took note, and notes that are gone.
    """

    def __init__(self, hub: Hub, ledger: Ledger, patience: Patience, translate: Translator) -> None:
        self._hub = hub
        self._ledger = ledger
        self._patience = patience
        self._translate = translate
        self.posted = 0

    def post(self, graded: Graded, address: str) -> list[str]:
        """Post a grade to the commit that was handed in; returns a sentence for each post that failed."""
        try:
            repository = self._hub.name_of(address)
            # `decode` takes no report in the instructor's view, so that none can be posted.
            report = decode(msgspec.json.encode(graded.attempt.for_student))
        except GraderError as error:
            return [f"{graded.student}: not posted: {error}"]
        posts = make_posts(report, self._translate)
        failed = []
        for post in posts:
            try:
                self._post_once(graded.student, repository, graded.commit or "", post, score=posts[0].text)
            except GraderError as error:
                failed.append(f"{graded.student}: {post.kind.value} not posted: {error}")
        return failed

    def _post_once(self, student: str, repository: str, commit: str, post: Post, *, score: str) -> None:
        newest = self._ledger.newest(student, post.kind, repository, commit)
        if newest and newest.key == post.key:
            return

        # Asked each time it is tried again: the post whose answer was lost may be there.
        def ask_and_post() -> None:
            if self._hub.newest(post.kind, repository, commit) != post.key:
                self._hub.post(repository, commit, post)

        self._patience(ask_and_post)
        posting = Posting(
            kind=post.kind,
            repository=repository,
            commit=commit,
            score=score,
            key=post.key,
            posted=datetime.datetime.now(datetime.UTC),
        )
        # After the post: a note of something that was never posted would keep it from being posted.
        self._ledger.add(student, posting)
        self.posted += 1
