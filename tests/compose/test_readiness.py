"""What readiness says of the clicks worker."""

import socket
from pathlib import Path

from linnet.compose.application import readiness
from linnet.compose.places import Places
from linnet.storage import migrations
from linnet.storage.database import Database


def test_a_socket_file_that_a_killed_process_left_is_nobody(tmp_path: Path):
    places = Places(tmp_path)
    places.create()
    database = Database(f"sqlite:///{tmp_path / 'linnet.db'}")
    migrations.upgrade(database)
    check = readiness(database, places)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(places.statistics_socket))
        listener.listen()
        assert check().components["clicks"] == "ok"
        assert check().ready
    assert places.statistics_socket.exists()
    assert check().components["clicks"] != "ok"
    assert not check().ready
    database.close()
