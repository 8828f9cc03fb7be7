"""A look into the embedded click store of a server that does not run."""

from contextlib import closing
from pathlib import Path

import duckdb

from linnet.model.errors import StorageUnavailable


def stored_clicks(path: Path) -> int:
    """How many clicks the file holds, which is not changed; StorageUnavailable when it cannot be read."""
    try:
        with closing(duckdb.connect(str(path), read_only=True)) as connection:
            found = connection.execute("SELECT count(*) FROM clicks").fetchone()
    except duckdb.Error as error:
        raise StorageUnavailable(f"{path.name} cannot be read: {error}") from None
    return int(found[0]) if found is not None else 0
