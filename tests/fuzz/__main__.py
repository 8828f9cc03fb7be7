"""Fuzzes the protocol class (docs/fuzzing.md): ``python -m tests.fuzz DIRECTORY [options of libFuzzer]``.

Starts from the seeds, and keeps in DIRECTORY what reaches something new. With ``--keep`` instead of options it replaces the
corpus by those that are needed. A file instead of the directory is tried alone.
"""

import sys
from pathlib import Path

import atheris

# Before anything else imports them: they are instrumented as they are loaded.
with atheris.instrument_imports(include=["linnet.edge", "linnet.model", "uvicorn.protocols.http"]):
    from tests.fuzz import protocol

DICTIONARY = Path(__file__).with_name("http.dict")


def try_one(data: bytes) -> None:
    """What libFuzzer calls, which wants no result."""
    protocol.check(data)


def fuzz(directory: Path, options: list[str]) -> None:
    """Fuzz until the options say that it is enough, or a check fails; ends the process."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(protocol.seeds()):
        (directory / f"seed-{number}").write_bytes(seed)
    bounds = [f"-max_len={protocol.MAX_BYTES}", f"-dict={DICTIONARY}", "-timeout=20"]
    atheris.Setup([sys.argv[0], *bounds, *options, str(directory)], try_one)
    atheris.Fuzz()


def main(arguments: list[str]) -> None:
    """Fuzz, or keep."""
    if not arguments:
        sys.exit(__doc__)
    directory, *options = arguments
    if Path(directory).is_file():
        protocol.check(Path(directory).read_bytes())
    elif options == ["--keep"]:
        protocol.write_corpus([*protocol.seeds(), *(file.read_bytes() for file in Path(directory).iterdir())])
    else:
        fuzz(Path(directory), options)


main(sys.argv[1:])
