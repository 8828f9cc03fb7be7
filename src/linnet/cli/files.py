"""Files that commands write."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

from linnet.model.errors import InvalidField


def write_parts(parts: Generator[bytes], output: Path) -> None:
    """Write all parts to a file, or to standard output (-), as they come."""
    try:
        with closing(parts), _opened(output) as file:
            for part in parts:
                file.write(part)
    except BrokenPipeError:
        # Whoever read it has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


@contextmanager
def _opened(output: Path) -> Iterator[BinaryIO]:
    """Where to write. A file has its name when it is whole, so that half of one is never taken for it."""
    if output == Path("-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(f"{output.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(output)
    except OSError as error:
        raise InvalidField(f"{output} cannot be written: {error.strerror}.", field="--output") from None
    finally:
        draft.unlink(missing_ok=True)
