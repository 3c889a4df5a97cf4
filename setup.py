"""The one thing pyproject.toml cannot say: checkpoints and scenes, at the root of a checkout, go into the wheel."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
TARGET = Path("vizlab", "bundled_files")
"""Where `vizlab.bundled` looks for them."""
BUNDLED = {
    "checkpoints": ("checkpoints", ("*.safetensors", "*.md", "*.json")),
    "scenes": ("assets/scenes", ("*.md", "*/*.png", "*/*.jpg", "*/scene.json")),
}
"""By name: the folder in a checkout, and which of its files travel."""


class BuildWithBundled(build_py):
    """Copies the bundled files after the package; an editable install reads them where they lie."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.rmtree(self._target, ignore_errors=True)  # what an earlier build left there may be gone by now
            for source, copy in self._copies().items():
                self.mkpath(str(Path(copy).parent))
                self.copy_file(source, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._copies().values()]

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *self._copies()]

    @property
    def _target(self) -> Path:
        return Path(self.build_lib) / TARGET

    def _copies(self) -> dict[str, str]:
        """Every file to copy, relative to the root, and where to; nothing where it stays in place."""
        if self.editable_mode:
            return {}
        return {
            str(path.relative_to(ROOT)): str(self._target / name / path.relative_to(ROOT / folder))
            for name, (folder, patterns) in BUNDLED.items()
            for pattern in patterns
            for path in sorted((ROOT / folder).glob(pattern))
        }


setup(cmdclass={"build_py": BuildWithBundled})
