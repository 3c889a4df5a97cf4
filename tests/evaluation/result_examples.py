"""Results by hand: figures that were measured by nobody."""

from typing import Any

from vizlab.study.evaluation.results import Cost, Result

COST = Cost(2_300_000, 5_600_000_000, 41.2, "some CPU, 2 threads", "float32", (240, 320))


def semseg(miou: float) -> dict[str, float]:
    return {"mIoU": miou, "mean accuracy": miou + 10, "pixel accuracy": miou + 30}


def normals(angle: float) -> dict[str, float]:
    shares = {"within 11.25": 20.0, "within 22.5": 40.0, "within 30": 50.0}
    return {"mean angle": angle, "median angle": angle - 5, **shares}


def result(
    name: str, outputs: dict[str, dict[str, float]], inputs: tuple[str, ...] = ("rgb",), **changes: Any
) -> Result:
    tasks = tuple(dict.fromkeys(output.partition("/")[0] for output in outputs))
    known = {"checkpoint": "0" * 64, "architecture": "cen-mobilenetv2", "split": "test", "pictures": 654}
    return Result(name=name, inputs=inputs, tasks=tasks, outputs=outputs, precision="float32", **{**known, **changes})


MULTI = result(
    "multi", {"semseg": semseg(27.0), "depth": {"RMSE": 0.80}, "normals": normals(30.0)}, cost=COST,
    architecture="mti-net-mobilenetv2",
)  # fmt: skip
SINGLES = (
    result("semseg-rgb", {"semseg": semseg(25.0)}),
    result("depth-rgb", {"depth": {"RMSE": 1.0}}),
    result("normals-rgb", {"normals": normals(40.0)}),
)
CEN = result(
    "fusing",
    {"semseg/rgb": semseg(27.0), "semseg/depth": semseg(28.0), "semseg/ensemble": semseg(30.0)},
    ("rgb", "depth"), cost=COST,
)  # fmt: skip
APART = (
    SINGLES[0],
    result("semseg-depth", {"semseg": semseg(24.0)}, ("depth",)),
    result("both, late fusion", {"semseg": semseg(20.0)}, ("rgb", "depth"), late_fusion=True),
)
