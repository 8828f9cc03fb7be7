"""``linnet blocklist``."""

from typing import Annotated

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with

application = typer.Typer(no_args_is_help=True)


@application.command()
def load(data_dir: DataDir = None) -> None:
    """Load the lists of LINNET_BLOCK_LIST now; exit code 1 when one of them cannot be read."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.block_lists import listed_hosts, load_block_lists

    complete = load_block_lists(settings)
    say(f"{listed_hosts(settings)} hosts are listed.")
    if not complete:
        raise typer.Exit(1)


@application.command()
def check(
    address: Annotated[str, typer.Argument(help="A host, as in example.com, or a whole address.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look whether a host or an address is on the lists that are loaded; exit code 1 when it is."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.block_lists import listed_host

    host = listed_host(settings, address)
    if as_json:
        print_json({"address": address, "listed": host})
    else:
        say(f"{address} is not listed." if host is None else f"{address} is listed, as {host}.")
    if host is not None:
        raise typer.Exit(1)
