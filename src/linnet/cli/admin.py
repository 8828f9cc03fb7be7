"""``linnet init`` and ``linnet migrate``."""

from typing import Annotated

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with


def init(
    email: Annotated[str, typer.Option(help="The owner's e-mail address.")],
    password: Annotated[str, typer.Option(help="The owner's password.")],
    domain: Annotated[str, typer.Option(help="The first short domain, as in go.example.com.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create the owner, the first domain, a secret and a public API key. An installation that has an owner is left alone."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        installed = admin.initialise(email=email, password=password, hostname=domain)
    if as_json:
        print_json(
            {
                "email": installed.email,
                "domain": installed.domain.hostname,
                "domainId": installed.domain.id,
                "secretKey": installed.secret_key,
                "publicKey": installed.public_key,
            }
        )
    else:
        say(f"Owner {installed.email}, domain {installed.domain.hostname} (id {installed.domain.id}).")
        say(f"Secret key, shown this once: {installed.secret_key}")
        say(f"Public key: {installed.public_key}")


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database, and ClickHouse's where it keeps the clicks, to this version's schema; creates what is missing."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        changed = admin.migrate()
    say("The database was migrated." if changed else "The database is up to date.")
