"""What is handed out works as it is, and has no answer in it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from grader import git
from grader.doctor import diagnose
from grader.errors import UsageError
from grader.handout import MAX_BUNDLE_BYTES, Handout, Statements, Target, release
from grader.leaks import leaks, secrets


@pytest.fixture(scope="module")
def student_repository(root, tmp_path_factory):
    return release(tmp_path_factory.mktemp("release") / "student", Target.GITHUB, Handout(root=root))[0]


@pytest.fixture
def changed(student_repository, tmp_path):
    return shutil.copytree(student_repository, tmp_path / "student")


def test_nothing_that_is_released_has_an_answer_in_it(student_repository, root):
    assert leaks(student_repository, root) == []


@pytest.fixture(params=["solutions/lstm.py", "tests/hidden/test_lstm.py", "tests/hidden/thresholds.toml"])
def answer(root, request):
    """A line that nobody may see."""
    lines = (line.strip() for line in (root / request.param).read_text("utf-8").splitlines())
    return next(line for line in lines if line in secrets(root))


def test_an_answer_in_a_file_is_found(changed, root, answer):
    with (changed / "exercises" / "lstm.py").open("a", encoding="utf-8") as stream:
        stream.write(f"    {answer}\n")
    assert leaks(changed, root) == [f"exercises/lstm.py: {answer}"]


def test_an_answer_in_the_wheel_is_found(changed, root, answer):
    (wheel,) = (changed / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("grader/more.py", f"{answer}\n")
    assert leaks(changed, root) == [f"wheels/{wheel.name}/grader/more.py: {answer}"]


def test_an_answer_that_was_committed_once_and_taken_back_is_found(changed, root, answer):
    (changed / "notes.txt").write_text(answer, "utf-8")
    git.run(changed, "add", "notes.txt")
    git.run(changed, "commit", "--message", "notes")
    git.run(changed, "reset", "--hard", "HEAD~1")
    (found,) = leaks(changed, root)
    assert found.startswith(".git ")
    assert found.endswith(answer)


def test_a_file_of_the_hidden_suite_is_found_by_its_name(changed, root):
    (changed / "tests" / "hidden").mkdir()
    (changed / "tests" / "hidden" / "points.toml").write_text("", "utf-8")
    assert leaks(changed, root) == ["tests/hidden/points.toml: its name"]


def test_most_lines_of_the_solutions_and_of_the_hidden_suite_are_looked_for(root):
    """What would pass a search for nothing: so many lines are telling, of every module."""
    telling = secrets(root)
    for path in (
        *sorted((root / "solutions").glob("[a-z]*.py")),
        *sorted((root / "tests" / "hidden").glob("test_*.py")),
    ):
        assert any(line.strip() in telling for line in path.read_text("utf-8").splitlines()), path.name


def test_a_release_has_one_commit_by_nobody(student_repository):
    history = git.run(student_repository, "log", "--all", "--format=%an %ae %cn %ce").decode().splitlines()
    assert history == ["grader grader@localhost grader grader@localhost"]
    assert git.run(student_repository, "status", "--porcelain", "--ignored") == b""


def test_pytest_says_at_once_what_is_missing(changed, root):
    """With the wheel installed; here it is the grader of this environment, from outside of its repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-k", "windowing", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += ["--lang", "en"]
    before = subprocess.run(command, cwd=changed, env=environment, capture_output=True, text=True)
    assert "7 not written yet" in before.stdout, before.stdout
    assert "not written yet: split_series, fit_scaler" in before.stdout
    shutil.copy(root / "solutions" / "windowing.py", changed / "exercises")
    after = subprocess.run(command, cwd=changed, env=environment, capture_output=True, text=True)
    assert "7 passed" in after.stdout, after.stdout


@pytest.mark.parametrize(("statements", "suffixes"), [(Statements.ES, [".es"]), (Statements.BOTH, [".en", ".es"])])
def test_the_statements_are_in_the_language_that_was_chosen(root, tmp_path, statements, suffixes):
    handout = Handout(root=root, statements=statements)
    (out,) = release(tmp_path / "bundle", Target.GITHUB, handout)
    assert sorted({path.with_suffix("").suffix for path in (out / "exercises").glob("*.md")}) == suffixes
    assert "--lang es" in (out / ".github" / "workflows" / "grade.yml").read_text("utf-8")


