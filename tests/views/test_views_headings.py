"""What stands above the columns."""

import pytest

from vizlab.views.headings import model_headings

CEN, MULTI, NDDR = "cen-mobilenetv2-nyuv2", "cen-multitask-mobilenetv2-nyuv2", "nddr-cnn-mobilenetv2-nyuv2"


@pytest.mark.parametrize(
    ("models", "headings"),
    [
        ([("cen", CEN), ("nddr-cnn", NDDR)], ("CEN", "NDDR-CNN")),
        ([("cen", CEN), ("cen", MULTI), ("nddr-cnn", NDDR)], ("CEN", "CEN multitask", "NDDR-CNN")),
        ([("nddr-cnn", NDDR), ("nddr-cnn", "nddr-cnn-resnet18-nyuv2")], ("NDDR-CNN mobilenetv2", "NDDR-CNN resnet18")),
        ([("cen", CEN), ("cen", "someones")], (CEN, "someones")),
        ([("cen", CEN), ("cen", CEN)], (CEN, CEN)),
        ([("cen", "a-b"), ("cen", "b")], ("a-b", "b")),
        ([("cen", "mine-x"), ("cen", "cen-b-x")], ("mine", "CEN b")),
        ([("mine", "any-name")], ("any-name",)),
    ],
)
def test_the_method_and_what_tells_two_of_it_apart(models: list[tuple[str, str]], headings: tuple[str, ...]) -> None:
    assert model_headings(models) == headings
