"""What all commands share: the data directory, the way to fail, and JSON output."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from linnet.model.errors import Refusal
from linnet.settings import Settings, read_settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="The directory that holds everything; LINNET_DATA_DIR or ./data when not given."),
]
OfDomain = Annotated[str | None, typer.Option("--domain", metavar="HOST", help="One domain alone, as in go.example.com.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def settings_with(**overrides: object) -> Settings:
    """The settings, with those given on the command line (None = not given) in place of the environment's.

    They are put into the environment, so that processes started from here see the same.
    """
    for name, value in overrides.items():
        if value is not None:
            os.environ[f"LINNET_{name.upper()}"] = str(value)
    return read_settings()


def say(text: str) -> None:
    """A line of output."""
    typer.echo(text)


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """One line of JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False))


@contextmanager
def failures() -> Iterator[None]:
    """Turn a refusal into one line on standard error and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        typer.echo(f"linnet: {refusal.message}", err=True)
        sys.exit(1)