def test_the_suite_for_grading_at_push_lies_apart_and_has_no_solution(root, tmp_path):
    student, suite = release(tmp_path / "student", Target.GITHUB, Handout(root=root, hidden=True))
    assert leaks(student, root) == []
    assert (suite / "tests" / "hidden" / "points.toml").is_file()
    assert not list(suite.rglob("solutions"))
    assert {path.name for path in suite.iterdir()} == {".git", "README.md", "tests"}


def test_a_bundle_for_classroom_50_is_small_and_has_no_answer(root, tmp_path):
    (bundle,) = release(tmp_path / "bundle", Target.CLASSROOM50, Handout(root=root))
    assert (bundle / "autograder.py").is_file()
    assert sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()) < MAX_BUNDLE_BYTES
    assert leaks(bundle, root) == []
    json.loads((bundle / "runtime.json").read_text("utf-8"))


def test_an_archive_for_gradescope_has_its_two_programs_and_no_answer(root, tmp_path):
    (archive,) = release(tmp_path / "gradescope.zip", Target.GRADESCOPE, Handout(root=root))
    with zipfile.ZipFile(archive) as members:
        assert {"setup.sh", "run_autograder"} <= set(members.namelist())
        assert members.getinfo("run_autograder").external_attr >> 16 & 0o111
    assert leaks(tmp_path, root) == []


def test_what_anyone_can_download_does_not_get_the_hidden_suite(root, tmp_path):
    with pytest.raises(UsageError, match="anyone can download"):
        release(tmp_path / "bundle", Target.CLASSROOM50, Handout(root=root, hidden=True))


def test_a_release_overwrites_nothing(root, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="not empty"):
        release(tmp_path, Target.GITHUB, Handout(root=root))
    with pytest.raises(UsageError, match="no name of an archive"):
        release(tmp_path / "archive", Target.GRADESCOPE, Handout(root=root))


def test_the_doctor_finds_this_set_up_well_but_for_what_is_wrong_with_a_release(changed, root):
    with (changed / ".github" / "workflows" / "grade.yml").open("a", encoding="utf-8") as stream:
        stream.write("# ${{ secrets.ORGANISATION }}\n")
    findings = list(diagnose(root, changed))
    wrong = [finding.what for finding in findings if not finding.well and "pinned to" not in finding.what]
    assert len(wrong) == 2, wrong
    assert "ORGANISATION" in wrong[0]
    assert "not one that this grader releases" in wrong[1]
    assert {"posting github: 12/12", "posting reporter: 12/12"} <= {finding.what for finding in findings}


def test_the_doctor_finds_an_answer_in_a_release_and_that_its_workflow_is_gone(changed, root):
    (changed / ".github" / "workflows" / "grade.yml").unlink()
    shutil.copy(root / "solutions" / "lstm.py", changed / "exercises")
    wrong = [finding.what for finding in diagnose(root, changed) if not finding.well]
    assert any("there is no .github/workflows/grade.yml; make a release again" in what for what in wrong), wrong
    assert any("an answer is in the template: exercises/lstm.py" in what for what in wrong), wrong


@pytest.mark.full
def test_the_bundle_grades_a_checkout_as_the_runner_of_classroom_50_calls_it(changed, root, tmp_path):
    """It installs everything into an environment of its own, as it would there."""
    (bundle,) = release(tmp_path / "bundle", Target.CLASSROOM50, Handout(root=root))
    shutil.copy(root / "solutions" / "windowing.py", changed / "exercises")
    told = {
        "CLASSROOM": "networks",
        "ASSIGNMENT": "recurrent",
        "ASSIGNMENT_TYPE": "individual",
        "OWNER": "ana",
        "SUBMISSION_TAG": "submit/2026-11-24T10-00-00Z-abc1234",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        **{name: f"https://example.org/{name}" for name in ("COMMIT_URL", "RELEASE_URL", "REVIEW_URL")},
    }
    command = [sys.executable, str(bundle / "autograder.py")]
    subprocess.run(command, cwd=changed, env=os.environ | told, check=True, timeout=900)
    result = json.loads((changed / "result.json").read_text("utf-8"))
    assert (result["score"], result["max-score"], result["owner"]) == (12, 100, "ana")
    assert "12/100" in (changed / "release-body.md").read_text("utf-8")
    assert "status=failure\n" in (tmp_path / "output").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["release", "out", "--for", "nowhere"], "none of github, classroom50, gradescope"),
        (["release", "out", "--lang", "fr"], "none of es, en, both"),
        (["post", "absent.json", "--to", "github"], "cannot be read"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments, reason, tmp_path):
    command = [sys.executable, "-m", "grader", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
