"""The files of TokenFusion: segmentation ('segmenter' wrapper) and image translation (raw)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vizlab.core.config import IMAGENET, METRES, SIGNED, SIGNED_LOG_DEPTH, NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.published_files import State, distinct, nyu_classes, pick, width
from vizlab.methods.token_fusion.exchange import THRESHOLD
from vizlab.methods.token_fusion.network import MIT
from vizlab.methods.token_fusion.translation import GENERATORS

_STREAMS = (0, 1)
"""Whatever the file: the released code knows no other number."""
_ENCODER = re.compile(r"encoder\.stage(\d)\.(.+)")
_DECODER = re.compile(r"decoder\.stages\.(\d)\.(.+)")
_PRIVATE = re.compile(r"(.*\.)?norm\d?")


@dataclass(frozen=True)
class _Names:
    """What the authors call the parts of a stage; `number` counts from 1, `index` from 0."""

    embed: str
    blocks: str
    norm: str
    scores: str
    private: str
    depthwise: str

    def source(self, index: int, key: str) -> str | tuple[str, ...]:
        """The stored tensors of our `key` of a stage."""
        path, _, kind = key.rpartition(".")
        part, _, inner = path.partition(".")
        theirs = ".".join(filter(None, (getattr(self, part).format(index=index, number=index + 1), inner)))
        if part == "scores":
            return f"{theirs}.{kind}"
        if _PRIVATE.fullmatch(path):
            return tuple(f"{theirs}.{self.private}_{stream}.{kind}" for stream in _STREAMS)
        if inner.endswith("mlp.dwconv"):
            return f"{theirs}.{self.depthwise}.{kind}"
        return f"{theirs}.module.{kind}"


_SEGMENTATION = _Names(
    embed="encoder.patch_embed{number}", blocks="encoder.block{number}", norm="encoder.norm{number}",
    scores="encoder.score_predictor.{index}", private="ln", depthwise="dwconv",
)  # fmt: skip
_DOWN = _Names(
    embed="patch_embed_enc.{index}", blocks="block_enc.{index}", norm="norm_enc.{index}",
    scores="score_predictor.{index}", private="lrnorm", depthwise="dwconv.module",
)  # fmt: skip
_UP = _Names(
    embed="patch_embed_dec.{index}.proj", blocks="block_dec.{index}", norm="norm_dec.{index}", scores="",
    private="lrnorm", depthwise="dwconv.module",
)  # fmt: skip
# Ours to theirs in the decoder of segmentation, where levels count from 1.
_SEGFORMER = {"fuse": "linear_fuse.conv", "norm": "linear_fuse.bn", "classifier": "linear_pred"}


def _recognise_segmentation(keys: Collection[str]) -> bool:
    return _has(keys, "encoder.score_predictor.") and _has(keys, "encoder.block1.")


def _recognise_translation(keys: Collection[str]) -> bool:
    return _has(keys, "score_predictor.") and _has(keys, "block_enc.")


def _has(keys: Collection[str], start: str) -> bool:
    return any(key.startswith(start) for key in keys)


def _describe_segmentation(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    channels = tuple(width(state, f"encoder.patch_embed{number}.proj.module.weight") for number in range(1, 5))
    blocks = tuple(len(distinct(state, rf"encoder\.block{number}\.(\d+)\.")) for number in range(1, 5))
    size = _size(MIT, channels, blocks, "a mix transformer")
    classes = width(state, "decoder.linear_pred.weight")
    assumed = {
        "threshold": f"{THRESHOLD} (the authors' code)",
        "inputs": "rgb, depth (the order of the authors' code)",
        "normalisation": "RGB as for ImageNet, depth in metres as it is (the authors' NYUv2 data)",
        "working_size": "480x640 (NYUv2)",
    }
    config = NetworkConfig(
        f"token-fusion-mit-{size}",
        tasks=("semseg",),
        inputs=("rgb", "depth"),
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed),
        threshold=THRESHOLD,
        working_size=(480, 640),
        normalisation={"rgb": IMAGENET, "depth": METRES},
        options={"width": width(state, "decoder.linear_fuse.conv.weight")},
    )
    return config, assumed


def _describe_translation(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    channels = tuple(width(state, f"patch_embed_enc.{index}.proj.module.weight") for index in range(5))
    blocks = tuple(len(distinct(state, rf"block_enc\.{index}\.(\d+)\.")) for index in range(5))
    size = _size(GENERATORS, channels, blocks, "a generator")
    up = {f"decoder{i + 1}": len(distinct(state, rf"block_dec\.{i}\.(\d+)\.")) for i in range(4)}
    inputs = ("input0", "input1")
    assumed = {
        "threshold": f"{THRESHOLD} (the authors' code)",
        "inputs": f"{', '.join(inputs)} (the file does not say which modalities they are)",
        "normalisation": "pictures in [-1, 1]; depth, where a stream gets it, as log(1 + counts of 1/512 m) from "
        "0..11.1 to [-1, 1] (the code of CEN's translation, by the same authors)",
        "working_size": "256x256 (the authors' translation code)",
    }
    config = NetworkConfig(
        f"token-fusion-translation-{size}",
        tasks=("image",),
        inputs=inputs,
        threshold=THRESHOLD,
        working_size=(256, 256),
        normalisation={**dict.fromkeys(inputs, SIGNED), "rgb": SIGNED, "depth": SIGNED_LOG_DEPTH},
        options=up,
    )
    return config, assumed


def _size(
    known: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    channels: tuple[int, ...],
    blocks: tuple[int, ...],
    what: str,
) -> str:
    """Which of the known sizes it is."""
    sizes = {shape: name for name, shape in known.items()}
    return pick(sizes, (channels, blocks), f"numbers of channels and blocks ({channels}, {blocks}) of {what}")


def _segmentation_sources(key: str, config: NetworkConfig) -> str | tuple[str, ...]:
    if match := _ENCODER.fullmatch(key):
        return _SEGMENTATION.source(int(match[1]) - 1, match[2])
    if match := re.fullmatch(r"decoder\.reduce\.(\d)\.(\w+)", key):
        return f"decoder.linear_c{int(match[1]) + 1}.proj.{match[2]}"
    if match := re.fullmatch(r"decoder\.(\w+)\.(\w+)", key):
        return f"decoder.{_SEGFORMER[match[1]]}.{match[2]}"
    return key


def _translation_sources(key: str, config: NetworkConfig) -> str | tuple[str, ...]:
    if match := _ENCODER.fullmatch(key):
        return _DOWN.source(int(match[1]) - 1, match[2])
    if match := _DECODER.fullmatch(key):
        return _UP.source(int(match[1]), match[2])
    if key.startswith("decoder.embed."):
        return _UP.source(4, key.removeprefix("decoder."))
    return key.replace("decoder.project.", "project.module.")


def _unused_translation(key: str) -> bool:
    """The decoder's patch embeddings own norms that the authors' forward never applies."""
    return re.match(r"patch_embed_dec\.\d\.norm\.", key) is not None


SEGMENTATION = PublishedFormat(
    "a TokenFusion segmentation network", _recognise_segmentation, _describe_segmentation, _segmentation_sources
)
TRANSLATION = PublishedFormat(
    "a TokenFusion image translation network",
    _recognise_translation,
    _describe_translation,
    _translation_sources,
    _unused_translation,
)
