"""``linnet import``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with
from linnet.model.click_record import FileFormat
from linnet.model.link_import import Taken

if TYPE_CHECKING:
    from linnet.clicks.importing import Report
    from linnet.compose.raw_clicks import ImportOutcome

application = typer.Typer(no_args_is_help=True)


@application.callback()
def imports() -> None:
    """Take in from files what an installation holds."""


@application.command()
def clicks(
    file: Annotated[Path, typer.Argument(help="CSV, lines of JSON or Parquet, with the columns of linnet export clicks.")],
    domain: Annotated[str, typer.Option("--domain", metavar="HOST", help="The domain that gets them, as in go.example.com.")],
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="How the file is written; its name tells it if not given.")
    ] = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="ID", help="The link (id or path) that gets clicks whose path no link has.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at every row, and store nothing.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out. A file with one is not imported else.")
    ] = False,
    even_cleared: Annotated[
        bool, typer.Option("--even-cleared", help="Also clicks that were made before the domain's statistics were cleared.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add clicks to a domain's statistics. The server may run. The command can be ended at any time, and repeated: each row
    counts once."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.raw_clicks import ImportWish, import_file

    wish = ImportWish(
        file=file,
        hostname=domain,
        format=file_format,
        link=link,
        dry_run=dry_run,
        skip_bad=skip_bad,
        even_cleared=even_cleared,
    )
    with _progress() as tell:
        outcome = import_file(settings, wish, tell)
    if as_json:
        print_json(_json(outcome))
    else:
        _say(outcome, dry_run)
    if outcome.refused or (dry_run and outcome.report.bad):
        raise typer.Exit(1)


@application.command()
def links(
    file: Annotated[Path, typer.Argument(help="CSV, with the columns told by their heads, as of linnet export links.")],
    domain: Annotated[str, typer.Option("--domain", metavar="HOST", help="The domain that gets them, as in go.example.com.")],
    taken: Annotated[Taken, typer.Option("--taken", help="What becomes of rows whose path a link has already.")] = Taken.SKIP,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Rows without a path make links to destinations that others lead to already.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at every row, and make nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make links of the rows of a file. The server may run. Bad rows are left out and told; exit code 1 where there are any."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.link_files import import_links

    job, problems = import_links(settings, file, domain, taken=taken, allow_duplicates=duplicates, dry_run=dry_run)
    counts = {name: getattr(job, name) for name in ("rows", "created", "updated", "skipped", "refused")}
    told = [{"line": each.line, "column": each.column, "message": each.message} for each in problems]
    if as_json:
        print_json({**counts, "state": job.state.value, "message": job.message, "problems": told})
    else:
        for each in told:
            typer.echo(f"line {each['line']}: {each['column']}: {each['message']}", err=True)
        if job.message:
            typer.echo(job.message, err=True)
        will = "would be " if dry_run else ""
        say(", ".join(f"{count} {'' if name == 'rows' else will}{name}" for name, count in counts.items()))
    if job.refused or job.message:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[["Report"], object]]:
    """Shows people who look how many rows were read."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.completed:,} rows"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("import", total=None)
        yield lambda report: progress.update(bar, completed=report.rows)


def _say(outcome: "ImportOutcome", dry_run: bool) -> None:
    report = outcome.report
    for problem in report.problems:
        typer.echo(f"line {problem.line}: {problem.message}", err=True)
    if report.bad > len(report.problems):
        typer.echo(f"… and {report.bad - len(report.problems)} more bad rows", err=True)
    if outcome.unknown:
        typer.echo(f"Columns that no click has were not read: {', '.join(outcome.unknown)}", err=True)
    if outcome.refused:
        say(f"Nothing was imported: {report.bad} of {report.rows} rows are bad. Mend them, or leave them out with --skip-bad.")
        return
    will = "would be" if dry_run else "were"
    say(f"{report.rows} rows: {report.clicks} clicks {will} imported, {report.conversions} conversions with them.")
    for number, what in (
        (report.before, "rows were imported before"),
        (report.bad, "bad rows were left out"),
        (report.cleared, "clicks were left out because the domain was cleared meanwhile"),
        (report.without_link, "clicks have a path that no link has"),
    ):
        if number:
            say(f"  {number} {what}")


def _json(outcome: "ImportOutcome") -> dict[str, Any]:
    report = outcome.report
    return {
        "rows": report.rows,
        "importedBefore": report.before,
        "clicks": report.clicks,
        "conversions": report.conversions,
        "cleared": report.cleared,
        "withoutLink": report.without_link,
        "bad": report.bad,
        "badFields": dict(report.bad_fields),
        "problems": [{"line": each.line, "field": each.field, "message": each.message} for each in report.problems],
        "unknownColumns": outcome.unknown,
        "refused": outcome.refused,
    }
