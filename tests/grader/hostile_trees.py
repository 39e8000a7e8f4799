"""Hostile submissions that are more than a module: what they do to the files of a student's repository.

Each function gets a repository whose `exercises/` holds the reference, spoils it, and returns the path to grade.
"""

import contextlib
import io
import os
import stat
import sysconfig
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANTED = "planted-by-hostile"
WRONG = "\n\ndef gru_params(n_features, units):\n    return 0\n"
"""A wrong answer that the tree tries to have counted as right."""

PLANT = f"""
import os
for place in (os.getcwd(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm", "/"):
    try:
        open(os.path.join(place, "{PLANTED}"), "w").close()
    except OSError:
        pass
"""
"""Python that shows that it was run."""


def _spoil(repository):
    with (repository / "exercises" / "parameters.py").open("a", encoding="utf-8") as stream:
        stream.write(WRONG)


def _everywhere(repository, name, text):
    """Write a file at the top, beside the modules, and in a folder of tests."""
    for folder in (repository, repository / "exercises", repository / "tests", repository / "exercises" / "tests"):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        (folder / "__init__.py").touch()


def conftest_report(repository):
    """A conftest.py whose hook calls every check passed."""
    _spoil(repository)
    hook = (
        "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n    report = yield"
    )
    _everywhere(repository, "conftest.py", f"{PLANT}\n{hook}\n    report.outcome = 'passed'\n    return report\n")
    return repository


def conftest_exit_status(repository):
    """A conftest.py that sets the exit status of the run."""
    _spoil(repository)
    hook = (
        "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus = 0\n    import os\n    os._exit(0)\n"
    )
    _everywhere(repository, "conftest.py", f"{PLANT}\n{hook}")
    return repository


def conftest_skip(repository):
    """A conftest.py with a fixture that skips every check."""
    _spoil(repository)
    fixture = "import pytest\n@pytest.fixture(autouse=True)\ndef never():\n    pytest.skip('not today')\n"
    _everywhere(repository, "conftest.py", f"{PLANT}\n{fixture}")
    return repository


def full_scratch(repository):
    """One module fills every folder that it can write to; another one needs a little of it, and some time."""
    fill = """

def fit_scaler(train):
    import os
    for number in range(15_000):
        try:
            open(os.path.join(os.environ["TMPDIR"], f"empty-{os.getpid()}-{number}"), "w").close()
        except OSError:
            break
    for place in (os.environ["TMPDIR"], "/dev/shm"):
        try:
            for number in range(4):
                with open(f"{place}/{os.getpid()}-{number}", "wb") as stream:
                    for _ in range(60):
                        stream.write(bytes(2**20))
        except OSError:
            continue
    return None
"""
    need = """

reference = gru_params


def gru_params(n_features, units):
    import tempfile, time
    with tempfile.TemporaryFile() as stream:
        stream.write(bytes(2**20))
    time.sleep(0.15)
    return reference(n_features, units)
"""
    for name, text in (("windowing", fill), ("parameters", need)):
        with (repository / "exercises" / f"{name}.py").open("a", encoding="utf-8") as stream:
            stream.write(text)
    return repository


def pytest_settings(repository):
    """Settings of pytest in every file that pytest reads, which deselect everything."""
    _spoil(repository)
    for name, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        _everywhere(repository, name, f"[{section}]\naddopts = --collect-only -k none -p {PLANTED}\n")
    _everywhere(repository, "pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--collect-only -k none"\n')
    _everywhere(repository, ".pytest.ini", "[pytest]\naddopts = -k none\n")
    return repository


def shadowing(repository):
    """Modules and packages with the names of those that the grader and the reference import."""
    _spoil(repository)
    names = ("pytest", "json", "operator", "random", "numpy", "_pytest", "grader", "keras", "socket", "hashlib", "os")
    for folder in (repository, repository / "exercises"):
        for name in names:
            (folder / f"{name}.py").write_text(f"{PLANT}\nraise SystemExit(0)\n")
            package = folder / name
            package.mkdir()
            (package / "__init__.py").write_text(f"{PLANT}\nraise SystemExit(0)\n")
        (folder / "grader" / "compare.py").write_text("def expect_count(*arguments): pass\n")
    return repository


def startup_files(repository):
    """Files that Python runs by itself when it starts, if it finds them."""
    _spoil(repository)
    for name in ("sitecustomize.py", "usercustomize.py", "__main__.py", "pythonstartup.py"):
        _everywhere(repository, name, f"{PLANT}\nraise SystemExit(0)\n")
    _everywhere(repository, f"{PLANTED}.pth", f"import os; open('/tmp/{PLANTED}', 'w').close()\n")
    _everywhere(repository, "pyvenv.cfg", "home = /tmp\ninclude-system-site-packages = true\n")
    return repository


def links(repository):
    """Links in the place of a module and of folders, to files that a student must not see."""
    exercises = repository / "exercises"
    (exercises / "windowing.py").unlink()
    (exercises / "windowing.py").symlink_to(ROOT / "solutions" / "windowing.py")
    (exercises / "lstm.py").unlink()
    (exercises / "lstm.py").symlink_to("/etc/passwd")
    (exercises / "hidden").symlink_to(ROOT / "tests" / "hidden")
    (exercises / "loop").symlink_to(exercises)
    (repository / "data").symlink_to("../../hidden")
    return repository


def linked_folder(repository):
    """The folder of the modules is itself a link: to the solutions."""
    (repository / "exercises").rename(repository / "elsewhere")
    (repository / "elsewhere" / "windowing.py").write_text("", "utf-8")
    (repository / "exercises").symlink_to(ROOT / "solutions")
    return repository


def links_in_an_archive(repository):
    """An archive with a link to a folder outside, and a module that goes through it."""
    path = repository.parent / "links.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, target in (
            ("exercises/out", "/tmp"),
            ("exercises/windowing.py", str(ROOT / "solutions/windowing.py")),
        ):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        hard = tarfile.TarInfo("exercises/lstm.py")
        hard.type, hard.linkname = tarfile.LNKTYPE, str(ROOT / "solutions/lstm.py")
        archive.addfile(hard)
        _add(archive, f"exercises/out/{PLANTED}.py", b"")
        _add(archive, "exercises/parameters.py", (ROOT / "solutions/parameters.py").read_bytes())
    return path


