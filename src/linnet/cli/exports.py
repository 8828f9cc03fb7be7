"""``linnet export``."""

from pathlib import Path
from typing import Annotated

import typer

from linnet.cli.files import write_parts
from linnet.cli.options import DataDir, settings_with
from linnet.model.click_record import FileFormat

application = typer.Typer(no_args_is_help=True)


@application.callback()
def export() -> None:
    """Write what the installation holds into files."""


@application.command()
def clicks(
    domain: Annotated[str, typer.Option("--domain", metavar="HOST", help="The domain, as in go.example.com.")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="How the file is written.")] = FileFormat.CSV,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The file; - is standard output.")] = Path("-"),
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="A day, or a time with its zone; the beginning if not given."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="A day, which is included, or a time; until now if not given.")
    ] = None,
    link: Annotated[str | None, typer.Option("--link", metavar="ID", help="One link alone, by its id.")] = None,
    zone: Annotated[str, typer.Option("--tz", metavar="ZONE", help="Where the days of --from and --to begin.")] = "UTC",
    data_dir: DataDir = None,
) -> None:
    """Write the clicks of a domain, one by one, oldest first. The server may run. Times in the file are UTC."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.raw_clicks import exported_clicks

    parts = exported_clicks(settings, domain, file_format, begin=begin, end=end, zone=zone, link_id=link)
    write_parts(parts, output)


@application.command()
def links(
    domain: Annotated[str, typer.Option("--domain", metavar="HOST", help="The domain, as in go.example.com.")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The file; - is standard output.")] = Path("-"),
    data_dir: DataDir = None,
) -> None:
    """Write the links of a domain as CSV, oldest first, archived ones too. The server may run. Passwords are not in it."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.link_files import exported_links

    write_parts(exported_links(settings, domain), output)
