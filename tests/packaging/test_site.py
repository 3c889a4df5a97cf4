"""The documentation's site: built without a warning, its links lead somewhere, and it loads nothing from elsewhere."""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.packaging.commands import ROOT, run

LOADING = {
    ("script", "src"),
    ("img", "src"),
    ("video", "src"),
    ("source", "src"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("link", "href"),
    ("use", "href"),
}
"""Where an address is fetched without anybody's click."""
FETCHING = re.compile(r"url\(\s*['\"]?((?:https?:)?//[^)'\"]+)|@import\s+(?:url\()?['\"]?((?:https?:)?//[^)'\"]+)")


class Tags(HTMLParser):
    """What a page has: every attribute that is an address, and every name that a link can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str, str]] = []
        self.names: set[str] = set()
        self.inline = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.names.add(value)
            if name in ("src", "href", "data", "srcset", "poster", "action") and value is not None:
                self.addresses.append((tag, name, value))

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style"):
            self.inline += data

    def handle_endtag(self, tag: str) -> None:
        self._in = ""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", out], cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Tags]:
    return {path: Tags(path.read_text()) for path in sorted(site.rglob("*.html"))}


def outside(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def test_every_page_of_the_documentation_is_in_it(pages: dict[Path, Tags], site: Path) -> None:
    sources = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")} - {Path("on-an-index.md")}
    expected = {"index.html" if str(path) == "README.md" else str(path.with_suffix(".html")) for path in sources}
    found = {str(path.relative_to(site)) for path in pages}
    assert expected <= found
    assert {"project/CONTRIBUTING.html", "project/SECURITY.html", "project/examples/index.html"} <= found


def test_it_loads_nothing_from_another_host(pages: dict[Path, Tags]) -> None:
    fetched = [address for tags in pages.values() for tag, name, address in tags.addresses if (tag, name) in LOADING]
    assert len(fetched) > 100
    assert [address for address in fetched if outside(address)] == []
    assert [found for tags in pages.values() for found in FETCHING.findall(tags.inline)] == []


def test_its_style_sheets_load_nothing_from_another_host(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    assert [found for sheet in sheets for found in FETCHING.findall(sheet.read_text())] == []


def links(pages: dict[Path, Tags]) -> Iterator[tuple[Path, str]]:
    """Every page and each address within the site that it names; a server shows 404.html anywhere, so from its root."""
    for page, tags in pages.items():
        if page.name == "404.html":
            continue
        for _, _, address in tags.addresses:
            if not outside(address) and not address.startswith(("data:", "mailto:")):
                yield page, address


def test_every_link_within_leads_to_a_file_and_a_place_in_it(pages: dict[Path, Tags]) -> None:
    found = 0
    for page, address in links(pages):
        parts = urlsplit(address)
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.is_file(), (page, address)
        if parts.fragment and target in pages:
            assert unquote(parts.fragment) in pages[target].names, (page, address)
        found += 1
    assert found > 300


def test_lists_tables_code_and_pictures_are_what_they_are_in_the_source(site: Path) -> None:
    gallery = (site / "gallery.html").read_text()
    source = (ROOT / "docs/gallery.md").read_text()
    assert len(re.findall(r'<img [^>]*src="gallery/', gallery)) == source.count("](gallery/")
    assert gallery.count('class="codehilite"') == source.count("\n```") // 2
    for name in ("study", "methods", "mutation"):
        wanted = len(re.findall(r"^\|[-| :]+\|$", (ROOT / f"docs/{name}.md").read_text(), re.MULTILINE))
        assert (site / f"{name}.html").read_text().count("<table>") == wanted > 0
    home = (site / "index.html").read_text()
    assert home.count("<li>") >= (ROOT / "docs/README.md").read_text().count("\n- ")
