"""Serves the wrong variants of all functions, and the right ones: a copy of this file stands in for a student's module.

Beside the copy lies the folder `variants/<exercise>` with `<function>.<slug>.py` for each variant and `solution.py`.
The function `windowing.make_windows.horizon_ignored` is that variant of `make_windows`; `windowing.make_windows` is
the right one.
"""

from __future__ import annotations

import functools
import runpy
from pathlib import Path
from typing import Any

MODULE = "known"
"""What the copy is called. All exercises are asked of it, so that one worker serves them."""
FOLDER = "variants"
SOLUTION = "solution"


def __getattr__(name: str) -> Any:
    """The function in the variant of that name."""
    exercise, _, variant = name.partition(".")
    function, _, slug = variant.partition(".")
    path = Path(__file__).parent / FOLDER / exercise / f"{variant if slug else SOLUTION}.py"
    if name.startswith("__") or not path.is_file():
        raise AttributeError(name)
    return _load(path)[function]


@functools.cache
def _load(path: Path) -> dict[str, Any]:
    return runpy.run_path(str(path))
