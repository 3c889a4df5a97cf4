"""What stands above the columns."""

import pytest

from vizlab.views.headings import network_titles

CEN = ("cen", "cen-mobilenetv2", "cen-mobilenetv2-nyuv2")
MULTI = ("cen", "cen-mobilenetv2", "cen-multitask-mobilenetv2-nyuv2")
NDDR = ("nddr-cnn", "nddr-cnn-mobilenetv2", "nddr-cnn-mobilenetv2-nyuv2")
OWN = ("cen", "cen-mobilenetv2", "my_fusion")


@pytest.mark.parametrize(
    ("models", "titles"),
    [
        ([CEN, NDDR], ("CEN", "NDDR-CNN")),
        ([CEN, MULTI, NDDR], ("CEN", "CEN multitask", "NDDR-CNN")),
        ([MULTI], ("CEN multitask",)),
        ([OWN], ("my_fusion",)),
        ([CEN, OWN], ("CEN", "my_fusion")),
        ([CEN, CEN], (CEN[2], CEN[2])),
        ([NDDR, ("nddr-cnn", "nddr-cnn-resnet18", "nddr-cnn-resnet18-nyuv2")], (NDDR[2], "nddr-cnn-resnet18-nyuv2")),
        ([("cen", "cen-resnet101", "cen")], ("cen",)),
        ([("mine", "any", "any-name")], ("any-name",)),
    ],
)
def test_the_method_and_what_the_name_adds_to_it(models: list[tuple[str, str, str]], titles: tuple[str, ...]) -> None:
    assert network_titles(models) == titles


def test_a_title_stays_when_another_network_of_the_method_is_skipped() -> None:
    assert network_titles([MULTI])[0] == network_titles([CEN, MULTI])[1]
