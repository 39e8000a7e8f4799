"""A submitted notebook: its functions are found, whatever state it is in, and get the points they get as modules."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.collect import MAX_NOTEBOOK_BYTES, collect
from grader.contract import Suite
from grader.course import load_course
from grader.grade import Options, find_tests, grade

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
MISTAKE = ROOT / "tests/hidden/misconceptions/windowing/make_windows.horizon_ignored.py"
LIGHT = ("windowing", "parameters")
NAMES = load_course().names
OWNERS = load_course().owners

SCALE = "def scale(series, mean, std):\n    return (np.asarray(series) - mean) / std\n"
UNSCALE = "def unscale(series, mean, std):\n    return series * std + mean\n"
NUMPY = "import numpy as np\n"


def notebook(*sources, **metadata):
    """A notebook of code cells, as its JSON."""
    cells = [
        {"cell_type": "code", "id": str(number), "source": source, "outputs": [], "execution_count": 1, "metadata": {}}
        for number, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def statements(path):
    """A module as cells, one for each statement at its top."""
    lines = path.read_text("utf-8").splitlines()
    nodes = ast.parse("\n".join(lines)).body
    starts = [min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) for node in nodes]
    return ["\n".join(lines[start - 1 : node.end_lineno]) for start, node in zip(starts, nodes, strict=True)]


def whole(path):
    return [path.read_text("utf-8")]


@pytest.fixture
def handed_in(tmp_path):
    """What becomes of a notebook: its modules by exercise, and the notes."""

    def read(document):
        path = tmp_path / "hand-in.ipynb"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        with collect(path, NAMES) as collected:
            modules = {file.stem: file.read_text("utf-8") for file in collected.folder.iterdir()}
            return modules, [str(note.detail) for note in collected.notes]

    return read


def run(module):
    names = {}
    exec(compile(module, "module", "exec", dont_inherit=True), names)
    return names


def points(path, exercises=LIGHT, suite=Suite.HIDDEN, seed=7):
    report = grade(path, Options(tests=find_tests(), seed=seed, exercises=exercises, suite=suite))
    return {check.id: check.outcome for check in report.checks}


def write(tmp_path, document):
    path = tmp_path / "hand-in.ipynb"
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize("cut", [whole, statements])
def test_the_reference_as_a_notebook_has_every_point(tmp_path, cut):
    sources = [cell for name in NAMES for cell in cut(ROOT / "solutions" / f"{name}.py")]
    path = write(tmp_path, notebook(*sources))
    assert {outcome.value for outcome in points(path).values()} == {"passed"}


def test_a_mistake_costs_the_same_checks_in_a_notebook_as_in_modules(tmp_path, compose):
    right = [(ROOT / "solutions" / f"{name}.py") for name in LIGHT]
    wrong = MISTAKE.read_text("utf-8")
    path = write(tmp_path, notebook(*map(Path.read_text, right), wrong))
    folder = compose({"windowing": right[0].read_text("utf-8") + "\n\n" + wrong})
    assert points(path) == points(folder)


@pytest.mark.parametrize("sample", sorted((SAMPLES / "correct").glob("*.py")), ids=lambda path: path.stem)
def test_a_right_module_in_another_style_survives_in_a_notebook_of_all_exercises(sample, handed_in):
    own = sample.name.split(".")[0]
    paths = [sample if name == own else ROOT / "solutions" / f"{name}.py" for name in NAMES]
    modules, notes = handed_in(notebook(*(cell for path in paths for cell in statements(path))))
    assert notes == []
    for name, path in zip(NAMES, paths, strict=True):
        source = path.read_text("utf-8")
        assert definitions(modules[name]).items() <= definitions(source).items()
        assert {function for function, owner in OWNERS.items() if owner == name} <= set(definitions(modules[name]))
    assert unknown(modules[own]) <= unknown(sample.read_text("utf-8"))


def definitions(source):
    """The functions and classes of a module, as they were defined last."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {node.name: ast.dump(node) for node in nodes}


