"""One small reader per container of numbers: each reads headers within the limits first, and raises only InputError."""

from collections.abc import Callable

from vizlab.rgbd.arrays import open_npy, open_npz
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.bare import open_colmap, open_sintel
from vizlab.rgbd.formats.exr import open_exr
from vizlab.rgbd.formats.hdf5 import open_hdf5
from vizlab.rgbd.formats.matlab import open_matlab5, open_matlab73
from vizlab.rgbd.formats.netpbm import open_netpbm
from vizlab.rgbd.formats.ros import open_ros
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import StoredArrays

ARRAY_OPENERS: dict[str, Callable[[StoredFile, Limits], StoredArrays]] = {
    "npy": open_npy,
    "npz": open_npz,
    "PGM": open_netpbm,
    "PPM": open_netpbm,
    "PFM": open_netpbm,
    "OpenEXR": open_exr,
    "HDF5": open_hdf5,
    "MATLAB 5": open_matlab5,
    "MATLAB 7.3": open_matlab73,
    "COLMAP": open_colmap,
    "Sintel": open_sintel,
    "ROS compressedDepth": open_ros,
}
"""What opens each container that is not a picture of Pillow's, by its name."""
