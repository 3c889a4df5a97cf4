"""A part of a Markdown file that is written by a command, between two lines that mark it."""

from dataclasses import dataclass
from pathlib import Path

from vizlab.errors import InputError
from vizlab.replacing import replace_text


@dataclass(frozen=True)
class Marks:
    """The lines between which a text stands; `what` the text is, for people."""

    what: str
    start: str
    end: str

    def write(self, file: Path, text: str) -> None:
        """Put `text` between the marks of `file`. Raises InputError if they are not there."""
        before, _, after = self._parts(file)
        replace_text(file, f"{before}{self.start}\n\n{text}\n\n{self.end}{after}", InputError)

    def read(self, file: Path) -> str:
        """What stands between the marks of `file` now. Raises InputError if they are not there."""
        return self._parts(file)[1].strip()

    def _parts(self, file: Path) -> tuple[str, str, str]:
        before, start, rest = (file.read_text() if file.is_file() else "").partition(self.start)
        inside, end, after = rest.partition(self.end)
        if not start or not end:
            raise InputError(
                f"'{file}' has no place for {self.what}; expected the lines '{self.start}' and '{self.end}' in it."
            )
        return before, inside, after
