"""GitHub's server, as far as a sweep needs it: a class's repositories, and what is posted to their commits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from github import Auth, Github, GithubException, RateLimitExceededException, UnknownObjectException

from grader import git
from grader.contract import printable
from grader.errors import GraderError, UsageError
from grader.postings.commit import CONTEXT, Kind, Post

if TYPE_CHECKING:
    from github.Commit import Commit

API, SERVER = "https://api.github.com", "https://github.com"
PAGE = 100
TIMEOUT_S = 30
LIMITED_S = 60
"""How long to wait for a limit that does not say when it ends, as GitHub's documentation has it."""

NAME = r"([\w.-]+/[\w.-]+?)(?:\.git)?/?"


class Unreachable(GraderError):
    """A limit, a fault of the server or a lost connection: it may work later, and a post may have been made or not."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        """Take the reason, and how many seconds the server wants to be left alone."""
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository of the class: its name below the organisation, and its address for git."""

    name: str
    address: str


class Hub:
    """A server of GitHub's, asked with one token. No request is repeated here; whoever calls knows what it may cost."""

    def __init__(
        self,
        token: str,
        environment: Mapping[str, str],
        *,
        pause_s: float = 1.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Connect to the server that GitHub's runners name in the environment, else to GitHub.

        Args:
            token: It may read the contents of the class's repositories, and write the statuses of commits.
            environment: `GITHUB_API_URL` and `GITHUB_SERVER_URL`.
            pause_s: Between two posts, as GitHub asks for.
            now: The time in seconds since 1970, which limits are measured by.
        """
        self.server = environment.get("GITHUB_SERVER_URL", SERVER).rstrip("/")
        self.access = git.access_to(self.server, token)
        self._now = now
        self._github = Github(
            auth=Auth.Token(token),
            base_url=environment.get("GITHUB_API_URL", API).rstrip("/"),
            timeout=TIMEOUT_S,
            per_page=PAGE,
            # PyGithub's own patience would repeat a post, of which nobody knows whether it was made.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=pause_s,
            # A repository and a commit are asked for only with what is wanted of them.
            lazy=True,
        )

    def repositories(self, organisation: str) -> list[Repository]:
        """All repositories of an organisation that the token reaches, but for templates.

        Raises:
            UsageError: If there is no such organisation.
            Unreachable: If the server does not answer now.
            GraderError: If it refuses.
        """
        with self._asking():
            try:
                found = list(self._github.get_organization(organisation).get_repos())
            except UnknownObjectException as error:
                raise UsageError(f"the token reaches no organisation {organisation} on {self.server}") from error
        return [Repository(name=one.name, address=one.clone_url) for one in found if not one.is_template]

    def name_of(self, address: str) -> str:
        """The name `organisation/repository` behind an address for git.

        Raises:
            GraderError: If the address is that of no repository on this server.
        """
        host = re.escape(self.server.partition("://")[2])
        server = re.escape(self.server)
        for prefix in (f"{server}/", rf"(?:ssh://)?git@{host}[:/]"):
            if found := re.fullmatch(prefix + NAME, address):
                return found[1]
        raise GraderError(f"{address} is no repository on {self.server}")

    def newest(self, kind: Kind, repository: str, commit: str) -> str | None:
        """The key of our newest post of this kind at a commit, if there is one. Raises as `repositories` does."""
        with self._asking():
            at = self._commit(repository, commit)
            if kind is Kind.STATUS:
                statuses = at.get_combined_status().statuses
                return next((one.description for one in statuses if one.context.casefold() == CONTEXT), None)
            keys = [Post(kind=kind, text=one.body).key for one in at.get_comments()]
            # GitHub lists comments with the oldest first.
            return next((key for key in reversed(keys) if key), None)

    def post(self, repository: str, commit: str, post: Post) -> None:
        """Post something to a commit. Raises as `repositories` does."""
        with self._asking():
            at = self._commit(repository, commit)
            if post.kind is Kind.STATUS:
                at.create_status("success", description=post.text, context=CONTEXT)
            else:
                at.create_comment(post.text)

    def _commit(self, repository: str, commit: str) -> Commit:
        return self._github.get_repo(repository).get_commit(commit)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Sort what goes wrong: what may pass by waiting, and what will not."""
        try:
            yield
        except requests.RequestException as error:
            raise Unreachable(f"no answer from {self.server}: {type(error).__name__}") from error
        except GithubException as error:
            said = error.data.get("message", "") if isinstance(error.data, dict) else ""
            reason = printable(f"{self.server} answered {error.status} {said}".strip())
            # The same 403 says "forbidden", for good, and "too many requests", for now.
            if error.status >= 500 or self._is_limit(error):
                raise Unreachable(reason, self._wait_s(error)) from error
            raise GraderError(reason) from error
        except (AssertionError, RuntimeError, ValueError) as error:  # how the client takes an answer that is none
            raise GraderError(f"{self.server} gave an answer that is none: {printable(str(error))}") from error

    @staticmethod
    def _is_limit(error: GithubException) -> bool:
        headers = error.headers or {}
        told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
        limit = told or isinstance(error, RateLimitExceededException)
        return error.status == 429 or (error.status == 403 and limit)

    def _wait_s(self, error: GithubException) -> float:
        headers = error.headers or {}
        if (after := headers.get("retry-after", "")).isdigit():
            return float(after)
        if error.status >= 500:
            return 0.0
        if headers.get("x-ratelimit-remaining") == "0" and (end := headers.get("x-ratelimit-reset", "")).isdigit():
            # The end is in whole seconds.
            return max(0.0, int(end) - self._now()) + 1
        return LIMITED_S
