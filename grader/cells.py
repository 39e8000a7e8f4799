"""Reads the code cells of a notebook as Python, however broken the rest of it is. Nothing in it is executed."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.contract import Text, printable
from grader.errors import GraderError

MAX_CELLS = 2000
MAX_CODE_BYTES = 2**20
TOO_MUCH = Text("all code up to this cell is more than {limit} MiB", {"limit": MAX_CODE_BYTES // 2**20})
MAX_MAGICS = 30
"""In one cell: IPython reads the cell anew for each of them."""

MAX_MAGIC_CELL_BYTES = 2**14
PYTHON_MAGICS = {"time", "timeit", "capture", "prun"}
"""Cell magics with plain Python below them; below any other there may be anything."""

CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
MAGIC = re.compile(r"^\s*(?:[\w, .*\[\]]+=\s*)?[!%?]|\?\s*$", re.MULTILINE)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's own parser answers to odd text."""


class NotRead(Exception):
    """A notebook or a cell that is not read; the text says why."""

    def __init__(self, reason: Text) -> None:
        """Take the reason, as a student may read it."""
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell that is Python: its number among all cells, from 1, its text without magics, and its tree."""

    number: int
    source: str
    tree: ast.Module


LeftOut = tuple[int, Text]
"""The number of a cell, and why it is not read."""


def read_sources(content: bytes) -> list[tuple[int, str]]:
    """The number and the text of each code cell of a notebook file.

    Of any format version, and whether or not it is valid: only what is needed is looked at, since a notebook that was
    edited by hand, merged by git or saved half-way is what nbformat refuses.

    Raises:
        NotRead: If there are no cells to be found in it.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotRead(Text("it is no valid JSON; save the notebook again")) from None
    cells = list(_cells(document))
    if not cells:
        raise NotRead(Text("there are no cells in it"))
    numbered = enumerate(cells[:MAX_CELLS], start=1)
    return [(number, _source(cell)) for number, cell in numbered if cell.get("cell_type") == "code"]


def _cells(document: Any) -> Iterator[dict[str, Any]]:
    """All cells; before version 4 they lay in worksheets."""
    holders = [document, *_list(document, "worksheets")]
    for holder in holders:
        yield from (cell for cell in _list(holder, "cells") if isinstance(cell, dict))


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _source(cell: dict[str, Any]) -> str:
    """The text of a code cell: `source` since version 4, `input` before, one string or a list of lines."""
    text = cell.get("source", cell.get("input", ""))
    lines = text if isinstance(text, list) else [text]
    return "".join(line for line in lines if isinstance(line, str))


def read_cells(sources: Sequence[tuple[int, str]]) -> tuple[list[Cell], list[LeftOut]]:
    """The cells that are Python, and those that are not, with the reason.

    Magics and shell commands among the lines are taken out: `!ls` becomes `None`.
    """
    cells, left_out, size = [], [], 0
    for number, source in sources:
        size += len(source.encode("utf-8", "replace"))
        try:
            if size > MAX_CODE_BYTES:
                raise NotRead(TOO_MUCH)
            plain = _without_magics(source)
            cells.append(Cell(number, plain, _parse(plain)))
        except NotRead as error:
            left_out.append((number, error.reason))
        except UNREADABLE as error:
            reason = Text("this cell is not Python ({text})", {"text": printable(str(error))[:100]})
            left_out.append((number, reason))
    return cells, left_out


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a student's string is nobody's business here
        return ast.parse(source)


def _without_magics(source: str) -> str:
    """The text of a cell as plain Python."""
    if found := CELL_MAGIC.match(source):
        if found[1] not in PYTHON_MAGICS:
            values = {"magic": found[1][:30]}
            raise NotRead(Text("this cell begins with %%{magic}, so what follows is not read", values))
        source = source[found.end() :]
    try:
        tree = _parse(source)
    except SyntaxError:
        # As plain Python first: IPython's reading takes time for every magic, and most cells have none.
        if not (count := len(MAGIC.findall(source))):
            raise
        if count > MAX_MAGICS or len(source) > MAX_MAGIC_CELL_BYTES:
            raise NotRead(Text("this cell has too many magics and commands")) from None
        source = _as_ipython_runs_it(source)
        tree = _parse(source)
    return _without_ipython(source, tree)


def _as_ipython_runs_it(source: str) -> str:
    """The text with calls of `get_ipython()` in place of magics and commands."""
    try:
        # Only an instructor's side is sure to have it, and few notebooks need it.
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        raise GraderError("a notebook with magics is read by IPython; pip install ipython") from None
    try:
        return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        # IPython's word for giving up on a cell that it would change for ever.
        raise SyntaxError(str(error)) from None


def _without_ipython(source: str, tree: ast.Module) -> str:
    """The text with `None` in place of every call of a method of `get_ipython()`."""
    lines = source.encode().splitlines(keepends=True)  # the tree counts columns in bytes
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _asks_ipython(node)]
    # From the end, so that what is further up stays where the tree says it is.
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        assert call.end_lineno is not None
        before = lines[call.lineno - 1][: call.col_offset]
        after = lines[call.end_lineno - 1][call.end_col_offset :]
        lines[call.lineno - 1 : call.end_lineno] = [before + b"None" + after]
    return b"".join(lines).decode()


def _asks_ipython(call: ast.Call) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Call):
        return False
    return isinstance(function.value.func, ast.Name) and function.value.func.id == "get_ipython"
