"""What a card says of the data a network was trained on, chosen by `dataset` in the recipe's table [card]."""

from collections.abc import Mapping
from typing import Any

from vizlab.geometry import NORMALS_METHOD

NYUV2: Mapping[str, Any] = {
    "data": "NYUv2 labelled set, official training split, {pictures} pictures{at}",
    "limits": (
        "Trained on {pictures} indoor pictures of one sensor (Kinect v1){at}; other cameras, outdoor scenes and fine "
        "structures are outside of what it has seen.",
        "About a sixth of the labelled pixels of NYUv2 are void, the picture's border included; predictions there were "
        "never corrected.",
    ),
    "licence": (
        "The weights are under the project's MIT licence. NYUv2 (Silberman et al., ECCV 2012) states no licence and is "
        "used for research with citation; the backbone started from MobileNetV2 trained on ImageNet (Apache-2.0)."
    ),
}
OWN: Mapping[str, Any] = {"data": "{pictures} pictures{at}", "limits": ("Trained on {pictures} pictures{at} only.",)}
"""For a recipe that names no data set known here."""
NORMALS_LIMIT = (
    f"Normals were derived from depth by an {NORMALS_METHOD}: the figures compare with derived normals, not with "
    "measured or official ones."
)


def data_texts(
    given: Mapping[str, Any], tasks: tuple[str, ...], pictures: int, size: tuple[int, int] | None
) -> dict[str, Any]:
    """`data`, `limits`, `licence` of a card, with everything `given` in the recipe in place of the usual texts.

    `pictures` were trained on, of `size` (H, W) where that is known.
    """
    at = "" if size is None else f" at {size[0]}x{size[1]}"
    usual = NYUV2 if given.get("dataset") == "nyuv2" else OWN
    texts: dict[str, Any] = {
        "data": usual["data"].format(pictures=pictures, at=at),
        "limits": [limit.format(pictures=pictures, at=at) for limit in usual["limits"]],
    }
    if "normals" in tasks:
        texts["limits"].append(NORMALS_LIMIT)
    if "licence" in usual:
        texts["licence"] = usual["licence"]
    return texts | {name: value for name, value in given.items() if name != "dataset"}
