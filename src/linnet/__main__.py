"""``python -m linnet``: the command line, and the entry of worker processes, which load no more than they need."""

import os
import sys


def run() -> None:
    """Run what the arguments say."""
    if sys.argv[1:2] == ["worker"]:
        from linnet.compose.worker import main as worker

        worker(sys.argv[2:])
        # Everything is closed by now. To take the interpreter apart takes time, and libraries complain of what is left.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    else:
        from linnet.cli import main as command_line

        command_line()


if __name__ == "__main__":
    run()
