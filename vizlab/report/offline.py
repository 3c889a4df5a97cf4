"""The instrument as one file: manifest, values and viewer in a page that asks nobody for anything."""

import base64
import html
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vizlab.bundled import viewer_script
from vizlab.errors import InputError
from vizlab.report.layers import Entry
from vizlab.report.material import Material, Traces, material
from vizlab.rgbd import RGBDImage
from vizlab.views.document import Document
from vizlab.views.layers import PHOTOGRAPH, PICTURE, REFERENCE

MOST_BYTES = 12_000_000
"""Of packed values in one file: a browser opens that at once, and mail takes it."""
Which = Literal["all", "predictions"]

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'"
)
"""The browser itself refuses any request."""
_STYLE = """
:root{color-scheme:light dark;--ink:#1a1d21;--quiet:#5b6570;--line:#d5d9de;--panel:#fff;--ground:#f5f6f8;
--accent:#0f6f9e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--quiet:#a3acb5;--line:#3a4149;--panel:#1c2024;--ground:#14171a;
--accent:#4fb3e0}}
body{margin:0;padding:8px 12px;background:var(--ground);color:var(--ink);
font:14px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;margin-bottom:6px}
h1{font-size:16px;margin:0}header span,footer{color:var(--quiet);font-size:12px}footer{margin-top:8px}
footer p{margin:2px 0}
"""


@dataclass(frozen=True, eq=False)
class Packed:
    """`manifest` of what is in the file, its `values` by id, and how many layers `left` out there are, by kind."""

    manifest: Mapping[str, Any]
    values: Mapping[str, bytes]
    left: Mapping[str, int]

    @property
    def nbytes(self) -> int:
        return sum(map(len, self.values.values()))

    @property
    def sentence(self) -> str:
        """What was left out, as a sentence; empty where nothing was."""
        parts = ", ".join(f"{count} {kind}" for kind, count in self.left.items())
        return f"Left out of this file: {parts}." if parts else ""


def packed(document: Document, which: Which = "all", most_bytes: int = MOST_BYTES) -> Packed:
    """The layers of a document that go into a file of that size, what is looked at first going first.

    "predictions" leaves out the maps of sites. Raises InputError where not even the picture fits.
    """
    if which not in ("all", "predictions"):
        raise InputError(f"The layers are '{str(which)[:40]}'; expected all or predictions.")
    values: dict[str, bytes] = {}
    room = most_bytes
    for entry in _in_order(document, which):
        name = entry["values"]["id"]
        data = document.packed(name)
        if len(data) <= room:
            values[name] = data
            room -= len(data)
    if not values:
        raise InputError(f"{most_bytes / 1e6:g} MB hold no picture; give more, 1 MB or so for each network.")
    kept, left = _kept(document, values)
    return Packed({**document.manifest, "layers": kept}, values, left)


def _in_order(document: Document, which: Which) -> Iterator[Entry]:
    stored = [entry for entry in document.manifest["layers"] if entry["values"] is not None]
    wanted = [entry for entry in stored if which == "all" or not entry["site"]]
    yield from sorted(wanted, key=_rank)  # a stable sort: within a rank as the document has them


def _rank(entry: Entry) -> int:
    """What a viewer shows first comes first."""
    key: str = entry["key"]
    if key == PHOTOGRAPH or entry["group"] in (PICTURE, REFERENCE):
        return 0
    if entry["site"]:
        return 3 if key.endswith("|outside") else 4 if key.endswith("|received") else 5
    return 2 if key.endswith(("|confidence", "|entropy")) else 6 if "|scale_" in key else 1


def _kept(document: Document, values: Collection[str]) -> tuple[list[Entry], dict[str, int]]:
    """The entries whose values are there, or follow from others that are; and the count of the others by kind."""
    stored = {e["key"] for e in document.manifest["layers"] if e["values"] is not None and e["values"]["id"] in values}
    kept, left = [], dict.fromkeys(("predictions and their confidence", "maps of sites", "comparisons"), 0)
    for entry in document.manifest["layers"]:
        if entry["key"] in stored or (entry["made"] is not None and set(entry["made"]["of"]) <= stored):
            kept.append(entry)
        else:
            kind = "comparisons" if entry["made"] is not None else "maps of sites" if entry["site"] else None
            left[kind or "predictions and their confidence"] += 1
    return kept, {kind: count for kind, count in left.items() if count}


def offline_page(
    source: Material | Traces,
    rgbd: RGBDImage | None = None,
    *,
    which: Which = "all",
    most_bytes: int = MOST_BYTES,
    citation: str = "",
) -> str:
    """One HTML file with viewer, inspector and network map, which works from the file alone: no request to any host.

    `which` layers ("all" or "predictions") and `most_bytes` of packed values go into it; what does not is named at its
    foot. What is set stands in the address, as on the page. Raises InputError.
    """
    found = material(source, rgbd)
    within = packed(found.document, which, most_bytes)
    title = found.title or "RGB-D picture"
    networks = ", ".join(one["title"] for one in within.manifest["networks"])
    foot = [
        within.sentence,
        *found.notes,
        *(f"{name} was not run: {why}" for name, why in found.skipped.items()),
        citation,
    ]
    head = f"<header><h1>{html.escape(title)}</h1><span>{html.escape(networks)}</span></header>"
    feet = "".join(f"<p>{html.escape(line)}</p>" for line in foot if line)
    return page_of(within, title, head, f"<footer>{feet}</footer>")


def page_of(within: Packed, title: str, head: str = "", foot: str = "", keep_state: bool = True) -> str:
    """The whole file around one instrument; without `keep_state` nothing is written into the address."""
    values = {name: base64.b64encode(data).decode() for name, data in within.values.items()}
    still = "" if keep_state else "history.replaceState = () => undefined;\n"
    return "\n".join([
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{html.escape(title)} – vizlab</title>",
        f"<style>{_STYLE}</style></head><body>",
        head,
        '<main id="instrument"></main>',
        foot,
        f'<script type="application/json" id="manifest">{_json(within.manifest)}</script>',
        f'<script type="application/json" id="values">{_json(values)}</script>',
        f'<script type="module">{still}{started_script()}</script>',
        "</body></html>",
    ])  # fmt: skip


def _json(value: Any) -> str:
    """JSON that cannot end its script element, whatever a picture or a class is called."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def started_script() -> str:
    """The viewer as a module that starts by itself from the two elements beside it."""
    script = viewer_script().decode()
    exports = re.search(r"export\s*\{([^{}]*)\}\s*;?\s*$", script)
    mount = None if exports is None else re.search(r"([\w$]+)\s+as\s+mountFile\b", exports[1])
    if exports is None or mount is None:
        raise InputError("This installation's viewer cannot start from a file; install vizlab again.")
    start = (
        "const read=(id)=>JSON.parse(document.getElementById(id).textContent);\n"
        f'globalThis.vizlab={mount[1]}(document.getElementById("instrument"),read("manifest"),read("values"));'
    )
    return _inside_script(script[: exports.start()] + "\n" + start)


def _inside_script(script: str) -> str:
    """The same program, in which no text ends the element around it."""
    return re.sub(r"</(?=script)", r"<\\/", script, flags=re.IGNORECASE).replace("<!--", "<\\!--")
