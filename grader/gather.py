"""Puts the modules of the contract together from the cells of a notebook: each function, with what it needs.

Names are looked up in the text, by Python's own symbol tables; nothing is executed. A function of the course counts as
it was last defined, a stub only if there is nothing else. What it needs (helpers, constants, imports) is taken as it
stands in the same cell, else as it stood last above, else from below: two exercises may well have a helper of the same
name, and this is what a check right below the function sees.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.cells import UNREADABLE, Cell

FUTURE = "from __future__ import annotations\n\n"
ANYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement at the top of a cell.

    `place` counts the statements of the notebook; `now` are the names that it needs when it is run, `later` those that
    a function or class in it needs when it is called.
    """

    place: int
    cell: int
    text: str
    binds: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    defines: bool
    is_stub: bool


def gather(cells: Sequence[Cell], owners: Mapping[str, str]) -> dict[str, str]:
    """The text of a module for each exercise of which some function is there.

    Args:
        cells: The code cells, in the order of the notebook.
        owners: The exercise of each function of the course.
    """
    notebook = _Notebook(list(_statements(cells)), owners)
    future = FUTURE if any("annotations" in _futures(cell.tree) for cell in cells) else ""
    modules = {}
    for exercise in dict.fromkeys(owners.values()):
        functions = [name for name, owner in owners.items() if owner == exercise]
        if chosen := notebook.needed(functions):
            modules[exercise] = future + "\n\n".join(statement.text for statement in chosen) + "\n"
    return modules


def _statements(cells: Sequence[Cell]) -> Iterator[Statement]:
    place = 0
    for cell in cells:
        lines = cell.source.encode().splitlines(keepends=True)
        for node in cell.tree.body:
            # Must be the first statement of a module, where `gather` puts it.
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            text = _text(node, lines)
            try:
                table = symtable.symtable(text, "cell", "exec")
            except UNREADABLE:  # such as `return` where there is no function: it would not run either
                continue
            place += 1
            yield _statement(node, text, table, place, cell.number)


def _text(node: ast.stmt, lines: Sequence[bytes]) -> str:
    """The student's own text of a statement, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    # `lineno` is that of `def` or `class`, below the decorators.
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    start = node.col_offset if first == node.lineno else 0
    taken = list(lines[first - 1 : node.end_lineno])
    # The end first: both may be on one line, and cutting its start would move the end.
    taken[-1] = taken[-1][: node.end_col_offset]
    taken[0] = taken[0][start:]
    return b"".join(taken).decode()


def _statement(node: ast.stmt, text: str, table: symtable.SymbolTable, place: int, cell: int) -> Statement:
    top = table.get_symbols()
    binds = {symbol.get_name() for symbol in top if symbol.is_assigned() or symbol.is_imported()}
    now = {symbol.get_name() for symbol in top if symbol.is_referenced()}
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        binds.add(ANYTHING)
    changed = _changed(node)
    later = set(_globals_within(table))
    defines = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return Statement(
        place=place,
        cell=cell,
        text=text,
        binds=frozenset(binds | changed),
        now=frozenset(now | changed if defines else now | changed | later),
        later=frozenset(later if defines else ()),
        defines=defines,
        is_stub=_is_stub(node),
    )


def _globals_within(table: symtable.SymbolTable) -> Iterator[str]:
    for child in table.get_children():
        yield from (symbol.get_name() for symbol in child.get_symbols() if symbol.is_global())
        yield from _globals_within(child)


def _changed(node: ast.stmt) -> set[str]:
    """What an assignment changes without binding it, such as `settings` in `settings["units"] = 5`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = set()
    for target in targets:
        holder: object = target
        while isinstance(holder, ast.Subscript | ast.Attribute):
            holder = holder.value
        if isinstance(holder, ast.Name) and (holder is not target or isinstance(node, ast.AugAssign)):
            names.add(holder.id)
    return names


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function says that it is not written yet, and does nothing else."""
    if not isinstance(node, ast.FunctionDef):
        return False
    body = [each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    return all(isinstance(each, ast.Raise) and "NotImplementedError" in ast.unparse(each) for each in body)


def _futures(tree: ast.Module) -> set[str]:
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return {alias.name for node in found for alias in node.names}


def _place(statement: Statement) -> int:
    return statement.place


class _Notebook:
    """The statements of a notebook, by the names that they bind."""

    def __init__(self, statements: Sequence[Statement], owners: Mapping[str, str]) -> None:
        self._by_name: dict[str, list[Statement]] = {}
        for statement in statements:
            for name in statement.binds:
                self._by_name.setdefault(name, []).append(statement)
        self._owners = owners

    def needed(self, functions: Sequence[str]) -> list[Statement]:
        """The functions that are there and everything that they need, what is needed first; each statement once."""
        order: list[Statement] = []
        seen: set[int] = set()
        for function in functions:
            home = self._of_course(function)
            if home and home.place not in seen:
                self._collect(home, order, seen)
        names = {name for statement in order for name in statement.now | statement.later}
        # A name that nobody binds may come from any `import *`.
        is_open = any(name not in self._by_name and not hasattr(builtins, name) for name in names)
        return [*(self._by_name.get(ANYTHING, ()) if is_open else ()), *order]

    def _collect(self, home: Statement, order: list[Statement], seen: set[int]) -> None:
        """Depth first, without recursion: a chain of names may be as long as the notebook."""
        path = [(home, self._suppliers(home, home))]
        seen.add(home.place)
        while path:
            statement, suppliers = path[-1]
            supplier = next((each for each in suppliers if each.place not in seen), None)
            if supplier is None:
                order.append(statement)
                path.pop()
            else:
                seen.add(supplier.place)
                path.append((supplier, self._suppliers(supplier, home)))

    def _suppliers(self, statement: Statement, home: Statement) -> Iterator[Statement]:
        """The statements that bind what this one needs.

        What it needs when it runs is as it stood then; what it needs when it is called is as `home` sees it.
        """
        for names, viewpoint in ((statement.now, statement), (statement.later, home)):
            for name in sorted(names):  # a set has no order, and modules should
                if found := self._of_course(name) or self._nearest(name, viewpoint):
                    yield found

    def _of_course(self, name: str) -> Statement | None:
        """A function of the course: its last definition, else whatever else binds its name last."""
        if name not in self._owners:
            return None
        found = self._by_name.get(name, ())
        return max(found, key=lambda each: (each.defines and not each.is_stub, each.defines, each.place), default=None)

    def _nearest(self, name: str, viewpoint: Statement) -> Statement | None:
        """Where a name is bound as seen from a statement: in the same cell, else above, else below."""
        found = self._by_name.get(name, [])
        end, start = (bisect(found, viewpoint.place, key=_place) for bisect in (bisect_left, bisect_right))
        above, below = found[max(0, end - 1) : end], found[start : start + 1]
        return min(above + below, key=lambda each: each.cell != viewpoint.cell, default=None)
