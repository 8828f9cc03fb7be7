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
