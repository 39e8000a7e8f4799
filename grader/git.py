"""Git, as far as it is needed. No hook, no filter and no setting of a repository or of a user takes part."""

from __future__ import annotations

import base64
import datetime
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.errors import GraderError

AUTHOR = {"GIT_AUTHOR_NAME": "grader", "GIT_AUTHOR_EMAIL": "grader@localhost"}
COMMITTER = {"GIT_COMMITTER_NAME": "grader", "GIT_COMMITTER_EMAIL": "grader@localhost"}
OWN_SETTINGS = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
# A question that nobody answers would hang until the timeout.
NO_QUESTIONS = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
# Settings of a repository that run programs (hostile row 80); and git refuses a repository that another user owns.
HARMLESS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "commit.gpgsign=false", "safe.directory=*")
TIMEOUT_S = 120


def run(folder: Path, *arguments: str, access: Mapping[str, str] | None = None) -> bytes:
    """Run git in a folder and return what it printed; `access` is what `access_to` gives.

    Raises:
        GraderError: If git is not there or fails.
    """
    options = [part for setting in HARMLESS for part in ("-c", setting)]
    command = ["git", *options, "-C", str(folder), *arguments]
    # GIT_DIR and the like, as in a hook of git's, would lead to another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command,
            env=environment | OWN_SETTINGS | NO_QUESTIONS | AUTHOR | COMMITTER | dict(access or {}),
            stdin=subprocess.DEVNULL,  # nobody is there to answer
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
    except FileNotFoundError as error:
        raise GraderError("git is not there; install it") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise GraderError(f"git {arguments[0]} failed in {folder.name}: {''.join(reason)}") from error
    except subprocess.TimeoutExpired as error:
        raise GraderError(f"git {arguments[0]} took more than {TIMEOUT_S} s in {folder.name}") from error
    return done.stdout


def start_history(folder: Path, message: str) -> None:
    """Make a folder a repository with one commit of all that is in it."""
    run(folder, "init", "--quiet", "--initial-branch=main")
    run(folder, "add", "--all", "--force")
    run(folder, "commit", "--quiet", "--message", message)


def objects(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The id and content of every blob and commit of a repository, also of those that no branch reaches."""
    listed = run(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    for line in listed.decode().splitlines():
        name, kind = line.split()
        if kind in ("blob", "commit", "tag"):
            yield name, run(folder, "cat-file", kind, name)


def commit_date(folder: Path) -> datetime.datetime:
    """When the commit that is checked out was made, by the committer's clock."""
    return datetime.datetime.fromisoformat(run(folder, "show", "--no-patch", "--format=%cI", "HEAD").decode().strip())


def access_to(server: str, token: str) -> dict[str, str]:
    """An environment in which git shows a token to one server and to no other.

    Arguments can be read by everyone on the machine, and an address is kept in the clone: the token is in neither.
    """
    word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    setting = {"GIT_CONFIG_KEY_0": f"http.{server}/.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}"}
    return {"GIT_CONFIG_COUNT": "1", **setting}


def clone(address: str, folder: Path, access: Mapping[str, str] | None = None) -> None:
    """Clone a repository into a new folder, and check out nothing yet.

    Links will come out as plain files; submodules, and what Git LFS keeps elsewhere, do not come.

    Raises:
        GraderError: If the repository cannot be had.
    """
    # --no-local: a path is cloned as from a server, and not by copying what lies in its .git. --template: no hooks.
    options = ["--quiet", "--no-checkout", "--no-local", "--template=", "--no-tags", "--no-recurse-submodules"]
    words = ["clone", *options, "--config", "core.symlinks=false", "--", address, folder.name]
    run(folder.parent, *words, access=access)


def last_commit(folder: Path, deadline: datetime.datetime | None = None) -> str | None:
    """The last commit of the branch that is checked out, up to a deadline by the committer's clock; None if none is."""
    # In a repository without a commit `rev-list` fails.
    if not run(folder, "branch", "--all", "--format=%(refname)"):
        return None
    limit = [f"--min-age={int(deadline.timestamp())}"] if deadline else []
    return run(folder, "rev-list", "--max-count=1", *limit, "HEAD").decode().strip() or None


def check_out(folder: Path, commit: str) -> None:
    """Write the files of a commit."""
    run(folder, "checkout", "--quiet", "--force", "--detach", commit)
