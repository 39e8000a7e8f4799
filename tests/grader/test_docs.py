"""The documentation keeps up with the code: links lead somewhere, modules exist, messages are really said."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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
