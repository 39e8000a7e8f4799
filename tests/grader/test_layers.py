"""Imports point one way: a module imports only what stands above it in the architecture's list."""

import ast
from pathlib import Path

import pytest

import grader

PACKAGE = Path(grader.__file__).parent
LAYERS = [
    {"contract", "errors", "variants", "seeding"},
    {"evidence", "rungs", "text"},
    {
        "wire",
        "skill",
        "compare",
        "course",
        "architecture",
        "bubblewrap",
        "preflight",
        "unpack",
        "git",
        "scaffold",
        "cells",
    },
    {"gather", "series"},
    {"observe", "importing", "models", "collect", "walls", "connection", "misconceptions", "likeness"},
    {"worker", "forecaster"},
    {"zygote"},
    {"sandbox", "submission", "training"},
    {"workers", "diagnose"},
    {"kept", "transcript", "desk"},
    {"jobs"},
    {"plugin", "report", "judge", "showcase"},
    {"challenge"},
    {"session", "memory", "watch", "abreast"},
    {"families", "kills"},
    {"calibrate"},
    {"tandem"},
    {"render", "postings"},
    {"workflow", "leaks"},
    {"grade", "release", "post", "mutants"},
    {"audit"},
    {"assignment", "notebook"},
    {"handout", "classroom"},
    {"doctor"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
FAMILIES = {"render", "postings", "classroom", "commands"}
"""Packages whose modules may import one another."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imports(path):
    """The modules of the grader that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "grader":
            inner = (node.module or "").split(".")[1:]
            names = inner[:1] or [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("grader.")]
        yield from (name for name in names if not name.startswith("__version"))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        assert not list(imports(path))
        return
    for name in imports(path):
        assert RANK[name] < RANK[own] or (name == own and own in FAMILIES), f"{own} imports {name}"


def test_nothing_in_the_judge_imports_a_submission():
    users = {path.stem for path in PACKAGE.rglob("*.py") if "importing" in imports(path)}
    assert users == {"worker", "submission"}
