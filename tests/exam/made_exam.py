"""Exams made of arrays: boxes before a wall, whose needs are known since the arrays are drawn so."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vizlab.scenes.exam.needs import NEEDS, VERSION, WRITTEN

SIZE = (72, 96)
CHAIR, RUG, FIRST, SECOND = 4, 19, 18, 29
WALL = 0
BOXES = ((4, 4), (4, 36), (4, 68), (40, 4), (40, 36))
"""Top left corners of the boxes of 24x24 pixels."""
KINDS = ("rgb", "depth", "both", "either", "both")


def write_exam(root: Path, count: int = 4, faults: bool = True) -> Path:
    """`count` pictures of five boxes; in the last one colour is broken at the fourth box, and half of the second's."""
    for kind in ("rgb", "depth", "label40", "need", "object", "fault"):
        (root / kind).mkdir(parents=True)
    rng, objects = np.random.default_rng(4), {}
    names = [f"{place:03d}" for place in range(count)]
    for place, name in enumerate(names):
        maps, objects[name] = _drawn(rng, broken=faults and place == count - 1)
        for kind, values in maps.items():
            cv2.imwrite(str(root / kind / f"{name}.png"), values)
    (root / "test.txt").write_text("\n".join(names))
    about = {
        "version": VERSION, "seed": 3, "needs": WRITTEN, "xor": {"classes": [FIRST, SECOND]}, "objects": objects,
    }  # fmt: skip
    manifest = {"source": "boxes", "limits": ["They are boxes."], "depth_unit": "mm", "exam": about}
    (root / "dataset.json").write_text(json.dumps(manifest))
    return root


def _drawn(rng: np.random.Generator, broken: bool) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    wall = rng.integers(90, 160, 3)
    maps: dict[str, np.ndarray] = {
        "rgb": np.broadcast_to(wall, (*SIZE, 3)).astype(np.uint8).copy(),
        "depth": np.full(SIZE, 3000, np.uint16),
        **{kind: np.zeros(SIZE, np.uint8) for kind in ("label40", "need", "object", "fault")},
    }
    maps["label40"][:2] = 255
    objects = []
    for number, (corner, kind) in enumerate(zip(BOXES, KINDS, strict=True), 1):
        here = np.s_[corner[0] : corner[0] + 24, corner[1] : corner[1] + 24]
        pattern, raised = map(int, rng.integers(0, 2, 2)) if kind == "both" else (0, 0)
        if kind in ("rgb", "either", "both"):
            maps["rgb"][here] = wall // 2 if pattern else np.minimum(wall * 1.5, 255).astype(int)
        if kind in ("depth", "either") or raised:
            maps["depth"][here] = 2500
        index = {"rgb": RUG, "both": FIRST if pattern == raised else SECOND}.get(kind, CHAIR)
        code = ("not asked", "rgb", "depth", "both", "either").index(kind)
        maps["label40"][here], maps["need"][here], maps["object"][here] = index, code, number
        said = {"number": number, "need": kind, "class": index, "what": f"box {number}"}
        shown = (
            {"pattern": None, "raised": None} if kind != "both" else {"pattern": "AB"[pattern], "raised": bool(raised)}
        )
        objects.append({**said, **shown})
    if broken:
        maps["fault"][40:64, 4:28] = 1  # either becomes depth
        maps["fault"][4:28, 4:16] = 1  # half of rgb becomes none: cut in two
    for fault, before, after in ((1, 4, 2), (1, 1, 5), (1, 3, 5)):
        maps["need"][(maps["fault"] == fault) & (maps["need"] == before)] = after
    maps["rgb"][maps["fault"] == 1] = 0
    return maps, objects


PICTURES = 12


def made_result() -> dict[str, Any]:
    """The JSON of a result: five objects in each of 12 pictures, one for each need but `none`, and two slabs.

    `sees` names every object but the slabs, of which it tells every second; its explanations are "right", which says
    the need, "wrong", which says the contrary, and "flat", which always says the same. `blind` takes colour alone,
    `other` is refused.
    """
    needs = [1, 2, 3, 4, 3] * PICTURES
    picture = [place for place in range(PICTURES) for _ in range(5)]
    signed = [{1: -1.0, 2: 1.0, 3: 0.0, 4: 0.0}[need] for need in needs]
    together = [1.0 if need == 3 else -1.0 for need in needs]
    count = len(needs)
    objects = {
        "picture": picture, "number": [1, 2, 3, 4, 5] * PICTURES, "need": needs,
        "class": [CHAIR, CHAIR, FIRST, CHAIR, SECOND] * PICTURES,
        "built": [NEEDS[need] for need in needs], "what": ["box"] * count, "pixels": [100] * count,
        "pattern": [None] * count, "raised": [None] * count, "described": count + 3,
        "row": [0.5] * count, "column": [0.5] * count, "place": [None] * count,
    }  # fmt: skip
    told = [0.25 if need == 3 else 1.0 for need in needs]
    pair = [(0.9, 0.2)[place % 2] if need == 3 else None for place, need in enumerate(needs)]
    labelled = [[900, 100, 100, 200, 100, 0]] * PICTURES
    right = [[450, 100, 100, 50, 100, 0]] * PICTURES
    marks = {"right": right, "labelled": labelled, "objects": told, "pair": pair}
    said = [("right", signed, together), ("wrong", [-one for one in signed], None), ("flat", [0.5] * count, None)]
    explanations = [
        {"explanation": name, "variant": "", "output": "semseg", "points": points, "interaction": pairs}
        for name, points, pairs in said
    ]
    environment = {"device": "cpu", "precision": "float32"}
    blank = {"checkpoint": "0" * 64, "environment": environment, "outputs": {}, "explanations": [], "refused": "",
             "unexplained": ""}  # fmt: skip
    networks = [
        {**blank, "name": "sees", "inputs": ["rgb", "depth"], "outputs": {"semseg": marks},
         "explanations": explanations},
        {**blank, "name": "blind", "inputs": ["rgb"], "outputs": {"semseg": marks}, "unexplained": "blind takes rgb."},
        {**blank, "name": "other", "inputs": ["rgb"], "refused": "other predicts depth."},
    ]  # fmt: skip
    about = {
        "source": "<b>boxes</b>", "limits": ["They are boxes."], "seed": 3, "pair": [FIRST, SECOND], "faults": 2,
        "explanations": ["Shapley value", "received"], "steps": 8, "baselines": [["mean colour", "median plane"]],
    }  # fmt: skip
    names = [f"{place:03d}" for place in range(PICTURES)]
    return {
        "kind": "exam", "version": 2, "about": about, "pictures": names, "objects": objects, "networks": networks,
    }  # fmt: skip
