"""``linnet link``."""

from typing import Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with

application = typer.Typer(no_args_is_help=True)


@application.command()
def removed(
    hostname: Annotated[str, typer.Argument(help="The domain, as in go.example.com.")],
    limit: Annotated[int, typer.Option(help="How many links to show at most.", min=1)] = 150,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List a domain's links that were removed and can be restored, the last removed first."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        found = admin.removed_links(hostname, limit=limit)
    rows: list[dict[str, Any]] = [
        {
            "id": each.link.id,
            "path": each.link.path,
            "originalURL": each.link.original_url,
            "removedAt": each.removed_at.isoformat(),
            "removalReason": each.reason.value,
            "restorableUntil": each.restorable_until.isoformat(),
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say("\t".join(row[name] for name in ("id", "removedAt", "removalReason", "path", "originalURL")))


@application.command()
def explain(
    link_id: Annotated[str, typer.Argument(help="The link's id.")],
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, in place of what the address tells.")] = None,
    region: Annotated[str | None, typer.Option(help="ISO 3166-2 without the country.")] = None,
    address: Annotated[str, typer.Option(help="The visitor's address.")] = "",
    user_agent: Annotated[str, typer.Option(help="The User-Agent header.")] = "",
    language: Annotated[str, typer.Option(help="The Accept-Language header.")] = "",
    referrer: Annotated[str, typer.Option(help="The Referer header.")] = "",
    query: Annotated[str, typer.Option(help="The query string of the visit.")] = "",
    rest: Annotated[str, typer.Option(help="What a wildcard link captures.")] = "",
    at: Annotated[str | None, typer.Option(help="The moment, as in 2026-05-01T12:00:00Z; now when not given.")] = None,
    password: Annotated[bool, typer.Option("--password", help="The visitor gave the link's password.")] = False,
    https: Annotated[bool | None, typer.Option("--https/--http", help="How the visitor comes.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a visitor of a link would get, and which rule decides that. Nothing is counted."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions.explain import Visit
    from linnet.api.explain import explanation_json
    from linnet.api.wire import moment
    from linnet.compose.control import control

    visit = Visit(
        country=country,
        region=region,
        address=address,
        user_agent=user_agent,
        language=language,
        referrer=referrer,
        query=query.removeprefix("?"),
        rest=rest,
        at=moment(at, field="at") if at else None,
        password_given=password,
        https=https,
    )
    with control(settings) as admin:
        found, short_url = admin.explain_link(link_id, visit)
    if as_json:
        print_json(explanation_json(found, short_url))
        return
    for step in found.steps:
        say(f"{'→' if step.decides else ' '} {step.step}: {step.why}")
    for touch in found.touches:
        say(f"  {touch}")
    end = found.end
    say(f"{short_url}: {end.outcome} {end.status}{f' {end.destination}' if end.destination is not None else ''}")


@application.command()
def restore(
    link_id: Annotated[str, typer.Argument(help="The link's id, as the list shows it.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Bring a removed link back, with its path and clicks. Ends of it that are past are cleared."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        restored = admin.restore_link(link_id)
    if as_json:
        print_json({"id": restored.link.id, "domain": restored.domain.hostname, "path": restored.link.path})
    else:
        say(f"Link {restored.link.id} is {restored.domain.hostname}/{restored.link.path} again.")
