"""``linnet serve``."""

import json
import os
import subprocess
import sys
from typing import Annotated

import typer

from linnet.cli.options import DataDir, say, settings_with
from linnet.settings import Settings


def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Web worker processes; one per core when not given.")] = None,
    role: Annotated[str | None, typer.Option(help="What this node runs: all.")] = None,
) -> None:
    """Start the server. The first start of an empty data directory creates what is missing and says where to set it up."""
    settings = settings_with(data_dir=data_dir, host=host, port=port, workers=workers, role=role)
    from linnet.compose.serving import Serving

    with Serving(settings) as serving:
        prepared = subprocess.run(
            [sys.executable, "-m", "linnet", "worker", "prepare"], stdout=subprocess.PIPE, env=os.environ, check=False
        )
        if prepared.returncode != 0:
            sys.exit(prepared.returncode)
        say(_greeting(settings, serving.port, prepared.stdout.decode()))
        serving.run()


def _greeting(settings: Settings, port: int, first_start: str) -> str:
    name = settings.admin_host[0] if settings.admin_host else "localhost"
    address = f"http://{name}:{port}"
    if not first_start:
        return f"Linnet serves on {address}"
    if settings.public_scheme == "https":
        from linnet.compose.names import dashboard_url

        address = dashboard_url(settings)
    token = json.loads(first_start)["setupToken"]
    return "\n".join([f"Linnet serves on {address}", f"Set it up in your browser: {address}/welcome?token={token}"])
