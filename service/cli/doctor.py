"""`lookalike doctor`: looks at the installation and says what to do about what is wrong."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import ExitCode, guarded
from service.cli.options import DataOption, JsonOption, print_json, settings_with

if TYPE_CHECKING:
    from service.cli.finding import Finding


@guarded
def doctor(
    data: DataOption = None,
    port: Annotated[int | None, typer.Option(help="The port that serving would use.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the installation, the model, the data directory and the port."""
    from service.cli.checkup import checkup

    findings = list(checkup(settings_with(data_dir=data, port=port)))
    if as_json:
        print_json([{"name": f.name, "state": f.state, "detail": f.detail, "advice": f.advice} for f in findings])
    else:
        _print(findings)
    if any(finding.state == "red" for finding in findings):
        raise typer.Exit(ExitCode.SOME_FAILED)


def _print(findings: Sequence["Finding"]) -> None:
    from rich.console import Console
    from rich.text import Text

    marks = {"green": ("✓ ", "bold green"), "yellow": ("! ", "bold yellow"), "red": ("✗ ", "bold red")}
    console = Console()
    for finding in findings:
        console.print(Text.assemble(marks[finding.state], f"{finding.name}: {finding.detail}"), soft_wrap=True)
        if finding.advice:
            console.print(Text(f"    {finding.advice}"), soft_wrap=True)
