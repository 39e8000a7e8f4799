"""The catalogue of known mistakes: complete, in both languages, and without a line of the answer."""

import re
import shutil
from pathlib import Path

import pytest

from grader.course import load_course, load_hints
from grader.errors import GraderError
from grader.misconceptions import load_catalogue
from grader.text import LANGUAGES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "hidden" / "misconceptions"
CODE = re.compile(r"^(?:\w+\s*[-+*/]?=\s|return\b|for \w+ in\b|def \w+\()")


def sentences():
    """Everything that a student may read of a mistake or as a hint, with where it stands."""
    for entry in load_catalogue(FOLDER).values():
        for language, words in entry.words.items():
            yield from ((f"{entry.id} {language}", text) for text in (words.what, words.seen, words.where))
    for functions in load_hints().values():
        for function, ladder in functions.items():
            yield from ((f"hint {function} {language}", text) for language in LANGUAGES for text in ladder[language])


def test_every_function_of_the_contract_has_known_mistakes_in_every_language():
    catalogue = load_catalogue(FOLDER).values()
    assert len(catalogue) >= 120
    assert {entry.function for entry in catalogue} == set(load_course().owners)
    assert all(load_course().owners[entry.function] == entry.exercise for entry in catalogue)
    assert all(set(entry.words) == set(LANGUAGES) for entry in catalogue)


def test_a_ladder_has_a_question_a_pointer_and_nearly_the_code():
    for functions in load_hints().values():
        for function, ladder in functions.items():
            for language in LANGUAGES:
                assert len(set(ladder[language])) == 3, function
                assert ladder[language][0].rstrip().endswith("?"), function


def test_what_a_student_reads_is_prose_and_holds_no_line_of_a_solution():
    lines = {
        line.strip()
        for path in (ROOT / "solutions").glob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if len(line.strip()) > 20 and not line.strip().startswith(("#", '"""'))
    }
    for place, text in sentences():
        assert text, place
        assert text == text.strip(), place
        assert not CODE.match(text), place
        assert not [line for line in lines if line in text], place


def test_a_question_in_spanish_opens_with_its_mark_and_nobody_shouts():
    for place, text in sentences():
        assert "!" not in text, place
        if " es" in place and "?" in text:
            assert "¿" in text, place


def test_a_variant_without_a_text_and_a_text_without_a_variant_are_refused(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "one")
    (tmp_path / "one" / "lstm" / "build_lstm.new_mistake.py").write_text("# mistake: none\n")
    with pytest.raises(GraderError, match=r"build_lstm\.new_mistake"):
        load_catalogue(tmp_path / "one")
    shutil.copytree(FOLDER, tmp_path / "two")
    (tmp_path / "two" / "parameters" / "gru_params.one_bias.py").unlink()
    with pytest.raises(GraderError, match=r"gru_params\.one_bias"):
        load_catalogue(tmp_path / "two")


def test_no_folder_is_no_mistake(tmp_path):
    assert load_catalogue(tmp_path / "nowhere") == {}
