"""``python -m linnet``: the command line, and the entry of worker processes, which load no more than they need."""

import sys


def run() -> None:
    """Run what the arguments say."""
    if sys.argv[1:2] == ["worker"]:
        from linnet.compose.worker import main as worker

        worker(sys.argv[2:])
    else:
        from linnet.cli import main as command_line

        command_line()


if __name__ == "__main__":
    run()
