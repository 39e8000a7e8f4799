"""For a commit on GitHub: a status with the score, and a comment with the student's report of the grade that counts."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass

from grader.postings import markdown
from grader.postings.record import Posted
from grader.text import Translator

CONTEXT = "grader"
"""The name of our status among those of other services."""

# At the very end, where nothing that a submission says can stand.
MARK = re.compile(r"<!-- grader ([0-9a-f]{64}) -->\Z")


class Kind(enum.Enum):
    """Where a post stands."""

    STATUS = "status"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something to post. By its key it is known again: a status by its text, a comment by a mark that shows nowhere."""

    kind: Kind
    text: str

    @property
    def key(self) -> str | None:
        """The key; None for a comment that is not ours."""
        if self.kind is Kind.STATUS:
            return self.text
        found = MARK.search(self.text.rstrip())
        return found[1] if found else None


def make_posts(posted: Posted, translate: Translator) -> list[Post]:
    """The posts of a report; what a submission may have said in it is neutralised."""
    bonus = f", bonus {posted.bonus}/{posted.max_bonus}" if posted.max_bonus else ""
    text = markdown.comment(posted, translate)
    mark = hashlib.sha256(text.encode()).hexdigest()
    return [
        Post(kind=Kind.STATUS, text=f"{posted.score}/{posted.max_score}{bonus}"),
        Post(kind=Kind.COMMENT, text=f"{text}\n<!-- grader {mark} -->"),
    ]
