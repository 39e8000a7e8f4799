"""Automatic mutants of the solutions, by the operators of cosmic-ray: one small change each, made in the text alone.

cosmic-ray is used for its operators and not for its runs: here one judge, in which TensorFlow is imported once, grades
all mutants, and no process that has run TensorFlow is forked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ARITHMETIC = {
    "Add": ("Sub", "Mul"),
    "Sub": ("Add", "Mul"),
    "Mul": ("Add", "Div"),
    "Div": ("Mul", "FloorDiv"),
    "FloorDiv": ("Div", "Mul"),
    "Mod": ("Mul", "FloorDiv"),
    "Pow": ("Mul", "Div"),
}
"""What an arithmetic operator is replaced by. cosmic-ray has ten for each; bits and shifts only raise on floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a solution: the function in which it lies, the line as it was, and as it became."""

    exercise: str
    function: str
    line: str
    becomes: str

    @property
    def id(self) -> str:
        """What the mutant is called: where it is, and what was changed."""
        return f"{self.exercise}.{self.function}: {self.line} -> {self.becomes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant(Change):
    """A changed solution, all of it."""

    source: str


def mutants(solution: Path) -> list[Mutant]:
    """Every mutant of one module of the solutions; those that differ in a docstring or an annotation alone are none."""
    source = solution.read_text("utf-8")
    seen = {_meaning(source)}
    found: dict[str, Mutant] = {}
    for mutated in _mutations(source):
        try:
            meaning = _meaning(mutated)
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            mutant = _describe(solution.stem, source, mutated)
            found.setdefault(mutant.id, mutant)
    return list(found.values())


def _mutations(source: str) -> Iterator[str]:
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    for name in _operators():
        operator = get_operator(name)()
        occurrence = 0
        while (mutated := mutate_code(source, operator, occurrence)) is not None:
            yield mutated
            occurrence += 1


def _operators() -> Iterator[str]:
    from cosmic_ray.plugins import operator_names

    for name in sorted(operator_names()):
        kind, _, change = name.partition("/")[2].partition("_")
        before, _, after = change.partition("_")
        if kind == "ReplaceBinaryOperator":
            if after in ARITHMETIC.get(before, ()):
                yield name
        elif not kind.startswith("Variable"):  # these ask for the names of variables
            yield name


def _meaning(source: str) -> str:
    """A module without what cannot change what it does: docstrings and annotations."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def _describe(exercise: str, source: str, mutated: str) -> Mutant:
    lines, changed = source.splitlines(), mutated.splitlines()
    number = next(n for n, pair in enumerate(zip(lines, changed, strict=False)) if pair[0] != pair[1])
    tops = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    function = next((node.name for node in tops if node.lineno <= number + 1 <= (node.end_lineno or 0)), "module")
    return Mutant(
        exercise=exercise,
        function=function,
        line=lines[number].strip(),
        becomes=changed[number].strip(),
        source=mutated,
    )
