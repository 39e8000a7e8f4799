"""Puts submissions together from the reference modules and from samples, and opens pages in a real browser."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from grader.judge import compile_cache
from tests.grader.clusters import Dask

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"

SCREENS = {"desktop": (1200, "light"), "telephone": (360, "light"), "dark": (1200, "dark")}
FLAGS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"

collect_ignore = ["samples"]  # looked through for doctests, a module is imported: here, and without any wall


def known_mistake(name):
    """The source of a wrong function, by "exercise.function.mistake"."""
    exercise, _, variant = name.partition(".")
    return (ROOT / "tests" / "hidden" / "misconceptions" / exercise / f"{variant}.py").read_text("utf-8")


def pytest_addoption(parser):
    parser.addoption("--seeds", type=int, default=1, help="with how many seeds the right samples are graded")
    parser.addoption("--students", type=int, default=200, help="how many students the class of a Sunday has")
    parser.addoption("--inputs", type=int, default=300, help="how many inputs the fuzzers try")


@pytest.fixture(scope="session", autouse=True)
def _no_memory_of_other_runs(tmp_path_factory):
    """A cache of this run's own, so that no test sees what was graded before; compiled training is shared."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / "rnn-grader").mkdir()
    compile_cache().mkdir(parents=True, exist_ok=True)
    (cache / "rnn-grader" / "compiled").symlink_to(compile_cache(), target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture
def compose(tmp_path):
    """Writes a submission: the reference, with some modules replaced by other sources."""

    def write(sources, name="submission"):
        folder = tmp_path / name
        folder.mkdir()
        for module in sorted((ROOT / "solutions").glob("*.py")):
            shutil.copy(module, folder)
        for exercise, source in sources.items():
            (folder / f"{exercise}.py").write_text(source, "utf-8")
        return folder

    return write


@pytest.fixture
def dask(tmp_path):
    """Starts a scheduler."""
    with contextlib.ExitStack() as stack:

        def start(protocol="tcp", **environment):
            folder = tmp_path / "dask"
            folder.mkdir()
            cache = {"XDG_CACHE_HOME": str(folder / "cache")}
            return Dask(folder, stack, os.environ | cache | environment, protocol)

        yield start


@pytest.fixture(scope="session")
def browser():
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("there is no Chromium here; `apt install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Opens a page; gives it, and the addresses that it asked for."""
    contexts = []

    def open_page(document, screen="desktop"):
        path = tmp_path / "report.html"
        path.write_text(document, "utf-8")
        width, scheme = SCREENS[screen]
        # Only so that axe, which is a script, may be put in; the tests of what runs on a page have the policy in force.
        contexts.append(
            browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
        )
        page, asked = contexts[-1].new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page, asked

    yield open_page
    for context in contexts:
        context.close()
