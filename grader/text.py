"""Sentences in the reader's language: gettext catalogues (`.po`), read when a text is shown."""

from __future__ import annotations

import functools
import io
import locale
import os
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from itertools import takewhile
from pathlib import Path

from grader.contract import Text

LANGUAGES = ("en", "es")
SOURCE_LANGUAGE = "en"
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Of the environment, in gettext's order."""

SPOKEN = {"es": "es", "spanish": "es"}
"""What a locale may begin with; on Windows, with the language's English name."""


def locale_language() -> str:
    """The language that the environment asks for, or else the system's, if there are texts in it; else English."""
    # As gettext does: a container has seldom generated the locale that its user asks for, and Python then knows none.
    asked = next(filter(None, map(os.environ.get, VARIABLES)), None) or locale.getlocale()[0] or ""
    return SPOKEN.get("".join(takewhile(str.isalpha, asked)).lower(), SOURCE_LANGUAGE)


@functools.cache
def _catalogue(path: Path, language: str) -> NullTranslations:
    # Only for a reader of another language than English.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


class Translator:
    """Shows texts in one language; knows the grader's own catalogue and those of the suites."""

    def __init__(self, language: str, folders: tuple[Path, ...] = ()) -> None:
        """Take a language and the folders whose `locale/` holds further catalogues, such as a suite's."""
        self.language = language
        self._catalogues: list[NullTranslations] = []
        if language == SOURCE_LANGUAGE:
            return
        with resources.as_file(resources.files("grader")) as own:
            for folder in (own, *folders):
                path = folder / "locale" / f"{language}.po"
                self._catalogues += [_catalogue(path, language)] if path.is_file() else []

    def __call__(self, text: Text | str) -> str:
        """The text in this language; English where a catalogue lacks it."""
        if isinstance(text, str):
            return self._find(text)
        values = {key: self(value) if isinstance(value, Text) else str(value) for key, value in text.values.items()}
        return self._find(text.template).format(**values)

    def _find(self, template: str) -> str:
        found = (catalogue.gettext(template) for catalogue in self._catalogues)
        return next((translated for translated in found if translated != template), template)
