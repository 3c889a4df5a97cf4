"""What else the authors' programs write: networks that do not fuse, or that vizlab does not build."""

import re
from collections.abc import Callable, Collection

from vizlab.core.published import KnownFile

Recognise = Callable[[Collection[str]], bool]

_FUSING_START = "a network trained from it: these are weights to start a training from"


def having(*patterns: str) -> Recognise:
    """Names of which, for each pattern, at least one begins with it."""
    compiled = [re.compile(pattern) for pattern in patterns]
    return lambda names: all(any(pattern.match(name) for name in names) for pattern in compiled)


def without(recognise: Recognise, *patterns: str) -> Recognise:
    """Names that `recognise` knows, none of which begins with one of the patterns."""
    compiled = [re.compile(pattern) for pattern in patterns]
    return lambda names: recognise(names) and not any(pattern.match(name) for name in names for pattern in compiled)


BACKBONES = (
    KnownFile(
        "an HRNet classifier, as trained on ImageNet",
        having(r"stage4\.0\.branches\.", r"(incre_modules|final_layer|classifier)\."),
        _FUSING_START,
    ),
    KnownFile(
        "an HRNet backbone alone",
        having(r"stage4\.0\.branches\.", r"transition1\.0\."),
        _FUSING_START,
    ),
    KnownFile(
        "a ResNet classifier, as trained on ImageNet",
        having(r"layer1\.0\.conv1\.weight", r"layer4\.0\.conv1\.weight", r"fc\.weight"),
        _FUSING_START,
    ),
    KnownFile(
        "a ResNet backbone alone",
        having(r"conv1\.weight", r"layer1\.0\.conv1\.weight", r"layer4\.0\.conv1\.weight"),
        _FUSING_START,
    ),
    KnownFile(
        "a MobileNetV2 classifier, as trained on ImageNet",
        having(r"features\.0\.0\.weight", r"features\.17\.conv\.", r"classifier\.1\.weight"),
        _FUSING_START,
    ),
    KnownFile(
        "a MobileNetV2 backbone alone",
        having(r"features\.0\.0\.weight", r"features\.17\.conv\."),
        _FUSING_START,
    ),
    KnownFile(
        "an EfficientNet classifier, as trained on ImageNet",
        having(r"features\.0\.0\.weight", r"features\.7\.0\.block\.", r"classifier\.1\.weight"),
        _FUSING_START,
    ),
)
MIX_TRANSFORMERS = (
    KnownFile(
        "a MiT (mix transformer) classifier, as trained on ImageNet",
        having(r"patch_embed1\.proj\.weight", r"block1\.0\.attn\.q\.weight", r"head\.weight"),
        _FUSING_START,
    ),
    KnownFile(
        "a MiT (mix transformer) backbone alone",
        having(r"patch_embed1\.proj\.weight", r"block1\.0\.attn\.q\.weight"),
        _FUSING_START,
    ),
)
CEN = (
    KnownFile(
        "a discriminator, which CEN's image translation trains against its generator",
        having(r"conv[1-5]\.insnorm\.module\."),
        "the generator's file (checkpoint-gen.pkl)",
    ),
    KnownFile(
        "a light-weight RefineNet for one input, on which CEN's code builds; there are no streams in it",
        having(r"layer4\.0\.conv1\.weight", r"p_ims1d2_outl1_dimred\.weight", r"clf_conv\.weight"),
        "a CEN",
    ),
    KnownFile(
        "a list of tensors without names, as CEN's image translation keeps the scales of an epoch (insnorm_params)",
        lambda names: len(names) > 0 and all(name.isdecimal() for name in names),
        "the generator's file (checkpoint-gen.pkl); `vizlab scales` shows these over the training, as CEN's tab does",
    ),
)
