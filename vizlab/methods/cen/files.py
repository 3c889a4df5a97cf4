"""The files of channel exchanging networks: segmentation ('segmenter' wrapper) and image translation (raw)."""

import re
from collections.abc import Collection, Sequence

from vizlab.core.config import IMAGENET, METRES, SIGNED, SIGNED_LOG_DEPTH, STRETCHED_DEPTH, NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.errors import CheckpointError, one_line
from vizlab.methods.cen.network import THRESHOLD
from vizlab.methods.cen.pix2pix import THRESHOLD as TRANSLATION_THRESHOLD
from vizlab.methods.parts.published_files import State, distinct, nyu_classes, pick, width
from vizlab.tasks import SUNRGBD37_CLASSES

_DEPTH_OF_LAYER3 = {6: 50, 23: 101, 36: 152}
# Our reading of SUN RGB-D: its settings are not published, but the data code has traces of them.
_DEPTH_OF_SUN = STRETCHED_DEPTH, "stretched over each picture to 0..255 (traces of SUN RGB-D in the authors' code)"
_DEPTH_OF_NYU = METRES, "in metres as it is (the authors' NYUv2 data)"
_NORM = re.compile(r"(bn\d|downsample\.1)\.(\w+)$")
# Our decoder's names to the authors', which count levels and blocks from 1.
_DECODER = (
    (r"levels\.(\d)\.reduce\.", "p_ims1d2_outl{0}_dimred."),
    (r"levels\.(\d)\.adapt\.(\d)\.conv1\.", "adapt_stage{0}_b.0.{1}_conv."),
    (r"levels\.(\d)\.adapt\.(\d)\.conv2\.", "adapt_stage{0}_b.0.{1}_conv_relu_varout_dimred."),
    (r"levels\.(\d)\.join\.", "adapt_stage{0}_b2_joint_varout_dimred."),
    (r"levels\.(\d)\.pool\.convs\.(\d)\.", "mflow_conv_g{0}_pool.0.{1}_outvar_dimred."),
    (r"levels\.(\d)\.refine\.(\d)\.conv1\.", "mflow_conv_g{0}_b.0.{1}_conv."),
    (r"levels\.(\d)\.refine\.(\d)\.conv2\.", "mflow_conv_g{0}_b.0.{1}_conv_relu_varout_dimred."),
    (r"levels\.(\d)\.out\.", "mflow_conv_g{0}_b3_joint_varout_dimred."),
    (r"classifier\.", "clf_conv."),
)


def _streams(state: State, pattern: str) -> int:
    """How many streams the norms hold; the authors' programs run with one input as well."""
    count = len(distinct(state, pattern))
    if count == 0:
        raise CheckpointError("its norms hold no streams; expected one or more.")
    return count


def _exchange(streams: int, threshold: float, whose: str, assumed: dict[str, str]) -> float | None:
    """The threshold, which is noted; a single stream has nobody to exchange with."""
    if streams == 1:
        return None
    assumed["threshold"] = f"{threshold} ({whose})"
    return threshold


def _modality(clues: Clues) -> tuple[str, str]:
    """What the only input of a segmentation network is, and whence that is known.

    Its tensors do not say; the folder may, but for the name of the data set.
    """
    folder = next(iter(clues.folders), "")
    words = set(re.split(r"[^a-z]+", re.sub(r"nyu_?depth", "", folder.lower())))
    if len(found := words & {"rgb", "depth"}) == 1:
        return found.pop(), f"the folder's name, '{one_line(folder, 60)}'"
    return "rgb", "the file does not say which modality its one input is"


def _all(inputs: Sequence[str], clues: Clues) -> tuple[str, ...]:
    """The inputs by the names that the file gives them and by those that the caller does."""
    return (*inputs, *(clues.given.get("inputs") or ()))


def _recognise_segmentation(keys: Collection[str]) -> bool:
    return any(re.match(r"layer\d\.\d+\.bn\d\.bn_\d+\.", key) for key in keys)


