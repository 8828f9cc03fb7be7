"""Where the audit log's chain ended, kept beside the database: who cuts the log off there cannot do it here as well."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linnet.model.chain import Head

# The last end of each of so many days.
_DAYS: Final = 400


class HeadFile:
    """A file with a line for each day: the position, the digest in hexadecimal, and when it was noted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[tuple[Head, datetime]]:
        """The ends that were noted, oldest first; ValueError when the file holds something else."""
        try:
            lines = self._path.read_text().splitlines()
        except FileNotFoundError:
            return []
        return [_read(line) for line in lines if line.strip()]

    def note(self, head: Head, now: datetime) -> None:
        """Note an end, in place of an earlier one of the same day."""
        noted = [(each, at) for each, at in self.read() if at.date() != now.astimezone(UTC).date()]
        noted = [*noted, (head, now)][-_DAYS:]
        draft = self._path.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            file.writelines(f"{each.position} {each.digest.hex()} {at.isoformat(timespec='seconds')}\n" for each, at in noted)
        draft.replace(self._path)


def _read(line: str) -> tuple[Head, datetime]:
    position, digest, at = line.split()
    return Head(int(position), bytes.fromhex(digest)), datetime.fromisoformat(at)
