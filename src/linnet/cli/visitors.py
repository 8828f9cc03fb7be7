"""``linnet visitor``."""

from pathlib import Path
from typing import Annotated

import typer

from linnet.cli.files import write_parts
from linnet.cli.options import AsJson, DataDir, OfDomain, print_json, say, settings_with

application = typer.Typer(no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="The visitor's address, as in 192.0.2.77 or 2001:db8::1.")]
Network = Annotated[
    bool | None,
    typer.Option(
        "--network/--no-network",
        help="Whether everybody is meant whose clicks are stored under the same network: has to be said where there are such.",
    ),
]


@application.command()
def export(
    address: Address,
    domain: OfDomain = None,
    network: Network = None,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The file; - is standard output.")] = Path("-"),
    data_dir: DataDir = None,
) -> None:
    """Write the clicks that are stored under a visitor's address, a line of JSON for each. The server may run."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.visitors import exported_visitor

    write_parts(exported_visitor(settings, address, domain, with_network=network), output)


@application.command()
def erase(
    address: Address,
    domain: OfDomain = None,
    network: Network = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase for good what tells of a visitor in stored clicks; they go on counting. The server may run."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.visitors import erased_visitor

    erased = erased_visitor(settings, address, domain, with_network=network)
    if as_json:
        print_json({"clicks": sum(erased.values()), "domains": erased})
        return
    for hostname, clicks in erased.items():
        say(f"{hostname}: clicks erased from: {clicks}.")
