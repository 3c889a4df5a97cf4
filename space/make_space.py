"""A folder that is a Space: a wheel's content, and what stands beside this file.

    pip wheel --no-deps -w dist . && python space/make_space.py dist/vizlab-*.whl --out FOLDER [--torch-index INDEX]

A Space installs its requirements before it has its other files, so the wheel cannot be among them: it lies there
unpacked, where app.py finds it and its methods by their entry points. INDEX is that of PyTorch for CPUs, as the
selector on pytorch.org shows it; without, a Space installs torch with CUDA, which works on a CPU and takes longer to
build.
"""

import argparse
import shutil
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
OWN = ("README.md", "app.py")
LARGE = ("safetensors", "png", "jpg")
"""Files that a Space keeps outside of Git."""


def make(wheel: Path, out: Path, torch_index: str | None = None) -> None:
    """Write the Space into `out`, a folder that is not there or is empty."""
    if out.exists() and any(out.iterdir()):
        raise SystemExit(f"'{out}' holds files already; expected an empty folder or a new name.")
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out)
    for name in OWN:
        shutil.copy2(HERE / name, out)
    (out / "requirements.txt").write_text(requirements(torch_index))
    lines = [f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in LARGE]
    (out / ".gitattributes").write_text("".join(lines))


def requirements(torch_index: str | None) -> str:
    pinned = (HERE / "requirements.txt").read_text()
    if torch_index is None:
        return pinned
    lines = [f"{line}+cpu" if line.startswith("torch==") else line for line in pinned.splitlines()]
    return "\n".join([f"--extra-index-url {torch_index}", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--torch-index")
    given = parser.parse_args()
    make(given.wheel, given.out, given.torch_index)


if __name__ == "__main__":
    main()
