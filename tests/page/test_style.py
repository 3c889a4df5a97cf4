"""The style sheets of the page, where one rule can make everything slow."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "vizlab" / "page"
SHEETS = ["style.css", "web/src/style.css", "web/src/map_style.ts"]


@pytest.mark.parametrize("name", SHEETS)
def test_only_parts_of_the_page_are_styled_by_what_is_within_them(name: str) -> None:
    """With `body:has(…)` a browser styles the whole page anew for each word that a chart measures."""
    subjects = re.findall(r"([^\s,{}>+~]*):has\(", (PAGE / name).read_text(encoding="utf-8"))
    for subject in subjects:
        assert not re.match(r"(body|html|:root|\*|\.gradio-container)(?![\w-])|$", subject), subject
