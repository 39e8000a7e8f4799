"""Makes what students get from what instructors keep: the stubs in `exercises/` from `solutions/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grader.course import load_course
from grader.errors import GraderError

STUB = "raise NotImplementedError"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
STATEMENTS = (".en.md", ".es.md")
PACKAGE_DOCSTRING = '"""The exercises: each module here is a stub for you to complete."""\n'


def make_stub(source: str) -> str:
    """Clear the solution regions of one module, by nbgrader's own preprocessor.

    Args:
        source: A module with regions between `### BEGIN SOLUTION` and `### END SOLUTION`.

    Returns:
        The same module with `raise NotImplementedError` in place of each region.
    """
    # nbformat and nbgrader are on an instructor's side alone.
    import nbformat.v4 as nb

    cell = nb.new_code_cell(source.rstrip("\n"))
    cell.metadata["nbgrader"] = {"solution": True, "grade": False, "locked": False, "schema_version": 3}
    cell.metadata["nbgrader"]["grade_id"] = "module"
    notebook = nb.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})
    return str(clear_solutions(notebook).cells[0].source) + "\n"


def clear_solutions(notebook: Any) -> Any:
    """A notebook with a stub in place of each solution region, by nbgrader's own preprocessor."""
    from nbgrader.preprocessors import ClearSolutions
    from traitlets.config import Config

    config = Config({"ClearSolutions": {"code_stub": {"python": STUB}}})
    return ClearSolutions(config=config).preprocess(notebook, {})[0]


def make_exercises(solutions: Path) -> dict[str, str]:
    """The files of `exercises/`, by name: a stub for each exercise of the course, and the statements.

    Raises:
        GraderError: If an exercise has no solution.
    """
    files = {"__init__.py": PACKAGE_DOCSTRING}
    for name in load_course().names:
        module = solutions / f"{name}.py"
        if not module.is_file():
            came = f"the exercise {name} has no {solutions.name}/{module.name}"
            raise GraderError(f"course.toml: {came}; write it, or mend the name")
        files[module.name] = make_stub(module.read_text("utf-8"))
        statements = [solutions / f"{name}{suffix}" for suffix in STATEMENTS]
        files |= {path.name: path.read_text("utf-8") for path in statements if path.is_file()}
    return files


def write_stubs(root: Path, *, write: bool = True) -> list[str]:
    """Bring `exercises/` into step with `solutions/`; returns the names of the files that differed.

    Args:
        root: The course's repository.
        write: Change the files; otherwise only say which would change.
    """
    target = root / "exercises"
    target.mkdir(exist_ok=True)
    wanted = make_exercises(root / "solutions")
    present = {path.name: path.read_text("utf-8") for path in target.iterdir() if path.suffix in {".py", ".md"}}
    changed = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    for name in changed if write else ():
        if name in wanted:
            (target / name).write_text(wanted[name], "utf-8")
        else:
            (target / name).unlink()
    return changed
