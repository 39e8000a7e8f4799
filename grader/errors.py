"""What can go wrong with the grader itself; a wrong answer of a student is never one of these."""

from __future__ import annotations


class GraderError(Exception):
    """The grader could not do its work: there is no grade, and nothing was lost."""

    exit_code = 3


class UsageError(GraderError):
    """The call was wrong: no such path, an unknown exercise, a value out of range."""

    exit_code = 2
