"""`frontdesk doctor`: the configuration and every connection, one line each, with what to do about a failure."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.doctor import Finding, examine
from gateway.settings import ProcessType, read_settings

console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check configuration and every connection. Exit code 1 if anything is wrong."""
    findings = asyncio.run(examine(read_settings(ProcessType.WORKER)))
    if as_json:
        typer.echo(orjson.dumps(findings).decode())
    else:
        for finding in findings:
            _show(finding)
    if any(not finding.is_fine for finding in findings):
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    mark = "[green]✓[/]" if finding.is_fine else "[red]✗[/]"
    console.print(f"{mark} [bold]{finding.subject:<10}[/] {finding.words}")
    if finding.advice:
        console.print(f"  [yellow]→ {finding.advice}[/]")