def unknown(source):
    """Names that a module uses and nobody defines, by pyflakes' rule in ruff."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "--output-format", "json", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    return {finding["message"] for finding in json.loads(done.stdout)}


def test_of_several_definitions_the_last_counts_but_never_a_stub(handed_in):
    stub = 'def scale(series, mean, std):\n    """Standardise."""\n    raise NotImplementedError\n'
    other = "def scale(series, mean, std):\n    return 'last'\n"
    modules, _ = handed_in(notebook(NUMPY, SCALE, other, stub))
    assert run(modules["windowing"])["scale"](1, 2, 3) == "last"
    modules, _ = handed_in(notebook(stub))
    with pytest.raises(NotImplementedError):
        run(modules["windowing"])["scale"](1, 2, 3)


def test_helpers_constants_and_imports_come_along_from_above_and_from_below(handed_in):
    function = "def scale(series, mean, std):\n    return _halved(series, FACTOR) - math.floor(mean)\n"
    below = ["import math", "FACTOR = BASE * 2", "BASE = 3", "def _halved(x, by):\n    return x / by\n"]
    modules, _ = handed_in(notebook(function, *below))
    assert run(modules["windowing"])["scale"](12, 1.5, 0) == 1


def test_two_exercises_may_have_a_helper_of_the_same_name(handed_in):
    first = ["def _help():\n    return 1\n", "def scale(series, mean, std):\n    return _help()\n"]
    second = ["def _help():\n    return 2\n", "def dense_params(look_back, n_features, units):\n    return _help()\n"]
    modules, _ = handed_in(notebook(*first, *second))
    assert run(modules["windowing"])["scale"](0, 0, 0) == 1
    assert run(modules["parameters"])["dense_params"](0, 0, 0) == 2


def test_what_no_function_needs_is_not_taken(handed_in):
    trials = "model = scale(open('/nowhere').read(), 0, 1)\nscale(model, 0, 1)\nwhile True:\n    pass"
    local = "def unscale(series, mean, std):\n    model = 2\n    return model\n"
    modules, _ = handed_in(notebook(NUMPY, SCALE, trials, local))
    names = run(modules["windowing"])
    assert "model" not in names
    assert names["unscale"](0, 0, 0) == 2


def test_a_constant_that_is_changed_later_comes_with_its_changes(handed_in):
    setting = "settings = {}\nsettings['by'] = 4\ncount = 1\ncount += 1"
    function = "def scale(series, mean, std):\n    return settings['by'] + count\n"
    modules, _ = handed_in(notebook(setting, function))
    assert run(modules["windowing"])["scale"](0, 0, 0) == 6


def test_nothing_in_a_notebook_is_executed_when_it_is_read(handed_in, tmp_path):
    mark = tmp_path / "mark"
    touch = f"open({str(mark)!r}, 'w')"
    modules, _ = handed_in(notebook(touch, f"X = {touch}", f"def scale(series, mean, std={touch}):\n    return X\n"))
    assert not mark.exists()
    assert touch in modules["windowing"]


def old(version):
    """The same cells in a format of before 2014."""
    key = {"worksheets": [{"cells": [{"cell_type": "code", "input": text} for text in (NUMPY, SCALE)]}]}
    return key | {"nbformat": version, "nbformat_minor": 0, "metadata": {}}


def without_metadata():
    document = notebook(NUMPY, SCALE)
    for cell in document["cells"]:
        del cell["metadata"], cell["outputs"], cell["execution_count"], cell["id"]
    del document["metadata"], document["nbformat"], document["nbformat_minor"]
    return document


def of_colab():
    document = notebook("!pip install -q keras\n%tensorflow_version 2.x\nimport numpy as np", SCALE)
    document["metadata"] = {"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU"}
    document["cells"][1]["metadata"] = {"id": "aB3", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "x"}
    return document


def with_odd_cells():
    document = notebook(NUMPY, SCALE)
    document["cells"] += [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1, None]}]
    document["cells"].append({"cell_type": "markdown", "source": "def scale(): no code"})
    return document


def of_python_2():
    return notebook("print 'hello'", NUMPY, SCALE)


def half_way():
    document = notebook(NUMPY, SCALE, "raise KeyboardInterrupt")
    document["cells"][1]["execution_count"] = None
    document["cells"][2]["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]
    return document


def with_byte_order_mark():
    return b"\xef\xbb\xbf" + json.dumps(notebook(NUMPY, SCALE)).encode()


ODD = {
    "duplicated cells": notebook(NUMPY, SCALE, NUMPY, SCALE),
    "cells out of order": notebook(SCALE, NUMPY),
    "everything in one cell": notebook(SCALE + NUMPY + "print(scale([1], 0, 1))"),
    "lines as a list": notebook(NUMPY, SCALE.splitlines(keepends=True)),
    "no metadata": without_metadata(),
    "Colab's metadata": of_colab(),
    "format 3": old(3),
    "format 2": old(2),
    "odd cells": with_odd_cells(),
    "a cell of Python 2": of_python_2(),
    "run half-way": half_way(),
    "byte order mark": with_byte_order_mark(),
    "an endless loop": notebook(NUMPY, SCALE, "while True:\n    scale([1], 0, 1)"),
    "magics": notebook("%matplotlib inline\nimport numpy as np\nscale?\nfiles = !ls\nhere = %pwd", SCALE),
    "a timed cell": notebook(NUMPY, "%%time\n" + SCALE),
    "a command in the function": notebook(NUMPY, SCALE.replace("return", "!ls -l\n    %time 1\n    return")),
    "a cell of bash": notebook("%%bash\nrm -rf /\nfor x in *; do", NUMPY, SCALE),
    "a star import": notebook("from numpy import *", SCALE.replace("np.", "")),
    "an import that may fail": notebook("try:\n    import numpy as np\nexcept ImportError:\n    np = None", SCALE),
    "conflict marks of git": notebook("<<<<<<< HEAD\nx = 1\n=======", NUMPY, SCALE),
    "cleared by nbgrader's students": notebook(NUMPY, SCALE, "# YOUR CODE HERE\nraise NotImplementedError()"),
    "a null byte": notebook("x = '\0'", NUMPY, SCALE),
    "deep nesting": notebook("(" * 5000, "-" * 100_000 + "1", NUMPY, SCALE),
    "Windows' line ends": notebook(NUMPY, SCALE.replace("\n", "\r\n")),
    "a surrogate": notebook("s = '\ud800'", NUMPY, SCALE),
    "accents before a command": notebook(NUMPY, SCALE + "ñandú = 'ñ'; é = get_ipython().getoutput('ls')"),
}


@pytest.mark.parametrize("document", ODD.values(), ids=ODD.keys())
def test_an_odd_notebook_loses_no_function(document, handed_in):
    modules, notes = handed_in(document)
    assert list(modules) == ["windowing"]
    assert run(modules["windowing"])["scale"]([3.0, 5.0], 1.0, 2.0).tolist() == [1.0, 2.0]
    assert len([note for note in notes if "no function of these exercises" in note]) == 1


@pytest.mark.parametrize("text", ["%%bash\nls", "def f(:", "x = = 1\n!ls", "%magic\n" * 40, "x = 1\n" * 200_000])
def test_a_cell_that_is_not_read_is_named(text, handed_in):
    _, notes = handed_in(notebook(NUMPY + SCALE, text))
    assert any(note.startswith("hand-in.ipynb [2]: ") for note in notes)


BROKEN = {
    "empty": b"",
    "not JSON": b'{"cells": [',
    "not a notebook": b'{"a": 1}',
    "a list": b"[1, 2]",
    "no text": b"\xff\xfe\x00",
    "a deep hole": b"[" * 200_000,
    "cells that are none": b'{"cells": "scale"}',
    "too large": b" " * (MAX_NOTEBOOK_BYTES + 1),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_is_no_notebook_is_empty_and_that_is_said(content, handed_in):
    modules, notes = handed_in(content)
    assert modules == {}
    assert notes


def test_a_broken_notebook_is_graded_with_no_point(tmp_path):
    path = tmp_path / "hand-in.ipynb"
    path.write_bytes(b'{"cells": [')
    assert {outcome.value for outcome in points(path, suite=Suite.PUBLIC).values()} == {"missing"}


def test_what_nbformat_writes_is_read(tmp_path, handed_in):
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NUMPY + UNSCALE)])
    modules, _ = handed_in(nbformat.writes(document).encode())
    assert run(modules["windowing"])["unscale"](2, 1, 3) == 7


@pytest.mark.parametrize("form", ["zip", "gztar"])
def test_a_notebook_may_come_in_an_archive_and_in_a_folder_of_the_students_own(tmp_path, form):
    inside = tmp_path / "packed" / "hand in" / "week 3"
    inside.mkdir(parents=True)
    write(inside, notebook(NUMPY, SCALE))
    archive = shutil.make_archive(str(tmp_path / "ana"), form, tmp_path / "packed")
    for path in (Path(archive), tmp_path / "packed"):
        with collect(path, NAMES) as collected:
            assert [file.name for file in collected.folder.iterdir()] == ["windowing.py"]


def test_a_notebook_beside_modules_in_an_archive_is_not_read(tmp_path):
    inside = tmp_path / "packed" / "exercises"
    inside.mkdir(parents=True)
    write(inside, notebook(NUMPY, SCALE))
    (inside / "lstm.py").write_text("x = 1\n")
    with collect(Path(shutil.make_archive(str(tmp_path / "ana"), "zip", tmp_path / "packed")), NAMES) as collected:
        assert [file.name for file in collected.folder.iterdir()] == ["lstm.py"]


def test_a_folder_with_a_notebook_and_no_module_is_that_notebook(tmp_path):
    path = write(tmp_path, notebook(NUMPY, SCALE))
    for others, taken in (((), {"windowing"}), (("lstm.py",), {"lstm"}), (("second.ipynb",), set())):
        for name in others:
            (tmp_path / name).write_text("x = 1\n")
        with collect(tmp_path, NAMES) as collected:
            assert {file.stem for file in collected.folder.iterdir()} == taken
            assert others == () or any(str(note.detail).startswith(path.name) for note in collected.notes)
        for name in others:
            (tmp_path / name).unlink()