def _describe_segmentation(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    depth = pick(_DEPTH_OF_LAYER3, len(distinct(state, r"layer3\.(\d+)\.")), "number of blocks in layer3 of a ResNet")
    streams = _streams(state, r"bn1\.bn_(\d+)\.")
    inputs, origin = ("rgb", "depth", *(f"input{i}" for i in range(2, streams))), "the order of the authors' code"
    if streams == 1:
        only, origin = _modality(clues)
        inputs = (only,)
    classes = width(state, "clf_conv.module.weight")
    depth_input, words = _DEPTH_OF_SUN if classes == len(SUNRGBD37_CLASSES) else _DEPTH_OF_NYU
    assumed = {
        "inputs": f"{', '.join(inputs)} ({origin})",
        "normalisation": f"RGB as for ImageNet, depth {words}",
        "working_size": "480x640 (NYUv2)",
    }
    config = NetworkConfig(
        f"cen-resnet{depth}",
        tasks=("semseg",),
        inputs=inputs,
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed),
        threshold=_exchange(streams, THRESHOLD, "the authors' segmentation code", assumed),
        working_size=(480, 640),
        normalisation={**dict.fromkeys(_all(inputs, clues), IMAGENET), "rgb": IMAGENET, "depth": depth_input},
    )
    return config, assumed


def _segmentation_sources(key: str, config: NetworkConfig) -> str | tuple[str, ...]:
    if key.startswith("decoder."):
        return _convolution(_decoder_key(key.removeprefix("decoder.")))
    key = key.removeprefix("encoder.")
    if match := _NORM.search(key):
        path = key[: match.end(1)]
        return tuple(f"{path}.bn_{i}.{match[2]}" for i in range(len(config.inputs)))
    return key if key == "alpha" else _convolution(key)


def _decoder_key(key: str) -> str:
    for pattern, theirs in _DECODER:
        if match := re.match(pattern, key):
            return theirs.format(*(int(number) + 1 for number in match.groups())) + key[match.end() :]
    raise KeyError(key)


def _convolution(key: str) -> str:
    path, _, kind = key.rpartition(".")
    return f"{path}.module.{kind}"


def _recognise_translation(keys: Collection[str]) -> bool:
    return any(key.startswith("conv2.insnorm_conv.insnorm_") for key in keys)


def _describe_translation(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    streams = _streams(state, r"conv2\.insnorm_conv\.insnorm_(\d+)\.")
    inputs = tuple(f"input{i}" for i in range(streams))
    assumed = {
        "normalisation": "pictures in [-1, 1]; depth, where a stream gets it, as log(1 + counts of 1/512 m) from "
        "0..11.1 to [-1, 1] (the authors' translation code, Taskonomy's depth)",
        "working_size": "256x256 (the authors' translation code)",
        "inputs": f"{', '.join(inputs)} (the file does not say which modality each is)",
    }
    config = NetworkConfig(
        "cen-pix2pix",
        tasks=("image",),
        inputs=inputs,
        threshold=_exchange(streams, TRANSLATION_THRESHOLD, "the authors' translation code", assumed),
        working_size=(256, 256),
        normalisation={**dict.fromkeys(_all(inputs, clues), SIGNED), "rgb": SIGNED, "depth": SIGNED_LOG_DEPTH},
        options={"filters": width(state, "conv1.conv.module.weight")},
    )
    return config, assumed


def _translation_sources(key: str, config: NetworkConfig) -> str | tuple[str, ...]:
    key = key.removeprefix("encoder.").removeprefix("decoder.")
    path, _, kind = key.rpartition(".")
    if "insnorm" in path:
        return tuple(f"{path}.insnorm_{i}.{kind}" for i in range(len(config.inputs)))
    return key if key == "alpha" else _convolution(key)


def _unused_translation(key: str) -> bool:
    """The first and the last layers own instance norms that the authors' forward never applies."""
    return key.startswith(("conv1.insnorm_", "conv8.insnorm_", "deconv8.insnorm_"))


SEGMENTATION = PublishedFormat(
    "a CEN segmentation network", _recognise_segmentation, _describe_segmentation, _segmentation_sources
)
TRANSLATION = PublishedFormat(
    "a CEN image translation network",
    _recognise_translation,
    _describe_translation,
    _translation_sources,
    _unused_translation,
)
