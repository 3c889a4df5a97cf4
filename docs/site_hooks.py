"""Hooks of mkdocs: what the pages link to outside of docs/ comes along, and Pygments' colours are written."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ALONG = "project"
"""The folder of the site in which files from outside of docs/ lie as they do in the project."""
PICTURES = {".png", ".gif", ".jpg", ".webm"}
NOT_SHOWN = {"on-an-index.md"}
LANGUAGES = {".py": "python", ".toml": "toml"}
COLOURS = "site/code.css"
STYLES = {":root": "tango", "[data-bs-theme=dark]": "github-dark"}
"""Of Pygments, in the page's light and dark mode."""
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
"""A link's or picture's target within the project, and the place in it."""
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """A page that mkdocs.yml does not name yet comes last in its menu."""
    config.extra_css.insert(0, COLOURS)
    menus = {title: part for entry in config.nav or [] for title, part in entry.items()}
    named = set(_names(list(menus.values())))
    for path in sorted(DOCS.rglob("*.md")):
        if (page := path.relative_to(DOCS).as_posix()) not in named | NOT_SHOWN:
            menus["How-tos" if page.startswith("how-to/") else "Evidence"].append(page)
    return config


def _names(parts: list[Any]) -> Iterator[str]:
    """The pages of a menu, and of the menus in it."""
    for part in parts:
        if isinstance(part, str):
            yield part
        else:
            yield from _names(list(part.values()) if isinstance(part, dict) else part)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is linked from the pages, and from pages that were added."""
    files.append(File.generated(config, COLOURS, content=colours()))
    waiting = [DOCS / file.src_uri for file in files.documentation_pages()]
    waiting.append(ROOT / "SECURITY.md")
    _add(files, config, waiting[-1])
    while waiting:
        for target in targets(waiting.pop()):
            if not target.is_relative_to(DOCS) and files.get_file_from_path(uri(target)) is None:
                _add(files, config, target)
                waiting += [target] if target.suffix == ".md" else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links lead to where their targets are in the site."""
    source = place(page.file.src_uri)

    def moved(link: re.Match[str]) -> str:
        target = resolved(source, link[1])
        return os.path.relpath(uri(target), Path(page.file.src_uri).parent) + (link[2] or "")

    parts = FENCED.split(markdown)
    return "".join(part if part.startswith("```") else LINK.sub(moved, part) for part in parts)


def targets(page: Path) -> Iterator[Path]:
    """The files of the project that a page links to."""
    for link in LINK.finditer(FENCED.sub("", page.read_text())):
        target = resolved(page, link[1])
        if target.is_file():
            yield target


def resolved(page: Path, link: str) -> Path:
    """A file; of a folder, its README."""
    target = (page.parent / link).resolve()
    return target / "README.md" if target.is_dir() else target


def uri(path: Path) -> str:
    """Where the site has a file of the project. Text that is no page becomes one."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    ending = "" if path.suffix in {".md", *PICTURES} else ".md"
    return f"{ALONG}/{path.relative_to(ROOT).as_posix()}{ending}"


def place(found: str) -> Path:
    """The inverse of `uri`, of pages."""
    if not found.startswith(f"{ALONG}/"):
        return DOCS / found
    path = ROOT / found.removeprefix(f"{ALONG}/")
    return path if path.exists() else path.with_suffix("")


def colours() -> str:
    """Pygments' style sheets, one for each mode of the page."""
    return "\n".join(HtmlFormatter(style=style).get_style_defs(f"{mode} .codehilite") for mode, style in STYLES.items())


def _add(files: Files, config: MkDocsConfig, path: Path) -> None:
    if path.suffix in {".md", *PICTURES}:
        files.append(File.generated(config, uri(path), abs_src_path=str(path)))
    else:
        language = LANGUAGES.get(path.suffix, "text")
        shown = f"# {path.relative_to(ROOT).as_posix()}\n\n```{language}\n{path.read_text().rstrip()}\n```\n"
        files.append(File.generated(config, uri(path), content=shown))
