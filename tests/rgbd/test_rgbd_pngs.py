"""PNGs that are well formed but short, by what they announce: every colour type, bit depth and interlacing."""

import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_files import picture, png, png_chunk
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.pngs import png_header

# PNG 1.2, table 11.1: the bit depths that each colour type allows, and its channels.
KINDS = [
    *((0, bits, 1) for bits in (1, 2, 4, 8, 16)),
    *((3, bits, 1) for bits in (1, 2, 4, 8)),
    *((kind, bits, channels) for kind, channels in ((2, 3), (4, 2), (6, 4)) for bits in (8, 16)),
]
WIDTH, HEIGHT = 11, 9


def adam7_rows(width: int, height: int) -> list[int]:
    """The number of pixels in each row of each pass, by walking over the pattern that PNG draws."""
    pattern = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
    rows = []
    for number in "1234567":
        for y in range(height):
            pixels = sum(pattern[y % 8][x % 8] == number for x in range(width))
            rows += [pixels] if pixels else []
    return rows


def stream(bits: int, channels: int, interlaced: bool) -> bytes:
    """All pixels zero: for each row a filter byte and the packed pixels."""
    rows = adam7_rows(WIDTH, HEIGHT) if interlaced else [WIDTH] * HEIGHT
    return b"".join(bytes(1 + -(-pixels * bits * channels // 8)) for pixels in rows)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "bits", "channels"), KINDS)
def test_the_unpacked_length_of_every_kind(tmp_path, kind, bits, channels, interlaced):
    """One byte less than announced is refused; all of it is read by Pillow too."""
    whole = stream(bits, channels, interlaced)
    header = (WIDTH, HEIGHT, bits, kind, int(interlaced))
    extra = png_chunk(b"PLTE", bytes(3 * 2**bits)) if kind == 3 else b""
    complete = png(header, whole, extra)
    assert png_header(StoredFile("a", "PNG", complete)).unpacked == len(whole)
    (tmp_path / "whole.png").write_bytes(complete)
    with Image.open(tmp_path / "whole.png") as image:
        image.load()
    (tmp_path / "short.png").write_bytes(png(header, whole[:-1], extra))
    role = "depth" if (kind, bits) == (0, 16) else "colour"
    with pytest.raises(InputError, match=f"pixels end after .* of the {WIDTH}x{HEIGHT}"):
        read_rgbd(**{role: tmp_path / "short.png"})


def test_a_quarter_of_the_rows_is_said_to_be_one(tmp_path):
    """480 rows announced, 120 there: the decoder would make up the rest."""
    rows = np.tile(np.arange(640, dtype=">u2") + 1000, (120, 1))
    short = b"".join(b"\x00" + row.tobytes() for row in rows)
    (tmp_path / "d.png").write_bytes(png((640, 480, 16, 0, 0), short))
    with pytest.raises(InputError, match="its pixels end after 25 % of the 640x480"):
        read_rgbd(depth=tmp_path / "d.png")


def test_a_stream_in_many_chunks_is_counted_over_all(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.integers(500, 4000, (300, 400)).astype(np.uint16)
    data = picture(values)
    assert data.count(b"IDAT") > 1
    (tmp_path / "d.png").write_bytes(data)
    read = read_rgbd(depth=tmp_path / "d.png", depth_unit="mm")
    np.testing.assert_allclose(read.depth, values / 1000, rtol=1e-6)
