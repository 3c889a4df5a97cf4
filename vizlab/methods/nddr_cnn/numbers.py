"""NDDR layers: how much each task's block of the 1x1 convolution weighs, and how far it drifted from its start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.nddr_cnn.network import ALPHA, BETA
from vizlab.methods.parts.kinds import sites_of

MatrixKind = Literal["weight", "scaled", "drift"]
Pooling = Literal["extreme", "mean"]


@dataclass(frozen=True)
class NDDRBlocks:
    """One NDDR layer by task blocks; all arrays (T, T) float32: target x source. The same for every picture.

    `norm` Frobenius norm of the stored block; `scaled_norm` with the batch norm's gamma/sigma applied, which is what
    the layer adds; `diagonal` the block's mean diagonal weight. Against the initial block W0 (`alpha` I on the own
    block, `beta` I on the others) `drift` is how far a block went, ||W - W0|| / sqrt(channels): the root mean square
    over target channels of the length by which their weights changed. `relative_drift` is ||W - W0|| / ||W0||, NaN
    where W0 is zero: of two blocks that went equally far, the one that began smaller has the larger.
    """

    site: str
    stage: str
    tasks: tuple[str, ...]
    channels: int
    norm: np.ndarray
    scaled_norm: np.ndarray
    diagonal: np.ndarray
    drift: np.ndarray
    relative_drift: np.ndarray
    alpha: float
    beta: float


@dataclass(frozen=True)
class PooledMatrix:
    """An NDDR matrix small enough to draw: `values` (T*n, T*n) float32, each cell pools `step` x `step` weights.

    Pooled block by block, so that a boundary between tasks lies every `cells` cells. `largest` is the largest
    magnitude before pooling.
    """

    values: np.ndarray
    cells: int
    step: int
    tasks: tuple[str, ...]
    largest: float


def nddr_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The NDDR layers in network order; raises TraceError if there are none."""
    return sites_of(trace, ("nddr",), "has no NDDR layer", "an NDDR-CNN")


def nddr_site(trace: FusionTrace, name: str) -> SiteTrace:
    """The NDDR layer of that site name."""
    known = {s.site.name: s for s in nddr_sites(trace)}
    if name not in known:
        raise TraceError(f"There is no NDDR layer '{name}'; this network has {', '.join(known)}.")
    return known[name]


def nddr_blocks(trace: FusionTrace, alpha: float = ALPHA, beta: float = BETA) -> tuple[NDDRBlocks, ...]:
    """Block statistics of every layer. A file does not say its initial weights: 0.9 and 0.1 are assumed."""
    return tuple(_blocks(site, alpha, beta) for site in nddr_sites(trace))


def statement(trace: FusionTrace) -> str:
    """Where a task takes most from another, and where weights went farthest, in two sentences."""
    blocks = nddr_blocks(trace)
    far, longest = _largest(blocks, [b.drift for b in blocks])
    moved = f"Farthest from the assumed start: {far}, {longest:.2f}."
    if len(blocks[0].tasks) < 2:
        return moved
    own = np.eye(len(blocks[0].tasks), dtype=bool)
    between, heaviest = _largest(blocks, [np.where(own, 0, b.norm) / np.sqrt(b.channels) for b in blocks])
    start = f"against {blocks[0].beta:g} at the assumed start"
    return f"The heaviest block between two tasks: {between}, norm / √channels {heaviest:.2f} {start}. {moved}"


def _largest(blocks: Sequence[NDDRBlocks], matrices: Sequence[np.ndarray]) -> tuple[str, float]:
    """Where the largest entry stands, in words ("depth → semseg after stage 5"), and what it is."""
    index = max(range(len(blocks)), key=lambda i: float(matrices[i].max()))
    target, source = np.unravel_index(int(matrices[index].argmax()), matrices[index].shape)
    block = blocks[index]
    place = f"{block.tasks[source]} → {block.tasks[target]} after {stage_words(block.stage)}"
    return place, float(matrices[index].max())


def pooled_matrix(
    site: SiteTrace, kind: MatrixKind = "weight", limit: int = 160, pooling: Pooling = "extreme"
) -> PooledMatrix:
    """The (T*C, T*C) matrix of a layer, target channels down, source channels across, in at most about `limit` cells.

    `kind`: as stored; times gamma/sigma; or less its assumed initial value. `extreme` keeps the weight of the largest
    magnitude with its sign, so that a thin diagonal stays visible; `mean` averages.
    """
    blocks = layer_blocks(site, kind)
    tasks, channels = len(blocks), site.site.channels
    step = max(1, -(-tasks * channels // limit))
    cells = -(-channels // step)
    pooled = np.array([[_pool(blocks[t, s], step, pooling) for s in range(tasks)] for t in range(tasks)])
    values = pooled.transpose(0, 2, 1, 3).reshape(tasks * cells, tasks * cells)
    return PooledMatrix(values, cells, step, site.site.targets, float(np.abs(blocks).max()))


def _as_blocks(weight: np.ndarray) -> np.ndarray:
    """(T, C, T*C) as stored to (T, T, C, C): target, source, target channel, source channel."""
    tasks, channels = weight.shape[:2]
    return weight.reshape(tasks, channels, tasks, channels).transpose(0, 2, 1, 3)


def _initial(tasks: int, channels: int, alpha: float, beta: float) -> np.ndarray:
    own = np.eye(tasks, dtype=np.float32)[..., None, None]
    return (own * alpha + (1 - own) * beta) * np.eye(channels, dtype=np.float32)


def layer_blocks(site: SiteTrace, kind: MatrixKind) -> np.ndarray:
    """(T, T, C, C) float32: target, source, target channel, source channel."""
    blocks = _as_blocks(site.weights["weight"])
    if kind == "weight":
        return blocks
    if kind == "scaled":
        return blocks * site.weights["scale"][:, None, :, None]
    return blocks - _initial(len(blocks), site.site.channels, ALPHA, BETA)


def _blocks(site: SiteTrace, alpha: float, beta: float) -> NDDRBlocks:
    blocks = _as_blocks(site.weights["weight"])
    start = _initial(len(blocks), site.site.channels, alpha, beta)
    size, moved = _norm(start), _norm(blocks - start)
    return NDDRBlocks(
        site=site.site.name,
        stage=site.site.stage,
        tasks=site.site.targets,
        channels=site.site.channels,
        norm=_norm(blocks),
        scaled_norm=_norm(layer_blocks(site, "scaled")),
        diagonal=np.diagonal(blocks, axis1=2, axis2=3).mean(-1),
        drift=moved / np.float32(np.sqrt(site.site.channels)),
        relative_drift=np.divide(moved, size, out=np.full_like(moved, np.nan), where=size > 0),
        alpha=alpha,
        beta=beta,
    )


def _norm(blocks: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(blocks, dtype=np.float64).sum((2, 3))).astype(np.float32)


def _pool(block: np.ndarray, step: int, pooling: Pooling) -> np.ndarray:
    """(C, C) to (n, n); a last, incomplete cell pools what there is."""
    cells = -(-len(block) // step)
    padded = np.full((cells * step, cells * step), np.nan, np.float32)
    padded[: len(block), : len(block)] = block
    grouped = padded.reshape(cells, step, cells, step).transpose(0, 2, 1, 3).reshape(cells, cells, step * step)
    if pooling == "extreme":
        strongest = np.nanargmax(np.abs(grouped), axis=-1)
        return np.take_along_axis(grouped, strongest[..., None], axis=-1)[..., 0]
    return np.nanmean(grouped, axis=-1)
