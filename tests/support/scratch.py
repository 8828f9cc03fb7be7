"""Where the tests' files are: in memory, where it has room."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
# The tests of three processes need less than 2 GB at a time, beside what the processes need.
_ROOM: Final = 8 << 30


def use_memory() -> None:
    """Have temporary files in memory, those of programs that are started from here as well, unless TMPDIR says where. Tests
    make and remove databases of hundreds of files, at which the usual file system of a disk (ext4) is ten times as slow."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free >= _ROOM and _available() >= _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def _available() -> int:
    """How many bytes of memory can still be had, as Linux tells; none where it is not Linux."""
    try:
        told = Path("/proc/meminfo").read_text()
    except OSError:
        return 0
    found = next((line for line in told.splitlines() if line.startswith("MemAvailable:")), "MemAvailable: 0 kB")
    return int(found.split()[1]) * 1024
