"""Importing links as people do: a file with a bad row, which is mended and imported."""

from pathlib import Path

from tests.browser.conftest import Reader, shoot


def imported(owner: Reader, file: Path, shots: str = "") -> None:
    page = owner.page
    owner.open("/dashboard/domains/1/import")
    if shots:
        shoot(page, f"{shots}-upload")
    page.get_by_label("A CSV file with a row for each link").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("heading", name="What the columns are").wait_for()
    if shots:
        shoot(page, f"{shots}-columns")
    page.get_by_role("button", name="Check all rows").click()
    page.get_by_role("heading", name="What would be imported").wait_for()
    if shots:
        shoot(page, f"{shots}-checked")
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("heading", name="The import is done").wait_for()
    if shots:
        shoot(page, f"{shots}-done")


def test_a_bad_row_is_reported_mended_and_imported(owner: Reader, tmp_path: Path):
    page = owner.page
    file = tmp_path / "links.csv"
    file.write_text(
        "Long URL;Slug;Tags;Title\n"
        "https://a.example/;alpha;news, spring;Größe\n"
        "not an address;beta;;'=1+1\n"
        "https://c.example/;gamma;;<b>x</b>\n",
        encoding="cp1252",
    )
    imported(owner, file, "import")
    assert page.locator("dd").all_inner_texts() == ["2", "0", "0", "1"]
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download them to mend").click()
    bad = Path(begun.value.path()).read_text(encoding="utf-8-sig")
    mended = tmp_path / "mended.csv"
    mended.write_text(bad.replace("not an address", "https://b.example/"), encoding="utf-8")
    imported(owner, mended)
    assert page.locator("dd").all_inner_texts() == ["1", "0", "0", "0"]
    with page.expect_download() as begun:
        owner.open("/dashboard/domains/1/import")
        page.get_by_role("link", name="Export all links").click()
    exported = Path(begun.value.path()).read_text(encoding="utf-8-sig")
    assert all(path in exported for path in ("alpha", "beta", "gamma", "Größe", "'=1+1"))
