"""Reading RGB-D pictures: files or arrays in, one validated RGBDImage out."""

from vizlab.rgbd.align import AlignMode, align_depth
from vizlab.rgbd.cameras import Cameras, Pinhole
from vizlab.rgbd.derived import DERIVATIONS, Derivation, derivable, derive
from vizlab.rgbd.detection import detect_unit
from vizlab.rgbd.domains import given_domains, with_domains
from vizlab.rgbd.holes import fill_unknown
from vizlab.rgbd.image import RGBDImage
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.options import ReadOptions
from vizlab.rgbd.reader import read_rgbd, rgbd_from_arrays
from vizlab.rgbd.record import ColourRecord, DepthRecord, ReadRecord, Suggestion
from vizlab.rgbd.units import ENCODINGS, Encoding, parse_unit

__all__ = [
    "DERIVATIONS",
    "ENCODINGS",
    "AlignMode",
    "Cameras",
    "ColourRecord",
    "DepthRecord",
    "Derivation",
    "Encoding",
    "Limits",
    "Pinhole",
    "RGBDImage",
    "ReadOptions",
    "ReadRecord",
    "Suggestion",
    "align_depth",
    "derivable",
    "derive",
    "detect_unit",
    "fill_unknown",
    "given_domains",
    "parse_unit",
    "read_rgbd",
    "rgbd_from_arrays",
    "with_domains",
]
