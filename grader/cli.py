"""The command line: which command is in which module of `grader.commands`, in the order in which help lists them."""

from __future__ import annotations

import typer
from rich.console import Console

from grader.commands.course import doctor_command, notebook_command, release_command, stubs_command
from grader.commands.grade_class import class_command, sweep_command
from grader.commands.grade_one import grade_command, post_command, watch_command
from grader.commands.records import forget_command, override_command
from grader.commands.regrade import regrade_command
from grader.commands.suite import audit_command, calibrate_command
from grader.errors import GraderError

app = typer.Typer(
    name="grader",
    help="Grades exercises on recurrent networks: student code gives evidence, a trusted judge gives the verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main() -> None:
    """Grades exercises on recurrent networks."""


app.command("grade")(grade_command)
app.command("regrade")(regrade_command)
app.command("calibrate")(calibrate_command)
app.command("stubs")(stubs_command)
app.command("post")(post_command)
app.command("release")(release_command)
app.command("doctor")(doctor_command)
app.command("watch")(watch_command)
app.command("audit")(audit_command)
app.command("class")(class_command)
app.command("notebook")(notebook_command)
app.command("sweep")(sweep_command)
app.command("forget")(forget_command)
app.command("override")(override_command)


def run() -> None:
    """Entry point: a fault of the grader or of its use is one sentence, and an exit status."""
    try:
        app()
    except GraderError as error:
        Console(stderr=True).print(f"grader: {error}", style="red", markup=False, highlight=False)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    run()
