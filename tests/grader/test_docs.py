"""The documentation keeps up with the code: links lead somewhere, modules exist, messages are really said."""

import re
import shlex
from pathlib import Path

import click
import pytest
from typer.main import get_command

from grader.cli import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").glob("*.md")])
SAID = "\n".join(path.read_text("utf-8") for path in (ROOT / "grader").rglob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_modules_of_the_nine_steps_are_there():
    text = (ROOT / "docs" / "how-it-works.md").read_text("utf-8")
    named = [
        name for group in re.findall(r"^\d\. \*\*[^(]+\(([^)]*)\)", text, re.MULTILINE) for name in group.split(", ")
    ]
    assert len(named) > 20
    for name in named:
        module = ROOT / "grader" / name.strip("`/")
        assert module.with_suffix(".py").is_file() or module.is_dir(), name


def test_every_message_that_is_explained_is_one_that_is_said():
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    messages = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    assert len(messages) > 10
    for message in messages:
        for part in message.split("…"):
            assert part.strip().lower() in SAID.lower(), message


def lines_of_blocks(text):
    """The lines of all blocks of code, without their comments."""
    return [line.partition(" #")[0].strip() for block in BLOCK.findall(text) for line in block.splitlines()]


def commands():
    """Each command of ours in the documentation, in a block or in a sentence."""
    for page in PAGES:
        text = page.read_text("utf-8")
        for line in lines_of_blocks(text) + re.findall(r"`(grader [^`]+)`", BLOCK.sub("", text)):
            for part in re.split(r"&&|\|", line):
                words = shlex.split(part)
                if words[:1] == ["grader"] and len(words) > 1:
                    yield page.name, tuple(words[1:])


@pytest.mark.parametrize(("page", "words"), sorted(set(commands())), ids=str)
def test_every_command_is_one_of_ours_with_options_that_it_has(page, words):
    known = get_command(app)
    with click.Context(known, info_name="grader") as context:
        _, command, rest = known.resolve_command(context, list(words))
    if "--help" not in rest:
        with click.Context(command) as own:
            _, left, _ = command.make_parser(own).parse_args(list(rest))
        assert left == []


def test_the_spanish_readme_has_the_commands_and_the_links_of_the_english_one():
    def parts(name):
        text = (ROOT / name).read_text("utf-8")
        return lines_of_blocks(text), set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.es.md"}

    assert parts("README.md") == parts("README.es.md")
