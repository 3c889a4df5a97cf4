"""Analyses as a viewer fetches them: documents and packed values by name, made once and kept within bytes."""

import gzip
import json
from collections.abc import Callable

from vizlab.errors import InputError
from vizlab.page.cache import ByteCache
from vizlab.page.kit.analysis import Analysis
from vizlab.views.document import Document, document

DOCUMENTS_KEPT, BYTES_KEPT = 48, 64_000_000
LEVEL = 5


class Documents:
    """Answers by the key of an analysis; `find` gives the analysis, or raises InputError where it is gone."""

    def __init__(self, find: Callable[[str], Analysis]) -> None:
        self._find = find
        self._documents: ByteCache[Document] = ByteCache(DOCUMENTS_KEPT)
        self._bytes: ByteCache[bytes] = ByteCache(BYTES_KEPT)

    def of(self, key: str) -> Document:
        """The document of that analysis."""
        found = self._documents.get(key)
        if found is None:
            found = document_of(self._find(key))
            self._documents.put(key, found, 1)
        return found

    def manifest(self, key: str) -> bytes:
        """What a viewer reads first: JSON, gzip."""
        return self._kept(f"{key}|", lambda: gzip.compress(json.dumps(self.of(key).manifest).encode(), LEVEL, mtime=0))

    def values(self, key: str, name: str) -> bytes:
        """The packed values of one layer. Raises InputError where that analysis has no such layer."""
        return self._kept(name, lambda: self._pack(key, name))

    def _pack(self, key: str, name: str) -> bytes:
        found = self.of(key)
        if name not in found.layers:
            raise InputError(f"There is no layer '{name[:40]}' in this analysis.")
        return found.packed(name)

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
