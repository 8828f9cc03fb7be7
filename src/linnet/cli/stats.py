"""``linnet stats``."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
import typer

from linnet.cli.options import AsJson, DataDir, OfDomain, print_json, say, settings_with
from linnet.clicks.verification import Difference, JudgedDays, Rebuilding, Step, Verification
from linnet.settings import Settings

_INTERRUPTED = 130
application = typer.Typer(no_args_is_help=True)


@application.command()
def verify(
    domain: OfDomain = None,
    limit: Annotated[int, typer.Option(help="How many differences to print at most; all are counted.", min=0)] = 1000,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare all sums with the raw clicks that they are made of; exit code 1 when one differs. The server may run."""
    settings = settings_with(data_dir=data_dir)
    shown: list[Difference] = []
    count, last = 0, Step(done=0, of=0)
    for last in _steps(settings, "verify", Verification(_domain_id(settings, domain))):
        count += len(last.differences)
        fresh = last.differences[: max(0, limit - len(shown))]
        shown += fresh
        if not as_json:
            for difference in fresh:
                say(_line(difference))
    if as_json:
        differences = [msgspec.to_builtins(each) for each in shown]
        older = [msgspec.to_builtins(each) for each in last.older]
        told = {"days": last.of - 1, "differences": count, "shown": differences, "rules": last.rules, "older": older}
        print_json(told)
    else:
        say(f"Days compared: {last.of - 1}. Differences: {count or 'none'}.")
        for each in last.older:
            say(_judged(each))
    if count:
        raise typer.Exit(1)


@application.command()
def rebuild(
    domain: OfDomain = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="From this UTC day on.")] = None,
    reclassify: Annotated[
        bool, typer.Option("--reclassify", help="Judge stored clicks again by the rules of now: browsers, systems, bots.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make sums right that differ from the raw clicks. The server may run; the command can be ended, and repeated."""
    settings = settings_with(data_dir=data_dir)
    first: date | None = since.date() if since is not None else None
    days, mended, reclassified = 0, 0, 0
    for step in _steps(settings, "rebuild", Rebuilding(_domain_id(settings, domain), first, reclassify)):
        days, mended, reclassified = step.done, mended + step.mended, reclassified + step.reclassified
    if as_json:
        print_json({"days": days, "mended": mended, "reclassified": reclassified})
    else:
        judged = f" Clicks told otherwise than before: {reclassified}." if reclassify else ""
        say(f"Days that are right: {days}. Sums mended: {mended}.{judged}")


def _domain_id(settings: Settings, hostname: str | None) -> int | None:
    if hostname is None:
        return None
    from linnet.compose.control import control

    with control(settings) as admin:
        return admin.domain_named(hostname).id


def _steps(settings: Settings, name: str, order: Any) -> Iterator[Step]:
    """The steps of an order as they are done, with a bar of progress for people who look."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from linnet.compose.click_orders import click_orders

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    try:
        with click_orders(settings) as orders, progress:
            bar = progress.add_task(name, total=None)
            for step in orders.stream(name, order, Step):
                progress.update(bar, completed=step.done, total=step.of, description=str(step.day or name))
                yield step
    except KeyboardInterrupt:
        typer.echo("linnet: ended before all was done; repeat the command to go on.", err=True)
        raise typer.Exit(_INTERRUPTED) from None


def _line(difference: Difference) -> str:
    key, stored, right = (_fields(each) for each in (difference.key, difference.stored, difference.right))
    return f"{difference.table} {key}: stored {stored}; right {right}"


def _fields(values: dict[str, Any]) -> str:
    return " ".join(f"{name}={value!r}" if isinstance(value, str) else f"{name}={value}" for name, value in values.items())


def _judged(days: JudgedDays) -> str:
    by = f"by older rules ({days.rules})" if days.rules else "before anybody noted by which rules"
    span = str(days.first) if days.first == days.last else f"{days.first} to {days.last}"
    return f"Clicks of {days.days} days ({span}) were judged {by}; linnet stats rebuild --reclassify judges them anew."
