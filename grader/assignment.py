"""Makes the course's notebook from `solutions/` and the statements, with nbgrader's metadata.

nbgrader's autograde takes for the score of a cell what the student's kernel shows. So the cells that give points run
the public suite, and what they give is provisional.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.course import Course, ExerciseSpec, load_hints
from grader.release import KERNEL, clear_solutions
from grader.scaffold import render

SCHEMA_VERSION = 3  # of nbgrader's metadata


def make_notebook(solutions: Path, course: Course, language: str, *, solved: bool) -> Any:
    """The notebook, as nbformat has it.

    Args:
        solutions: The folder with the reference modules and the statements.
        course: The exercises, in their order.
        language: Of the text.
        solved: With the solutions between nbgrader's marks, as `nbgrader generate_assignment` takes it; else stubs.
    """
    import nbformat.v4 as nb

    texts = render("notebook", {"lang": language})
    cells = [_text("intro", texts[f"intro.{language}.md"]), _code("setup", texts["setup.py"])]
    written: set[str] = set()
    absent = {function for functions in load_hints().values() for function in functions} - course.owners.keys()
    for spec in course.exercises:
        cells += _exercise(solutions, spec, language, written)
        picture = texts.get(f"{spec.name}.py")
        if picture and not absent & _names(picture):
            cells.append(_plain(f"{spec.name}-picture", picture))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = nb.new_notebook(cells=cells, metadata=metadata)
    return notebook if solved else clear_solutions(notebook)


def _exercise(solutions: Path, spec: ExerciseSpec, language: str, written: set[str]) -> Iterator[Any]:
    """The cells of one exercise; `written` is what the notebook has already, such as a helper that modules share."""
    yield _text(f"{spec.name}-statement", (solutions / f"{spec.name}.{language}.md").read_text("utf-8"))
    given: list[str] = []
    functions: list[tuple[str, str]] = []
    for name, text in _statements((solutions / f"{spec.name}.py").read_text("utf-8")):
        if name in spec.functions:
            functions.append((name, text))
        elif text.rstrip() not in written:
            # Modules repeat a helper that they share; in a notebook once is enough.
            given.append(text)
            written.add(text.rstrip())
    if given:
        yield _plain(f"{spec.name}-given", "".join(given))
    for name, text in functions:
        yield _code(name, text, solution=True)
    yield _code(f"{spec.name}-points", f'points("{spec.name}", "{language}")', points=spec.points)


def _statements(source: str) -> Iterator[tuple[str, str]]:
    """The statements of a module after its docstring: the name that each defines, or "", and text up to the next."""
    lines = source.splitlines(keepends=True)
    nodes = ast.parse(source).body[1:]  # after the docstring
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        end = following.lineno - 1 if following else len(lines)
        yield getattr(node, "name", ""), "".join(lines[node.lineno - 1 : end])


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def _text(name: str, text: str) -> Any:
    import nbformat.v4 as nb

    return nb.new_markdown_cell(text.rstrip("\n"), id=name, metadata=cell_metadata(name))


def _plain(name: str, source: str) -> Any:
    """A code cell that students may change, and that nbgrader takes no notice of."""
    import nbformat.v4 as nb

    return nb.new_code_cell(source.rstrip("\n"), id=name)


def _code(name: str, source: str, *, solution: bool = False, points: int | None = None) -> Any:
    cell = _plain(name, source)
    cell.metadata.update(cell_metadata(name, solution=solution, points=points))
    return cell


def cell_metadata(name: str, *, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    """nbgrader's own, for a grade id; what is no solution is locked, and is restored before a notebook is graded."""
    graded = points is not None
    nbgrader = {"grade": graded, "grade_id": name, "locked": not solution, "solution": solution, "task": False}
    worth = {} if points is None else {"points": points}
    return {"nbgrader": nbgrader | worth | {"schema_version": SCHEMA_VERSION}}