def _add(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def bomb(repository):
    """An archive of modules that expands a thousandfold."""
    path = repository.parent / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(70):
            archive.writestr(f"exercises/m{number}.py", b"#" * 2**20)
        archive.write(repository / "exercises" / "windowing.py", "exercises/windowing.py")
    return path


def bomb_with_false_sizes(repository):
    """An archive whose headers understate what is in it."""
    path = repository.parent / "false.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("exercises/windowing.py", b"#" * 2**28)
        archive.write(repository / "exercises" / "parameters.py", "exercises/parameters.py")
    raw = path.read_bytes()
    path.write_bytes(raw.replace((2**28).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    return path


def bomb_of_a_stream(repository):
    """A compressed tar of half a megabyte with half a gigabyte of zeros before the module."""
    path = repository.parent / "stream.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=9) as archive:
        member = tarfile.TarInfo("exercises/windowing.py")
        member.size = 2**29
        archive.addfile(member, _Zeros())
    return path


class _Zeros(io.RawIOBase):
    def read(self, size=-1):
        return bytes(size)


def members_that_lead_out(repository):
    """An archive with members of twice the same name, and members that lead out of it."""
    path = repository.parent / "out.zip"
    out = [
        f"../{PLANTED}.py",
        f"../../../../../../tmp/{PLANTED}.py",
        f"/tmp/{PLANTED}.py",
        f"exercises/../../{PLANTED}.py",
    ]
    with zipfile.ZipFile(path, "w") as archive:
        for name in [*out, f"..\\{PLANTED}.py"]:
            archive.writestr(name, PLANT)
        archive.write(repository / "exercises" / "parameters.py", "exercises/parameters.py")
        archive.writestr("exercises/windowing.py", "")
        info = zipfile.ZipInfo("exercises/windowing.py")
        with _no_warning():
            archive.writestr(info, (ROOT / "solutions" / "windowing.py").read_bytes())
    return path


@contextlib.contextmanager
def _no_warning():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def many_members(repository):
    """An archive with two hundred thousand members."""
    path = repository.parent / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(200_000):
            archive.writestr(f"data/{number}.txt", b"")
        for module in (repository / "exercises").glob("*.py"):
            archive.write(module, f"exercises/{module.name}")
    return path


def commands_in_git(repository):
    """A `.git` that runs a command whenever git looks at it."""
    git = repository / ".git"
    (git / "hooks").mkdir(parents=True)
    command = f"touch /tmp/{PLANTED} /var/tmp/{PLANTED}"
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(
        f"[core]\nrepositoryformatversion = 0\nfsmonitor = {command}\nsshCommand = {command}\npager = {command}\n"
        f'[filter "x"]\nclean = {command}\nsmudge = {command}\n[alias]\nstatus = !{command}\n'
    )
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    (repository / ".gitmodules").write_text(f'[submodule "x"]\npath = x\nurl = ext::sh -c "{command}"\n')
    for hook in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman"):
        (git / "hooks" / hook).write_text(f"#!/bin/sh\n{command}\n")
        (git / "hooks" / hook).chmod(0o755)
    _spoil(repository)
    return repository


def odd_names(repository):
    """Files whose names break tools: line breaks, dashes, bytes that are no text, twins."""
    exercises = repository / "exercises"
    names = [
        "a\nb.py",
        "-rf.py",
        "--help.py",
        "\x1b[2J.py",
        "; rm -rf ~.py",
        "$(id).py",
        "Windowing.py",
        "WINDOWING.PY",
    ]
    names += [
        "mo\u0301dulo.py",
        "m\u00f3dulo.py",
        "\u202egnp.py",
        "a" * 250 + ".py",
        "{0}{text}.py",
        "[red]x.py",
        " .py",
    ]
    for name in names:
        (exercises / name).write_text(PLANT)
    Path(os.fsdecode(os.fsencode(exercises) + b"/\xff\xfe.py")).write_text(PLANT)
    Path(os.fsdecode(os.fsencode(exercises) + b"/\xff\xfe")).mkdir()
    (exercises / "Mi entrega").mkdir()
    (exercises / "Mi entrega" / "windowing.py").write_text(PLANT)
    (exercises / "paquete\n{x}").mkdir()
    (exercises / "paquete\n{x}" / "__init__.py").write_text("")
    _spoil(repository)
    return repository


def odd_files(repository):
    """In the place of modules: a pipe, a device, a file of five gigabytes; beside them, very many files."""
    exercises = repository / "exercises"
    for name in ("windowing", "lstm", "gradients"):
        (exercises / f"{name}.py").unlink()
    os.mkfifo(exercises / "windowing.py")
    with (exercises / "lstm.py").open("wb") as stream:
        stream.truncate(5 * 2**30)
    with contextlib.suppress(OSError):
        os.mknod(exercises / "gradients.py", 0o644 | stat.S_IFCHR, os.makedev(1, 5))
    for number in range(20_000):
        (exercises / f"{number}.txt").touch()
    venv = repository / ".venv" / "lib"
    venv.mkdir(parents=True)
    for number in range(2_000):
        (venv / f"m{number}.py").touch()
    return repository


def build_hooks(repository):
    """Files that are run when a repository is installed."""
    _spoil(repository)
    _everywhere(repository, "setup.py", PLANT)
    _everywhere(repository, "requirements.txt", f"./{PLANTED}\n-e .\n")
    backend = '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    _everywhere(repository, "pyproject.toml", backend)
    _everywhere(repository, "Makefile", f"all grade test:\n\ttouch /tmp/{PLANTED}\n")
    _everywhere(repository, "noxfile.py", PLANT)
    return repository


def own_grader(repository):
    """A grader, tests, points and a workflow of the student's own, which find everything right."""
    _spoil(repository)
    for folder in ("grader", "tests/hidden", "tests/public", ".github/workflows", "solutions", ".github/classroom"):
        (repository / folder).mkdir(parents=True)
    for name in ("__init__", "__main__", "plugin", "compare", "grade"):
        (repository / "grader" / f"{name}.py").write_text(f"{PLANT}\nraise SystemExit(0)\n")
    for suite in ("hidden", "public"):
        (repository / "tests" / suite / "points.toml").write_text('[parameters]\n"gru_params.values" = 0\n')
        (repository / "tests" / suite / "test_parameters.py").write_text("def test_gru_params_values():\n    pass\n")
    (repository / "grader" / "course.toml").write_text('name = "mine"\n')
    (repository / ".github" / "workflows" / "grade.yml").write_text("on: push\njobs: {}\n")
    return repository


CHEAT = "def gru_params(n_features, units):\n    return 3 * units * (units + n_features + 2) + units + 1\n"


def stale_caches(repository):
    """Compiled modules that are right, beside a source that is wrong."""
    import py_compile

    exercises = repository / "exercises"
    source = (exercises / "parameters.py").read_text("utf-8")
    cache = exercises / "__pycache__"
    cache.mkdir()
    right = repository.parent / "right.py"
    right.write_text(source, "utf-8")
    tag = f"cpython-{sysconfig.get_config_var('py_version_nodot')}"
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for target in (cache / f"parameters.{tag}.pyc", exercises / "parameters.pyc"):
        py_compile.compile(str(right), str(target), doraise=True, invalidation_mode=unchecked)
    for suffix in (sysconfig.get_config_var("EXT_SUFFIX"), ".abi3.so", ".so"):
        (exercises / f"parameters{suffix}").write_bytes(b"\x7fELF" + bytes(100))
    _spoil(repository)
    return repository


def nested_brackets(repository):
    """A module of a hundred thousand open brackets."""
    (repository / "exercises" / "parameters.py").write_text("x = " + "[" * 100_000 + "]" * 100_000)
    return repository


def nested_signs(repository):
    """A module with an expression nested as deeply as a megabyte allows."""
    (repository / "exercises" / "parameters.py").write_text("x = " + "-" * 1_000_000 + "1")
    return repository


def huge_literal(repository):
    """A module with a number of a million digits, and powers that are computed while it is compiled."""
    (repository / "exercises" / "parameters.py").write_text("y = 9**9**9**9\nx = " + "1" * 1_000_000)
    return repository


def bad_encoding(repository):
    """A module that is no text."""
    (repository / "exercises" / "parameters.py").write_bytes(b"# coding: utf-7\n\xff\xfe\x00x = '" + bytes(range(256)))
    return repository


def huge_line(repository):
    """A module that is one list of numbers, a megabyte long, and then wrong."""
    (repository / "exercises" / "parameters.py").write_text("x = [" + "1," * 500_000 + "]\n")
    return repository
