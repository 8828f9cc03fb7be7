"""Importing links as people do: a file with a bad row, which is mended and imported."""

from pathlib import Path

from tests.browser.conftest import Reader, shoot


def imported(owner: Reader, file: Path, *, first: bool) -> None:
    page = owner.page
    owner.open("/dashboard/domains/1/import")
    page.get_by_label("A CSV file with a row for each link").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("heading", name="What the columns are").wait_for()
    if first:
        shoot(page, "import-columns")
    page.get_by_role("button", name="Check all rows").click()
    page.get_by_role("heading", name="What would be imported").wait_for()
    if first:
        shoot(page, "import-checked")
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("heading", name="The import is done").wait_for()
    if first:
        shoot(page, "import-done")


def test_a_bad_row_is_reported_mended_and_imported(owner: Reader, tmp_path: Path):
    page = owner.page
    file = tmp_path / "links.csv"
    file.write_text(
        "Long URL;Slug;Tags;Title\n"
        "https://shop.example.com/tents;tents;camping, spring;Tents for two\n"
        "https://shop.example.com/sizes;sizes;help;Which size? Größentabelle\n"
        "shop.example.com sale;summer-sale;sale;'=Sale= until Sunday\n"
        "https://shop.example.com/stoves?utm_source=letter;stoves;camping, letter;Stoves and pans\n"
        "https://shop.example.com/jobs;jobs;company;Work with us\n"
        "https://shop.example.com/maps;maps;;Maps <new>\n",
        encoding="cp1252",
    )
    imported(owner, file, first=True)
    assert page.locator("dd").all_inner_texts() == ["5", "0", "0", "1"]
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download them to mend").click()
    bad = Path(begun.value.path()).read_text(encoding="utf-8-sig")
    mended = tmp_path / "mended.csv"
    mended.write_text(bad.replace("shop.example.com sale", "https://shop.example.com/sale"), encoding="utf-8")
    imported(owner, mended, first=False)
    assert page.locator("dd").all_inner_texts() == ["1", "0", "0", "0"]
    with page.expect_download() as begun:
        owner.open("/dashboard/domains/1/import")
        shoot(page, "import-files")
        page.get_by_role("link", name="Export all links").click()
    exported = Path(begun.value.path()).read_text(encoding="utf-8-sig")
    assert all(path in exported for path in ("sizes", "summer-sale", "maps", "Größe", "'=Sale=", "Maps <new>"))
