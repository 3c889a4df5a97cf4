"""The scales of a translation network over its training: what became small, when, and what came back."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vizlab.errors import InputError
from vizlab.methods.cen.pix2pix import THRESHOLD


@dataclass(frozen=True, eq=False)
class SiteHistory:
    """One norm of the encoder: `gamma` (E, S, C) float32, signed, by epoch, stream and channel.

    `exchanging` says whether channels are exchanged after it: after the encoder's second to seventh convolution.
    """

    name: str
    gamma: np.ndarray
    exchanging: bool

    @property
    def channels(self) -> int:
        return int(self.gamma.shape[2])


@dataclass(frozen=True)
class Crossing:
    """A channel of one stream whose |gamma| was on the other side of the threshold one kept epoch before `epoch`.

    `down` says that it is below from then on: it starts to be exchanged.
    """

    site: str
    stream: str
    channel: int
    epoch: int
    down: bool


@dataclass(frozen=True, eq=False)
class ScaleHistory:
    """The scales of every norm of an encoder at the kept `epochs` (E, ascending); `streams` in the network's order."""

    epochs: tuple[int, ...]
    streams: tuple[str, ...]
    norms: tuple[SiteHistory, ...]

    @cached_property
    def sites(self) -> tuple[SiteHistory, ...]:
        """The norms at which channels are exchanged."""
        return tuple(norm for norm in self.norms if norm.exchanging)

    @property
    def missing(self) -> tuple[int, ...]:
        """The epochs between the first and the last that are not there, where most of them are."""
        absent = sorted(set(range(self.epochs[0], self.epochs[-1] + 1)) - set(self.epochs))
        return tuple(absent) if len(absent) < len(self.epochs) else ()

    def site(self, name: str) -> SiteHistory:
        """The site of that name; raises InputError, naming those that there are."""
        for one in self.sites:
            if one.name == name:
                return one
        raise InputError(
            f"'{name[:60]}' is no site of these files; expected one of {', '.join(s.name for s in self.sites)}."
        )

    def shares(self, threshold: float = THRESHOLD) -> np.ndarray:
        """(E, sites, S) float32, 0..1: how many of a stream's channels lie under the threshold and are exchanged."""
        return np.stack([self._small(one, threshold).mean(2) for one in self.sites], axis=1).astype(np.float32)

    def share(self, threshold: float = THRESHOLD) -> np.ndarray:
        """(E, S) float32, 0..1: the same over the channels of all sites."""
        counts = sum(self._small(one, threshold).sum(2) for one in self.sites)
        return np.asarray(counts / sum(one.channels for one in self.sites), np.float32)

    def crossings(self, threshold: float = THRESHOLD) -> tuple[Crossing, ...]:
        """Every passing of the threshold between two kept epochs, by epoch, then by site, stream and channel."""
        found = []
        for place, one in enumerate(self.sites):
            small = self._small(one, threshold)
            for at, stream, channel in np.argwhere(small[1:] != small[:-1]):
                down = bool(small[at + 1, stream, channel])
                found.append((self.epochs[at + 1], place, int(stream), int(channel), down))
        return tuple(
            Crossing(self.sites[place].name, self.streams[stream], channel, epoch, down)
            for epoch, place, stream, channel, down in sorted(found)
        )

    def settled(self, threshold: float = THRESHOLD) -> int:
        """The epoch from which on no channel passes the threshold any more; the first where none ever does."""
        passed = self.crossings(threshold)
        return passed[-1].epoch if passed else self.epochs[0]

    def words(self, threshold: float = THRESHOLD) -> str:
        """What happened, in two or three sentences."""
        share, passed = self.share(threshold), self.crossings(threshold)
        ends = ", ".join(
            f"{stream} from {100 * first:.1f} % to {100 * last:.1f} %"
            for stream, first, last in zip(self.streams, share[0], share[-1], strict=True)
        )
        down, back = sum(one.down for one in passed), sum(not one.down for one in passed)
        text = f"Channels under |γ| = {threshold:g}: {ends}, epoch {self.epochs[0]} to {self.epochs[-1]}."
        if not passed:
            return f"{text} No channel passes the threshold."
        counted = f"{down} times a channel falls below the threshold, {back} times one comes back"
        return f"{text} {counted}; the last to pass does so by epoch {passed[-1].epoch}."

    @staticmethod
    def _small(one: SiteHistory, threshold: float) -> np.ndarray:
        return np.abs(one.gamma) < threshold
