"""The entry of worker processes: reads the settings, and becomes a web worker, the clicks worker, or what runs once."""

import argparse
import sys
from collections.abc import Sequence

from linnet.compose.metrics import configure_log, use_metrics_directory
from linnet.compose.places import Places
from linnet.settings import read_settings


def main(arguments: Sequence[str]) -> None:
    """Become the worker that ``arguments`` name; returns when it has been told to stop."""
    parser = argparse.ArgumentParser(prog="linnet worker")
    parser.add_argument("kind", choices=("web", "clicks", "prepare", "block-lists"))
    parser.add_argument("--name", default="web-0")
    parser.add_argument("--fd", type=int)
    parser.add_argument("--others", type=int, nargs="*", default=[])
    parser.add_argument("--first-start", action="store_true")
    given = parser.parse_args(arguments)
    settings = read_settings()
    places = Places(settings.data_dir)
    if given.kind != "block-lists":
        use_metrics_directory(places.metrics)
    configure_log(settings)
    if given.kind == "web":
        from linnet.compose.web import serve

        serve(settings, descriptor=given.fd, others=given.others)
    elif given.kind == "clicks":
        from linnet.compose.clicks import work

        work(settings)
    elif given.kind == "block-lists":
        from linnet.compose.block_lists import load_block_lists

        sys.exit(0 if load_block_lists(settings) else 1)
    else:
        from linnet.compose.prepare import prepare

        sys.exit(prepare(settings))
