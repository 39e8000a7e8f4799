"""Which lines and branches of `grader/` no test reaches: `make coverage` writes them to `build/coverage.txt`.

Judges and commands run in processes of their own, and a judge's environment is made from nothing: so a `.pth` file,
which Python reads at every start, begins the measurement there. Workers read none, and are left out.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
START = Path(sysconfig.get_path("purelib")) / "rnn_grader_coverage.pth"
SETTINGS = f"""
[run]
branch = true
parallel = true
patch = _exit
source = {ROOT / "grader"}
data_file = {BUILD / "coverage" / "data"}
disable_warnings = no-data-collected, module-not-measured, module-not-imported, already-imported, couldnt-parse
[report]
show_missing = true
skip_covered = true
exclude_also =
    if TYPE_CHECKING:
    raise NotImplementedError
    \\.\\.\\.$
"""


def main() -> None:
    """Run the tests as `make test` does, and say what they leave out."""
    settings = BUILD / "coverage" / "settings.ini"
    settings.parent.mkdir(parents=True, exist_ok=True)
    for old in settings.parent.glob("data*"):
        old.unlink()
    settings.write_text(SETTINGS, "utf-8")
    start = f"import os, coverage; os.environ['COVERAGE_PROCESS_START'] = {str(settings)!r}; coverage.process_startup()"
    START.write_text(start + "\n", "utf-8")
    try:
        tests = subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=ROOT)
    finally:
        START.unlink()
    command = [sys.executable, "-m", "coverage"]
    subprocess.run([*command, "combine", "--quiet", f"--rcfile={settings}"], cwd=ROOT, check=True)
    report = subprocess.run([*command, "report", f"--rcfile={settings}"], cwd=ROOT, check=True, capture_output=True)
    (BUILD / "coverage.txt").write_bytes(report.stdout)
    print(report.stdout.decode())
    sys.exit(tests.returncode)


if __name__ == "__main__":
    main()
