"""`grader sweep`: real repositories over git, GitHub's server on its bad days, and every score posted exactly once."""

import base64
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from grader import git
from grader.classroom.github import Hub, Unreachable
from grader.classroom.graders import Judges
from grader.classroom.patience import TRIES, Patience
from grader.classroom.run import Class
from grader.classroom.submissions import Part
from grader.classroom.sweep import run_sweep
from grader.classroom.tables import parse_deadline
from grader.contract import Suite
from grader.errors import GraderError, UsageError
from grader.grade import Options, find_tests
from grader.text import Translator
from tests.grader.github_server import ORGANISATION, TOKEN, Clock, GitHub

ROOT = Path(__file__).parents[2]
MISTAKES = ROOT / "tests" / "hidden" / "misconceptions" / "parameters"
LIGHT = ("parameters",)
"""An exercise that needs no TensorFlow, so that a class takes seconds."""
PATIENCE_S = 120
FULL, LESS = "8/8", "6/8"
"""The scores of the right module, and of one with a mistake in it."""

RIGHT = (ROOT / "solutions" / "parameters.py").read_text("utf-8")
WRONG = f"{RIGHT}\n\n{(MISTAKES / 'gru_params.one_bias.py').read_text('utf-8')}"
FAULTS = ["403", "429", "502", "502 after", "dropped", "dropped after"]


