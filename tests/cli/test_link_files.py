"""``linnet import links`` and ``linnet export links``."""

import csv
import io
from pathlib import Path

from tests.cli.conftest import Run


def test_links_come_from_a_file_and_go_into_one(linnet: Run, tmp_path: Path):
    file = tmp_path / "links.csv"
    file.write_text("url,slug,tags\nhttps://a.example/,a,x\nhttps://b.example/,b,\nnonsense,c,\n")
    dry = linnet("import", "links", str(file), "--domain", "go.example", "--dry-run")
    assert (dry.code, "2 would be created" in dry.out, "line 4: url:" in dry.err) == (1, True, True)
    done = linnet("import", "links", str(file), "--domain", "go.example", "--json")
    assert '"created": 2' in done.out
    assert done.code == 1
    exported = linnet("export", "links", "--domain", "go.example").out
    rows = list(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))))
    assert [(row["path"], row["originalURL"], row["tags"]) for row in rows] == [
        ("a", "https://a.example/", "x"),
        ("b", "https://b.example/", ""),
    ]
    again = linnet("import", "links", str(file), "--domain", "go.example", "--taken", "refuse", "--json")
    assert '"refused": 3' in again.out


def test_what_cannot_be_imported_is_told(linnet: Run, tmp_path: Path):
    for content, domain in ((b"PK\x03\x04", "go.example"), (b"url\nhttps://a.example/\n", "unknown.example")):
        file = tmp_path / "links.csv"
        file.write_bytes(content)
        outcome = linnet("import", "links", str(file), "--domain", domain)
        assert outcome.code == 1
        assert outcome.err.startswith("linnet: ")
    assert linnet("import", "links", str(tmp_path / "none.csv"), "--domain", "go.example").code == 1
