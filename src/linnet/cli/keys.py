"""``linnet key``."""

from datetime import datetime
from typing import Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with
from linnet.model.access import ApiKey, KeyKind

application = typer.Typer(no_args_is_help=True)


@application.command()
def create(
    kind: Annotated[KeyKind, typer.Option("--type", help="secret, or public for browsers.")] = KeyKind.SECRET,
    description: Annotated[str, typer.Option(help="What the key is for.")] = "",
    domain: Annotated[str | None, typer.Option(help="Restrict the key to this domain.")] = None,
    expires_at: Annotated[datetime | None, typer.Option(help="When the key ends (UTC); never when not given.")] = None,
    email: Annotated[str | None, typer.Option(help="The user whose key it is; the owner when not given.")] = None,
    team: Annotated[str | None, typer.Option(help="Restrict the key to this team, by number or name.")] = None,
    service_account: Annotated[
        str | None, typer.Option(help="The service account whose key it is, by number or e-mail address.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key and show it, this once."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions.keys import KeyDraft
    from linnet.compose.control import control

    with control(settings) as admin:
        raw_key, key = admin.create_key(
            KeyDraft(kind=kind, description=description, hostname=domain, expires_at=expires_at),
            email=email,
            team=team,
            service_account=service_account,
        )
    if as_json:
        print_json({**_wire(key), "key": raw_key})
    else:
        say(f"Key {key.id}, shown this once: {raw_key}")


@application.command("list")
def list_keys(
    email: Annotated[str | None, typer.Option(help="The user whose keys are listed; the owner when not given.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the API keys, without their secrets."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        page = admin.list_keys(email=email)
        keys = list(page.keys)
        while page.next is not None:
            page = admin.list_keys(email=email, after=page.next)
            keys += page.keys
    if as_json:
        print_json([_wire(key) for key in keys])
        return
    for key in keys:
        state = "revoked" if key.revoked_at else f"last used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
        say(f"{key.id}\t{key.kind}\t{key.prefix}…\t{state}\t{key.description}")


@application.command()
def revoke(key_id: Annotated[int, typer.Argument(help="The key's number in the list.")], data_dir: DataDir = None) -> None:
    """Revoke an API key at once."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        admin.revoke_key(key_id)
    say(f"Key {key_id} is revoked.")


def _wire(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "type": key.kind.value,
        "prefix": key.prefix,
        "description": key.description,
        "userId": key.owner_id,
        "domainId": key.domain_id,
        "teamId": key.team_id,
        "createdAt": key.created_at.isoformat(),
        "expiresAt": key.expires_at.isoformat() if key.expires_at else None,
        "lastUsedAt": key.last_used_at.isoformat() if key.last_used_at else None,
        "revokedAt": key.revoked_at.isoformat() if key.revoked_at else None,
    }
