"""What a Dockerfile and a .dockerignore say, as data."""

import json
import shlex
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from dockerfile_parse import DockerfileParser
from pathspec import GitIgnoreSpec


@dataclass
class Stage:
    """From one FROM to the next: the image it starts from, its name, and what follows as (instruction, value)."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def values(self, instruction: str) -> list[str]:
        return [value for found, value in self.steps if found == instruction]

    @property
    def env(self) -> dict[str, str]:
        pairs = [part for value in self.values("ENV") for part in shlex.split(value)]
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def args(self) -> dict[str, str]:
        """Build arguments and what they are unless given; each has a value, be it empty."""
        return dict(value.split("=", 1) for value in self.values("ARG"))

    def command(self, instruction: str) -> list[str]:
        """The last CMD or HEALTHCHECK, which must be written as a list, not as a line for a shell."""
        value = self.values(instruction)[-1]
        found: list[str] = json.loads(value[value.index("[") :])
        return found


def read_stages(path: Path) -> list[Stage]:
    parser = DockerfileParser(fileobj=BytesIO(path.read_bytes()))
    outside: dict[str, str] = {}
    stages: list[Stage] = []
    for step in parser.structure:
        instruction, value = step["instruction"], step["value"]
        if instruction == "FROM":
            image, _, name = value.partition(" AS ")
            stages.append(Stage(outside.get(image.strip("${}"), image), name))
        elif instruction == "ARG" and not stages:
            outside |= [value.split("=", 1)]
        elif instruction != "COMMENT":
            stages[-1].steps.append((instruction, value))
    return stages


def context(root: Path) -> set[str]:
    """The files that a builder gets, relative to `root`.

    Docker's patterns begin at the root, Git's where they have no slash anywhere; with one before each they agree.
    """
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    rooted = [f"!/{line[1:]}" if line.startswith("!") else f"/{line}" for line in lines]
    left_out = GitIgnoreSpec.from_lines(rooted)
    files = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {file for file in files if not left_out.match_file(file)}
