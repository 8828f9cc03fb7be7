"""``linnet blocklist``."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with

application = typer.Typer(no_args_is_help=True)


@application.command()
def load(data_dir: DataDir = None) -> None:
    """Load the lists of LINNET_BLOCK_LIST now; exit code 1 when one of them cannot be read."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.block_lists import listed_hosts

    # As the server does it, whose log it is.
    loading = subprocess.run([sys.executable, "-m", "linnet", "worker", "block-lists"], env=os.environ, check=False)
    say(f"Hosts on the lists: {listed_hosts(settings)}")
    if loading.returncode:
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
