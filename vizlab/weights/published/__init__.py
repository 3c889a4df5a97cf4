"""The authors' files, one module per family; the first format that recognises a file describes it."""

from vizlab.weights.published.cen import SEGMENTATION, TRANSLATION
from vizlab.weights.published.format import PublishedFormat
from vizlab.weights.published.mti_net import MTI_NET
from vizlab.weights.published.nddr_cnn import NDDR_CNN

PUBLISHED_FORMATS: tuple[PublishedFormat, ...] = (SEGMENTATION, TRANSLATION, NDDR_CNN, MTI_NET)

__all__ = ["PUBLISHED_FORMATS", "PublishedFormat"]
