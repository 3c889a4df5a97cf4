"""The pictures of gallery.md, made from its own lines on the bundled scene and networks. Run: make_gallery.py"""

import os
import re
import tempfile
from pathlib import Path

from PIL import Image

from vizlab import bundled, scenes

HERE = Path(__file__).parent
PAGE, PICTURES = HERE / "gallery.md", HERE / "gallery"
CHECKPOINTS = {
    "cen.safetensors": "cen-mobilenetv2-nyuv2",
    "nddr-cnn.safetensors": "nddr-cnn-mobilenetv2-nyuv2",
    "mti-net.safetensors": "mti-net-mobilenetv2-nyuv2",
}
COLUMN, PAGE_WIDE, COLOURS = 440, 660, 256
"""Pixels of a figure as wide as a column and as a page, and the colours of either."""


def main() -> None:
    """Run the page's Python in a folder of its own, as PNG in place of PDF, and keep what it drew, small."""
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        before = Path.cwd()
        os.chdir(folder)
        try:
            exec(compile(code(PAGE.read_text()), PAGE.name, "exec"), {})
        finally:
            os.chdir(before)
        PICTURES.mkdir(exist_ok=True)
        for name in re.findall(r"\(gallery/([\w.]+)\)", PAGE.read_text()):
            _small(Path(folder, name)).save(PICTURES / name, optimize=True)
            print(f"{name}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")


def code(page: str) -> str:
    """The page's Python, block after block, which writes PNG."""
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return "\n".join(blocks).replace('.pdf"', '.png"')


def _prepare(folder: Path) -> None:
    scene = scenes.load_scene("office")
    for name, source in (("rgb.jpg", scene.rgb_path), ("depth.png", scene.depth_path)):
        (folder / name).write_bytes(source.read_bytes())
    for name, network in CHECKPOINTS.items():
        (folder / name).symlink_to(bundled.checkpoint(network).resolve())


def _small(path: Path) -> Image.Image:
    """The picture as wide as the page has it, with a palette of its own."""
    with Image.open(path) as picture:
        found = picture.convert("RGB")
    wide = COLUMN if found.width < 1500 else PAGE_WIDE
    found = found.resize((wide, round(found.height * wide / found.width)), Image.Resampling.LANCZOS)
    return found.quantize(COLOURS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
