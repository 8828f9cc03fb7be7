"""The command line."""

import typer

from linnet.cli import admin, blocklist, doctor, domains, exports, imports, keys, links, serve, stats, teams, users, visitors
from linnet.cli.options import failures

application = typer.Typer(
    name="linnet",
    help="Self-hosted link management that speaks Short.io's API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
application.command()(serve.serve)
application.command()(admin.init)
application.command()(admin.migrate)
application.command()(doctor.doctor)
application.add_typer(blocklist.application, name="blocklist", help="Load lists of harmful hosts, and look into them.")
application.add_typer(
    domains.application, name="domain", help="List, add, verify and check domains; what they keep of visitors."
)
application.add_typer(exports.application, name="export", help="Write clicks and links into files.")
application.add_typer(imports.application, name="import", help="Take clicks and links in from files.")
application.add_typer(keys.application, name="key", help="Create, list and revoke API keys.")
application.add_typer(links.application, name="link", help="Explain links; list removed ones, and restore them.")
application.add_typer(stats.application, name="stats", help="Verify the statistics against raw clicks, and rebuild them.")
application.add_typer(teams.application, name="team", help="Teams, their members, service accounts and domains.")
application.add_typer(visitors.application, name="visitor", help="Export and erase what is stored of a visitor.")
application.add_typer(users.application, name="user", help="Create and list users, and set passwords.")


def main() -> None:
    """Run the command that the arguments name; a refusal is one line on standard error and exit code 1."""
    with failures():
        application()
