"""Serves the wrong variants of one exercise, and the right one: a copy of this file stands in for a student's module.

Beside the copy lies the folder `variants/<exercise>` with `<function>.<slug>.py` for each variant and `solution.py`.
The function `make_windows.horizon_ignored` is that variant of `make_windows`; `make_windows` alone is the right one.
"""

from __future__ import annotations

import functools
import runpy
from pathlib import Path
from typing import Any

FOLDER = "variants"
SOLUTION = "solution"


def __getattr__(name: str) -> Any:
    """The function in the variant of that name."""
    function, _, slug = name.partition(".")
    path = Path(__file__).parent / FOLDER / Path(__file__).stem / f"{name if slug else SOLUTION}.py"
    if name.startswith("__") or not path.is_file():
        raise AttributeError(name)
    return _load(path)[function]


@functools.cache
def _load(path: Path) -> dict[str, Any]:
    return runpy.run_path(str(path))
