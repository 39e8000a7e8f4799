"""Renders the files that are handed out, from the templates in `grader/templates/`.

The templates are Jinja's with other brackets, `<< value >>` and `<% if %>`: a workflow has `${{ }}` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

SUFFIX = ".jinja"
"""Of a template that would be taken for a module of the grader by its name."""


def render(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The files of one set of templates, by path.

    Args:
        name: A folder in `grader/templates/`.
        values: What the templates ask for; all of it must be there.
    """
    with resources.as_file(resources.files("grader") / "templates" / name) as folder:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix().removesuffix(SUFFIX): _render(path, values) for path in paths}


def _render(path: Path, values: Mapping[str, Any]) -> str:
    return _ENVIRONMENT.from_string(path.read_text("utf-8")).render(values)


_ENVIRONMENT = jinja2.Environment(
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # nothing in it comes from a submission, and little of it is HTML
)
