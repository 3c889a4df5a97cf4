"""What of an analysis can be taken along from the page: files made when they are asked for.

    export/KEY/report.html  analysis.zip  sites.csv
    export/KEY/figure.FORM?cells=A~B&columns=&width=&palette=&ranges=&opacity=&zoom=
    export/KEY/map.FORM?measure=&width=
    export/KEY/numbers.csv?cells=A~B   numbers.npz?cells=A~B

FORM is png, svg or pdf; cells and ranges are written as in the page's address.
"""

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from vizlab.errors import InputError, VizlabError, one_line
from vizlab.page.guard.threads import EXPORTED, Workers
from vizlab.page.kit.analysis import Analysis
from vizlab.page.workspace import Workspace, shown
from vizlab.report.archive import pack
from vizlab.report.citation import citation
from vizlab.report.colouring import read_settings
from vizlab.report.figures import figure
from vizlab.report.folder import file_name
from vizlab.report.map_figure import network_map
from vizlab.report.material import Material
from vizlab.report.numbers import layers_csv, layers_npz, sites_csv
from vizlab.report.offline import offline_page
from vizlab.report.saving import saved

TYPES = {
    "html": "text/html; charset=utf-8", "zip": "application/zip", "csv": "text/csv; charset=utf-8",
    "npz": "application/octet-stream", "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf",
}  # fmt: skip
BETWEEN = "~"
Query = Mapping[str, str]
Maker = Callable[[Material, Query, str], Any]
"""From material, what the address says, and the format, to bytes or lines."""


def export_routes(workspace: Workspace, root: str) -> list[Route]:
    """The routes below `root`. What cannot be made is answered in one sentence: 404 for an analysis, else 400."""
    export = _Export(workspace)
    known: dict[str, tuple[str, Maker]] = {
        "report.html": ("report", _report),
        "analysis.zip": ("analysis", _analysis),
        "sites.csv": ("sites", lambda found, query, form: sites_csv(found)),
        "numbers.{form:str}": ("numbers", _numbers),
        "figure.{form:str}": ("figure", _figure),
        "map.{form:str}": ("network-map", _map),
    }
    return [
        Route(f"/{root}/export/{{key}}/{path}", export.answering(name, make, path.partition(".")[2]))
        for path, (name, make) in known.items()
    ]


class _Export:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._workers = workspace, Workers(EXPORTED)

    def answering(self, name: str, make: Maker, form: str) -> Callable[[Request], Any]:
        """The answer to one kind of address; `form` is its ending where that is always the same."""

        async def answer(request: Request) -> Response:
            try:
                found = await self._workers.run(self._material, request.path_params["key"])
            except VizlabError as err:
                return PlainTextResponse(str(err), 404)
            ending = request.path_params.get("form", form)
            try:
                data = await self._workers.run(make, found, request.query_params, ending)
            except VizlabError as err:
                return PlainTextResponse(str(err), 400)
            return _file(data, f"{file_name(f'vizlab-{found.title}')[:80]}-{name}.{ending}", ending)

        return answer

    def _material(self, key: str) -> Material:
        return material_of(self._workspace, self._workspace.get(key))


def _file(data: Any, name: str, form: str) -> Response:
    """A download: its name is of letters, digits, points and dashes alone."""
    safe = name.encode("ascii", "replace").decode().replace("?", "-")
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "private, no-cache",
               "X-Content-Type-Options": "nosniff"}  # fmt: skip
    if isinstance(data, bytes | str):
        return Response(data, media_type=TYPES[form], headers=headers)
    return StreamingResponse(data, media_type=TYPES[form], headers=headers)


def material_of(workspace: Workspace, analysis: Analysis) -> Material:
    """What a report is made of: the analysis, its document, and what is known of its networks."""
    loaded = workspace.shelf.loaded([name for name in analysis.request.models if name in analysis.traces])
    return Material(
        traces=analysis.traces,
        rgbd=analysis.picture.rgbd,
        reference=analysis.picture.reference,
        own=analysis.unchanged,
        shown=shown(analysis),
        cards={model.name: model.card for model in loaded},
        skipped=analysis.skipped,
        notes=(*analysis.picture.rgbd.record.warnings, *analysis.notes),
        key=analysis.key,
        title=analysis.picture.title,
        scene=analysis.request.scene,
        made=workspace.documents.of(analysis.key),
    )


def _report(found: Material, query: Query, form: str) -> str:
    which = query.get("layers", "all")
    return offline_page(found, which=which, citation=citation(found).replace("\n", " "))  # type: ignore[arg-type]


def _analysis(found: Material, query: Query, form: str) -> bytes:
    buffer = io.BytesIO()
    pack(found, buffer)
    return buffer.getvalue()


def _numbers(found: Material, query: Query, form: str) -> Any:
    if form == "csv":
        return layers_csv(found, _cells(query))
    if form == "npz":
        return layers_npz(found, _cells(query))
    raise InputError(f"Numbers are written as csv or npz, not as '{one_line(form, 20)}'.")


def _figure(found: Material, query: Query, form: str) -> bytes:
    drawn = figure(
        found,
        _cells(query),
        columns=int(_number(query, "columns", 0)),
        width=query.get("width", "double"),  # type: ignore[arg-type]
        palette=query.get("palette", "voc"),  # type: ignore[arg-type]
        ranges=read_settings(query.get("ranges", "")),
        opacity=_number(query, "opacity", 1),
        zoom=_zoom(query.get("zoom", "")),
    )
    return saved(drawn, form)


def _map(found: Material, query: Query, form: str) -> bytes:
    measure, width = query.get("measure", "share"), query.get("width", "double")
    return saved(network_map(found, measure=measure, width=width), form)  # type: ignore[arg-type]


def _cells(query: Query) -> list[str]:
    cells = [cell for cell in query.get("cells", "").split(BETWEEN) if cell]
    if not cells:
        raise InputError("No layer is named; give their keys as cells=KEY~KEY.")
    return cells


def _number(query: Query, name: str, usual: float) -> float:
    text = query.get(name, "") or str(usual)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"'{name}' is '{one_line(text, 40)}'; expected a number.")
    return value


def _zoom(text: str) -> tuple[float, float, float]:
    """Times and middle, as the address has them: "4,0.25,0.5"."""
    if not text:
        return 1.0, 0.5, 0.5
    try:
        times, x, y = (float(part) for part in text.split(","))
    except ValueError as err:
        raise InputError(f"'zoom' is '{one_line(text, 40)}'; expected three numbers, such as 4,0.25,0.5.") from err
    if not all(map(math.isfinite, (times, x, y))):
        raise InputError(f"'zoom' is '{one_line(text, 40)}'; expected three numbers, such as 4,0.25,0.5.")
    return times, x, y
