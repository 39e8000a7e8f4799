"""The workflow in a student's repository: what is in it, what it must not do, whether it is the released one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from grader.contract import Note, Text
from grader.course import Course, load_course
from grader.postings.reporter import runner_id
from grader.scaffold import render
from grader.text import LANGUAGES

PATH = Path(".github") / "workflows" / "grade.yml"

UV = "0.13.9"
"""What installs: pip takes many times as long, with a cache or without one."""

ACTIONS = {
    "actions/cache": ("27d5ce7f107fe9357f9df03efb73ab90386fccae", "v5.0.5"),
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "classroom-resources/autograding-grading-reporter": ("d13b5912daf5042ac1b71bc38bdb4a6bcd61d8ca", "v1"),
}
"""Pinned by commit: a tag can be moved to other code."""

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
SECRET = re.compile(r"\$\{\{[^}]*\bsecrets\b\.?(\w*)")
SUITE_TOKEN = "GRADER_SUITE_TOKEN"


def values(course: Course, lang: str, *, hidden: bool) -> dict[str, Any]:
    """What the templates of a release ask for, but for the wheel.

    Args:
        course: Whose exercises they are.
        lang: What the report is written in.
        hidden: Whether the hidden suite is fetched and run at every push.
    """
    actions = {name: f"{name}@{commit} # {version}" for name, (commit, version) in ACTIONS.items()}
    runners = [runner_id(name) for name in course.names]
    known = {"actions": actions, "runners": runners, "exercises": course.exercises, "uv": UV}
    return known | {"lang": lang, "hidden": hidden}


def faults(text: str) -> list[str]:
    """What a workflow may not do in a student's repository, each as a sentence that says what to mend."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [f"it cannot be read: {' '.join(str(error).split())}"]
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), dict):
        return ["it has no jobs; make a release again"]
    return list(_faults(document, text))


def _faults(document: Mapping[Any, Any], text: str) -> Iterator[str]:
    jobs = document["jobs"].values()
    # Where none are named, GitHub gives what the organisation's settings say, which may be to write.
    for permissions in (document.get("permissions"), *(job["permissions"] for job in jobs if "permissions" in job)):
        if permissions != {"contents": "read"}:
            yield f"permissions are {permissions!r}; give it `contents: read` and no more"
    for name in sorted(set(SECRET.findall(text)) - {SUITE_TOKEN}):
        yield f"it reads {name or 'all'} of the secrets; whoever can edit the workflow can print it"
    triggers = document.get(True, document.get("on", {}))  # YAML 1.1 reads the word `on` as true
    if "pull_request_target" in triggers:
        yield "it runs on pull_request_target, with rights over the repository; use push"
    for job in jobs:
        for step in job.get("steps", ()):
            if "uses" in step and not PINNED.fullmatch(step["uses"]):
                yield f"{step['uses']} is not pinned; name the full hash of a commit"


def note(submission: Path) -> Note | None:
    """A note if the workflow of a student's repository is not one that this grader releases; None without a workflow.

    What such a workflow posts was made by it alone.
    """
    path = submission / PATH
    if path.is_symlink() or not path.is_file():
        return None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest in released():
        return None
    values = {"path": PATH.as_posix(), "hash": digest[:16]}
    return Note(kind="forbidden", detail=Text("{path} is not the released one (sha256 {hash}…)", values))


def released() -> frozenset[str]:
    """The SHA-256 of every workflow that this grader releases."""
    variants = [values(load_course(), lang, hidden=hidden) for lang in LANGUAGES for hidden in (False, True)]
    # Of all files only the workflow is compared, and the wheel is not named in it.
    texts = [render("student", {**variant, "wheel": ""})[PATH.as_posix()] for variant in variants]
    return frozenset(hashlib.sha256(text.encode()).hexdigest() for text in texts)
