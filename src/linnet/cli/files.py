"""Files that commands write."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkstemp
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
    """Where to write. A file has its name when it is whole, so that half of one is never taken for it, and is for its owner's
    eyes alone: clicks tell of people. What is no file, such as a pipe, is written to as it is."""
    if output == Path("-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    draft = None
    try:
        if output.exists() and not output.is_file():
            with output.open("wb") as file:
                yield file
            return
        # Behind a link lies the file that is meant.
        whole = output.resolve()
        # Under a name that nobody foresees, because others may be able to write into the directory.
        descriptor, draft = mkstemp(prefix=f".{whole.name[:100]}.", suffix=".part", dir=whole.parent)
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, whole)
        draft = None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InvalidField(f"{output} cannot be written: {error.strerror}.", field="--output") from None
    finally:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
