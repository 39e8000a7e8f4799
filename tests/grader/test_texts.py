"""Everything a student reads is there in Spanish and in English."""

import ast
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import grader
from grader.contract import Text
from grader.text import VARIABLES, Translator, locale_language

ROOT = Path(__file__).parents[2]
PACKAGE = Path(grader.__file__).parent
FOLDERS = {"grader": PACKAGE, "public": ROOT / "tests" / "public", "hidden": ROOT / "tests" / "hidden"}
PLACE = re.compile(r"{(\w+)}")
NOT_PROSE = {"{text}"}


def templates(path):
    """The templates of all texts in a Python file, and the titles of its checks."""
    source = path.read_bytes()
    for _, message, _, _ in extract("python", BytesIO(source), keywords={"Text": None}):
        yield message
    if path.name.startswith("test_"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield (ast.get_docstring(node) or node.name).splitlines()[0]


@pytest.fixture(params=FOLDERS)
def folder(request):
    return FOLDERS[request.param]


def catalogue(folder):
    with (folder / "locale" / "es.po").open("rb") as stream:
        return {message.id: message.string for message in read_po(stream) if message.id}


def sentences_of_page(path):
    """The sentences in a template of a page."""
    with path.open("rb") as stream:
        found = babel_extract(stream, ["say"], [], {"encoding": "utf-8"})
        yield from (message for _, _, message, _ in found if message)


def test_every_text_has_its_translation_and_no_translation_has_lost_its_text(folder):
    used = {text for path in folder.rglob("*.py") for text in templates(path)} - NOT_PROSE
    used |= {text for path in folder.rglob("*.html") for text in sentences_of_page(path)}
    translated = catalogue(folder)
    assert sorted(used - {id for id, string in translated.items() if string}) == []
    assert sorted(set(translated) - used) == []


def test_a_translation_has_the_places_of_its_text(folder):
    for id, string in catalogue(folder).items():
        assert sorted(PLACE.findall(id)) == sorted(PLACE.findall(string)), id


def test_a_text_inside_a_text_is_translated_too():
    translate = Translator("es")
    text = Text("{name}: it is {came}; expected one number", {"name": "mae", "came": Text("a Keras model")})
    assert "Keras" in translate(text)
    assert "expected" not in translate(text)
    assert "{" not in translate(text)


@pytest.mark.parametrize(
    ("environment", "system", "language"),
    [
        ({"LANG": "es_AR.UTF-8"}, None, "es"),  # asked for and not generated, as in a container
        ({"LANGUAGE": "es:en", "LANG": "en_US.UTF-8"}, "en_US", "es"),
        ({"LC_ALL": "C.UTF-8", "LANG": "es_AR.UTF-8"}, "es_AR", "en"),
        ({"LANG": "et_EE.UTF-8"}, "et_EE", "en"),
        ({}, "Spanish_Argentina", "es"),  # Windows
        ({}, "English_United States", "en"),
        ({}, None, "en"),
    ],
)
def test_the_language_is_that_of_the_environment_else_the_system_s(environment, system, language, monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("locale.getlocale", lambda: (system, "UTF-8"))
    assert locale_language() == language