def push(server, name, source, day="10"):
    """Commit a module at noon of a day in November, and let it be fetched; returns the commit."""
    bare = server.bare / f"{name}.git"
    work = server.bare.parent / "work" / name
    if not work.exists():
        work.mkdir(parents=True)
        git.run(work, "init", "--quiet", "--initial-branch=main")
        git.run(work, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    (work / "parameters.py").write_text(source, "utf-8")
    date = f"2026-11-{day}T12:00:00Z"
    environment = os.environ | git.AUTHOR | git.COMMITTER | {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    git.run(work, "add", "--all")
    subprocess.run(["git", "-C", work, "commit", "--quiet", "--allow-empty", "-m", day], env=environment, check=True)
    git.run(work, "push", "--quiet", str(bare), "main")
    git.run(bare, "update-server-info")
    return git.run(work, "rev-parse", "HEAD").decode().strip()


@pytest.fixture
def github(tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    with GitHub(bare, Clock()).running() as server:
        yield server


@pytest.fixture
def sweep(github, tmp_path):
    """Runs a sweep in this process, with a clock that passes at once; returns how it ended and what was said."""

    def run(source=f"{ORGANISATION}/rnn-", *, exercises=LIGHT, deadline=None, total_s=7200, language="en", part="1/1"):
        said = []
        chosen = Class(
            assignment="rnn",
            gradebook=f"sqlite:///{tmp_path}/gradebook.db",
            attempts=tmp_path / "attempts",
            options=Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=exercises),
            secret="a secret",
            round="",
            graders=lambda options: Judges(1),
            translate=Translator(language),
        )
        hub = Hub(TOKEN, github.environment, pause_s=0, now=lambda: github.clock.now)
        patience = Patience(said.append, total_s=total_s, sleep=github.clock.sleep)
        tell = lambda *told: said.append(str(told[2]))  # noqa: E731
        ended = run_sweep(source, deadline, None, chosen, hub, patience, tell, Part.parse(part))
        return ended, said

    return run


def posts(github):
    """What stands at each commit: the texts of its statuses, and the first lines of its comments."""
    found = {}
    for (repository, commit), post in github.seen:
        text = post.get("description") or post["body"].splitlines()[0]
        found.setdefault((repository.removeprefix(f"{ORGANISATION}/rnn-"), commit), []).append(text)
    return {place: sorted(texts) for place, texts in found.items()}


def both(score):
    """The status and the comment of a score."""
    return sorted([score, f"## Score: {score}"])


def bad_days(github, chance, count):
    """Faults of every kind, some of them in a row."""
    github.faults = [FAULTS[number % len(FAULTS)] for number in range(count)]
    chance.shuffle(github.faults)
    github.gaps = [chance.choice([0, 0, 5, 6, 7, 8]) for _ in range(count)]


def test_every_score_of_a_class_is_posted_exactly_once_whatever_the_server_does(github, sweep):
    chance = random.Random(7)
    students = {f"student-{number:02}": chance.choice([RIGHT, WRONG]) for number in range(30)}
    commits = {student: push(github, f"rnn-{student}", source) for student, source in students.items()}
    push(github, "rnn-template", RIGHT)
    push(github, "another-repository", RIGHT)
    scores = {student: FULL if source is RIGHT else LESS for student, source in students.items()}
    expected = {(student, commits[student]): both(score) for student, score in scores.items()}

    bad_days(github, chance, 24)
    ended, said = sweep()
    assert (ended.unposted, ended.summary.failed, ended.posted) == ([], [], 60)
    assert posts(github) == expected
    assert not github.faults, "a fault was never met"
    assert not github.refused_early, "a limit was not waited for"
    assert any(line.endswith("waiting 300 s") for line in said)

    bad_days(github, chance, 12)
    ended, said = sweep()
    assert ended.posted == 0
    assert posts(github) == expected
    assert len([line for line in said if line.endswith("(as before)")]) == 30

    for student in ("student-03", "student-11"):
        changed = RIGHT if students[student] is WRONG else WRONG
        commits[student] = push(github, f"rnn-{student}", changed, "20")
        expected[(student, commits[student])] = both(FULL if changed is RIGHT else LESS)
    bad_days(github, chance, 12)
    ended, _ = sweep()
    assert (ended.unposted, ended.posted) == ([], 4)
    assert posts(github) == expected


def test_when_the_server_stays_away_it_is_said_and_the_next_sweep_goes_on(github, sweep):
    commit = push(github, "rnn-ana", RIGHT)
    github.posts_are_down = True
    ended, _ = sweep()
    assert [line.partition(" posted: ")[0] for line in ended.unposted] == ["ana: status not", "ana: comment not"]
    assert all("answered 502" in line for line in ended.unposted)
    assert (ended.summary.failed, github.seen) == ([], [])
    github.posts_are_down = False
    ended, said = sweep()
    assert (ended.posted, ended.unposted) == (2, [])
    assert said == [f"ana: {FULL} (as before)"]
    assert posts(github) == {("ana", commit): both(FULL)}


def test_when_the_notes_of_what_was_posted_are_gone_the_server_is_asked(github, sweep, tmp_path):
    """So it is with a run that was killed between a post and its note."""
    push(github, "rnn-ana", RIGHT)
    sweep()
    before = posts(github)
    (tmp_path / "attempts" / "rnn" / "ana" / "posted.json").unlink()
    sweep()
    assert posts(github) == before


def test_a_grade_that_comes_back_to_what_it_was_is_posted_again(github, sweep, tmp_path):
    """The newest status is what is shown: one score, another after a change of the suite, and the first one again."""
    commit = push(github, "rnn-ana", RIGHT)
    sweep()
    github.statuses[(f"{ORGANISATION}/rnn-ana", commit)].append({"context": "grader", "description": LESS})
    path = tmp_path / "attempts" / "rnn" / "ana" / "posted.json"
    noted = json.loads(path.read_text("utf-8"))
    between = [{**one, "key": LESS, "score": LESS} for one in noted if one["kind"] == "status"]
    path.write_text(json.dumps(noted + between), "utf-8")
    assert sweep()[0].posted == 1
    assert [post["description"] for post in github.statuses[(f"{ORGANISATION}/rnn-ana", commit)]] == [FULL, LESS, FULL]


def test_patience_has_an_end():
    clock = Clock()
    patience = Patience(lambda said: None, total_s=1000, sleep=clock.sleep)
    tries = []

    def fail(wait_s):
        tries.append(wait_s)
        raise Unreachable("no answer", wait_s)

    for wait_s in (0, 0, 400, 0, 5000):
        with pytest.raises(Unreachable):
            patience(lambda wait_s=wait_s: fail(wait_s))
    assert sum(clock.waits) <= 1000
    assert [tries.count(wait_s) for wait_s in (400, 5000)] == [3, 1]
    assert tries[: tries.index(400)].count(0) == 2 * TRIES


def test_of_each_repository_the_commit_before_the_deadline_is_graded_and_has_the_posts(github, sweep):
    in_time = {"ana": push(github, "rnn-ana", WRONG), "beto": push(github, "rnn-beto", RIGHT)}
    push(github, "rnn-ana", RIGHT, "28")
    push(github, "rnn-caro", RIGHT, "28")
    deadline = parse_deadline("2026-11-20T23:59-03:00", "--deadline")
    ended, said = sweep(deadline=deadline)
    assert posts(github) == {("ana", in_time["ana"]): both(LESS), ("beto", in_time["beto"]): both(FULL)}
    assert ended.summary.failed == ["caro"]
    assert any("caro: not graded: the repository has no commit up to 2026-11-20" in line for line in said)


def test_a_new_commit_with_the_same_code_has_the_posts_too_and_is_not_graded_again(github, sweep):
    commits = [push(github, "rnn-ana", RIGHT)]
    sweep()
    commits.append(push(github, "rnn-ana", RIGHT, "20"))
    ended, said = sweep()
    assert (ended.posted, said) == (2, [f"ana: {FULL} (as before)"])
    assert posts(github) == {("ana", commit): both(FULL) for commit in commits}


def test_what_a_submission_says_is_neutralised_and_nothing_of_the_instructors_is_posted(github, sweep, tmp_path):
    saying = "raise ValueError('@everyone </pre> <img src=x> [link](http://x) ' + str(n_features) + ' \\n# big')"
    hostile = f"{RIGHT}\n\ndef gru_params(n_features, units):\n    {saying}\n"
    push(github, "rnn-ana", hostile)
    push(github, "rnn-beto", WRONG)
    sweep(language="es")
    comments = {repository: post["body"] for (repository, _), post in github.seen if "body" in post}
    said = comments[f"{ORGANISATION}/rnn-ana"]
    assert said.startswith("## Puntaje: ")
    assert "@everyone" in said
    outside = re.sub(r"<pre>.*?</pre>", "", said, flags=re.DOTALL)
    assert not set(re.findall(r"everyone|img|link|big", outside))
    assert len(re.findall(r"<(?!/?pre>|!-- grader [0-9a-f]{64} -->)", said)) == 0
    attempt = json.loads((tmp_path / "attempts" / "rnn" / "beto" / "000001.json").read_text("utf-8"))
    lost = [check for check in attempt["report"]["checks"] if check["score"] < check["max_score"]]
    own = {check["id"]: check["message"] for check in attempt["for_student"]["checks"]}
    assert lost
    for check in lost:
        assert own[check["id"]] != check["message"], "the instructor's view says no more than the student's"
        assert check["message"] not in comments[f"{ORGANISATION}/rnn-beto"]


def test_the_parts_of_a_class_are_the_class_each_student_is_in_one_and_stays_there(github, sweep):
    names = [f"student-{number}" for number in range(6)]
    commits = {name: push(github, f"rnn-{name}", RIGHT) for name in names}
    came = []
    for part in ("1/3", "2/3", "3/3"):
        _, said = sweep(part=part)
        came += [line.partition(":")[0] for line in said]
    assert sorted(came) == names
    assert posts(github) == {(name, commits[name]): both(FULL) for name in names}
    ended, said = sweep()
    assert (ended.posted, len(said)) == (0, 6)
    assert all("as before" in line for line in said)
    assert [number for number in range(8) if Part(2, 4).has(f"u{number:03}")] == [5], "students change their parts"


def test_no_student_is_lost_between_parts_and_parts_are_of_about_one_size():
    students = [f"u{number}" for number in range(1000)]
    parts = [[student for student in students if Part(number, 8).has(student)] for number in range(1, 9)]
    assert sorted(student for part in parts for student in part) == sorted(students)
    assert all(90 < len(part) < 160 for part in parts)


@pytest.mark.parametrize("part", ["", "2", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/2/3"])
def test_a_part_that_is_none_is_refused(part):
    with pytest.raises(UsageError, match="is no part of a class"):
        Part.parse(part)


def test_a_class_may_be_a_table_of_addresses(github, sweep, tmp_path):
    commit = push(github, "rnn-ana", RIGHT)
    push(github, "elsewhere", RIGHT)
    listed = tmp_path / "class.csv"
    addresses = [f"7001,{github.url}/{ORGANISATION}/rnn-ana.git,{commit[:10]}", f"7002,{github.bare}/elsewhere.git,"]
    listed.write_text("\n".join(["id,repository,commit", *addresses]), "utf-8")
    ended, said = sweep(str(listed))
    assert sorted(line.partition(":")[0] for line in said) == ["7001", "7002"]
    assert posts(github) == {("ana", commit): both(FULL)}
    assert ended.unposted == [f"7002: not posted: {github.bare}/elsewhere.git is no repository on {github.url}"]


@pytest.mark.parametrize("source", ["course", "course/", "/rnn-", ""])
def test_a_class_that_is_none_is_refused(sweep, source):
    with pytest.raises(UsageError, match="is no class"):
        sweep(source)


def test_an_organisation_that_is_not_there_and_one_without_repositories_are_refused(github, sweep):
    with pytest.raises(UsageError, match="reaches no organisation nobody"):
        sweep("nobody/rnn-")
    with pytest.raises(UsageError, match="has no repository that is named rnn-"):
        sweep()


def test_what_waiting_does_not_mend_is_not_waited_for(github, sweep):
    push(github, "rnn-ana", RIGHT)
    github.forbidden = "/statuses/"
    ended, _ = sweep()
    assert ended.unposted == [
        f"ana: status not posted: {github.url} answered 403 Resource not accessible by personal access token"
    ]
    assert github.clock.waits == []
    with pytest.raises(GraderError, match="401 Bad credentials"):
        Hub("another token", github.environment).repositories(ORGANISATION)


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/course/rnn-ana",
        "https://github.com/course/rnn-ana.git",
        "git@github.com:course/rnn-ana.git",
        "ssh://git@github.com/course/rnn-ana",
    ],
)
def test_an_address_for_git_leads_to_its_repository(address):
    assert Hub("a token", {}).name_of(address) == "course/rnn-ana"


@pytest.mark.parametrize(
    "address",
    ["https://github.com.example.org/course/rnn-ana", "https://githubXcom/course/rnn-ana", "https://github.com/course"],
)
def test_an_address_on_another_server_is_none(address):
    with pytest.raises(GraderError, match="is no repository on"):
        Hub("a token", {}).name_of(address)


WITNESS = """#!/bin/sh
printf '%s\\n' "$@" >> {log}
exec {git} "$@"
"""


def command(github, cwd, *arguments):
    """The command line and the rest of a call of `grader sweep`, with a git that notes its arguments."""
    programs = cwd / "bin"
    if not programs.exists():
        programs.mkdir()
        (programs / "git").write_text(WITNESS.format(log=cwd / "arguments.log", git=shutil.which("git")), "utf-8")
        (programs / "git").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    environment = os.environ | github.environment | {"GITHUB_TOKEN": TOKEN, "PATH": path, "GRADER_SECRET": "a secret"}
    words = [sys.executable, "-m", "grader", "sweep", f"{ORGANISATION}/rnn-", *arguments, "--exercise", "parameters"]
    how = {"cwd": cwd, "env": environment, "text": True, "capture_output": True, "timeout": PATIENCE_S}
    return subprocess.run([*words, "--lang", "en"], check=False, **how)


def test_the_command_keeps_the_token_to_itself_and_ends_with_3_while_something_is_not_posted(github, tmp_path):
    asking = "raise ValueError(__import__('os').environ.get('GITHUB_TOKEN', 'there is no token'))"
    push(github, "rnn-ana", f"{RIGHT}\n\ndef gru_params(n_features, units):\n    {asking}\n")
    github.forbidden = "/comments"
    done = command(github, tmp_path, "--csv", "scores.csv")
    assert (done.returncode, "ana: comment not posted" in done.stdout) == (3, True), done.stdout + done.stderr
    github.forbidden = "nothing"
    again = command(github, tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 posts made" in again.stdout
    assert len(github.seen) == 2
    assert "there is no token" in next(post["body"] for _, post in github.seen if "body" in post)

    arguments = (tmp_path / "arguments.log").read_text("utf-8")
    assert f"{github.url}/{ORGANISATION}/rnn-ana.git" in arguments
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "bare" not in path.parts]
    everything = b"".join([*kept, done.stdout.encode(), done.stderr.encode(), str(github.seen).encode()])
    assert len(kept) > 3
    for secret in (TOKEN.encode(), base64.b64encode(f"x-access-token:{TOKEN}".encode())):
        assert secret not in everything


def test_without_a_token_nothing_begins(github, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.grader.test_sweep.TOKEN", "")
    done = command(github, tmp_path)
    assert (done.returncode, "GITHUB_TOKEN is not set" in done.stderr) == (2, True)
    assert github.requests == []


@pytest.fixture(scope="session")
def description(tmp_path_factory):
    """GitHub's own description of its interface, from npm; only what a sweep uses, which is little of 12 MB."""
    folder = tmp_path_factory.mktemp("openapi")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@octokit/openapi@23.0.2"]
    subprocess.run(install, check=True, capture_output=True, timeout=PATIENCE_S)
    path = folder / "node_modules" / "@octokit" / "openapi" / "generated" / "api.github.com.deref.json"
    whole = json.loads(path.read_text("utf-8"))
    used = re.compile(r"/orgs/{org}/repos|/repos/{owner}/{repo}/(statuses/{sha}|commits/{\w+}(/comments|/status)?)")
    return {**whole, "paths": {name: value for name, value in whole["paths"].items() if used.fullmatch(name)}}


@pytest.mark.full
def test_every_request_is_one_that_github_describes(github, sweep, description):
    from openapi_core import OpenAPI
    from openapi_core.testing import MockRequest

    for name in ("ana", "beto"):
        push(github, f"rnn-{name}", RIGHT)
    bad_days(github, random.Random(7), 6)
    assert sweep()[0].posted == 4
    specification = OpenAPI.from_dict({**description, "servers": [{"url": github.url}]})

    def check(method, path, headers, body):
        parts = urlsplit(path)
        args = dict(parse_qsl(parts.query))
        how = {"args": args, "headers": headers, "data": body, "content_type": "application/json"}
        specification.validate_request(MockRequest(github.url, method.lower(), parts.path, **how))

    for request in github.requests:
        check(*request)
    assert {method for method, *_ in github.requests} == {"GET", "POST"}
    method, path, headers, _ = next(request for request in github.requests if "/statuses/" in request[1])
    with pytest.raises(Exception, match="validation error"):
        check(method, path, headers, b'{"state": "87/100"}')
    with pytest.raises(Exception, match="not found"):
        check("GET", "/repos/course/rnn-ana/grades", headers, b"")
