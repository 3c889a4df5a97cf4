"""Analyses as a viewer fetches them: documents and packed values by name, made once and kept within bytes."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.page.cache import ByteCache
from vizlab.page.effects import Effects, subject_key
from vizlab.page.kit.analysis import Analysis
from vizlab.views.document import Document, document, pack
from vizlab.views.layers import Layer

DOCUMENTS_KEPT, BYTES_KEPT = 48, 64_000_000
KEYS_KEPT = 4_000
LEVEL = 5


@dataclass(frozen=True)
class Made:
    """A document as the traces alone say it, and these. Its manifest is packed: it is ten times as much as objects."""

    manifest: bytes
    layers: Mapping[str, Layer]
    traces: Mapping[str, FusionTrace]

    @property
    def document(self) -> Document:
        return Document(json.loads(gzip.decompress(self.manifest)), self.layers)


class Documents:
    """Answers by the key of an analysis; `find` gives the analysis, or raises InputError where it is gone.

    Every answer has what `effects` know by now of its networks' edges. Bytes that were packed, at most `kept_bytes`,
    are answered for a while after their analysis is gone; nothing else of it is held on to (see `forget`). `weigh` is
    told what is kept of an analysis' document once it is made: it holds arrays of its own, as long as the analysis is
    kept.
    """

    def __init__(
        self,
        find: Callable[[str], Analysis],
        effects: Effects | None = None,
        kept_bytes: int = BYTES_KEPT,
        weigh: Callable[[str, Made], object] = lambda key, made: None,
    ) -> None:
        self._find, self._effects, self._weigh = find, effects or Effects(), weigh
        self._documents: ByteCache[Made] = ByteCache(DOCUMENTS_KEPT)
        self._bytes: ByteCache[bytes] = ByteCache(kept_bytes)
        self._subjects: ByteCache[dict[str, str]] = ByteCache(KEYS_KEPT)

    def of(self, key: str) -> Document:
        """The document of that analysis."""
        made = self._made(key)
        found = made.document
        return Document(self._effects.on(found.manifest, made.traces), found.layers) if self.mark(key) else found

    def mark(self, key: str) -> str:
        """What beside the key a manifest depends on: the effects that are known by now; empty where none is."""
        subjects = self._subjects.get(key)
        if subjects is None:
            try:
                traces = self._find(key).traces
            except InputError:
                return ""
            subjects = {name: subject_key(trace) for name, trace in traces.items()}
            self._subjects.put(key, subjects, 1)
        return self._effects.mark(subjects)

    def manifest(self, key: str) -> bytes:
        """What a viewer reads first: JSON, gzip."""
        mark = self.mark(key)
        return self._kept(f"{key}|{mark}", lambda: _packed(self.of(key)) if mark else self._made(key).manifest)

    def values(self, key: str, name: str) -> bytes:
        """The packed values of one layer. Raises InputError where that analysis has no such layer."""
        return self._kept(name, lambda: self._pack(key, name))

    def _made(self, key: str) -> Made:
        found = self._documents.get(key)
        if found is None:
            analysis = self._find(key)
            made = document_of(analysis)
            found = Made(_packed(made), made.layers, analysis.traces)
            self._documents.put(key, found, 1)
            self._drop_if_gone(key)
            self._weigh(key, found)
        return found

    def forget(self, key: str) -> None:
        """That analysis is gone: let go of its arrays, which its document would keep in memory."""
        self._documents.drop(key)

    def _drop_if_gone(self, key: str) -> None:
        """It may have gone while its document was made; then nobody else would tell."""
        try:
            self._find(key)
        except InputError:
            self.forget(key)

    def _pack(self, key: str, name: str) -> bytes:
        layers = self._made(key).layers
        if name not in layers:
            raise InputError(f"There is no layer '{name[:40]}' in this analysis.")
        return pack(layers[name])

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        data = self._bytes.get(name)
        if data is None:
            data = make()
            self._bytes.put(name, data, len(data))
        return data


def document_of(analysis: Analysis) -> Document:
    """The document of one analysis."""
    return document(
        analysis.traces,
        analysis.picture.rgbd,
        analysis.picture.reference,
        key=analysis.key,
        title=analysis.picture.title,
        scene=analysis.request.scene,
        own=analysis.unchanged,
    )


def _packed(made: Document) -> bytes:
    """Its manifest as JSON, gzip."""
    return gzip.compress(json.dumps(made.manifest).encode(), LEVEL, mtime=0)
