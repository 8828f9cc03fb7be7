"""Whether the route index on disk can be trusted: a crash of the machine may have torn it, a killed process cannot."""

import shutil
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MARK = "open-since-boot"


def discard_if_torn(directory: Path) -> bool:
    """Remove the index in ``directory`` when the machine went down while it was open; True if so. Call before it is opened.

    Its commits are left to the operating system to write, in any order. What is removed is rebuilt from the database.
    """
    mark = directory / _MARK
    torn = mark.exists() and mark.read_text() != _boot_id()
    if torn:
        shutil.rmtree(directory)
    return torn


def mark_open(directory: Path) -> None:
    """Note that processes have the index open in this boot."""
    (directory / _MARK).write_text(_boot_id())


def mark_closed(directory: Path) -> None:
    """Note that everything was flushed and no process has the index open any more."""
    (directory / _MARK).unlink(missing_ok=True)


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "unknown"
