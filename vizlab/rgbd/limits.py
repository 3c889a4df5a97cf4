"""What a file may cost before anything in it is decoded."""

from dataclasses import dataclass

from vizlab.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Upper bounds on one file: its size on disk in bytes, the pixels its header announces, and those that are kept.

    A picture of more than `max_kept_pixels` is scaled down to them: 4 million hold the colour of most depth cameras, up
    up to 2560x1440, and a network's memory and time grow with them.

    `more_bytes` and `more_pixels` are the words for how more are read, which who asked for the file can do.
    """

    max_bytes: int = 100_000_000
    max_pixels: int = 25_000_000
    max_kept_pixels: int = 4_000_000
    more_bytes: str = "give read_rgbd limits= with more max_bytes, in Python"
    more_pixels: str = "give read_rgbd limits= with more max_pixels, in Python"

    def __post_init__(self) -> None:
        if self.max_bytes <= 0 or self.max_pixels <= 0 or self.max_kept_pixels <= 0:
            raise InputError(
                f"Limits are {self.max_bytes} bytes, {self.max_pixels} pixels and {self.max_kept_pixels} pixels kept; "
                "expected positive numbers."
            )

    def check_bytes(self, name: str, count: int) -> None:
        """Raise InputError if the file `name`, `count` bytes long, is empty or too large to be read."""
        if count == 0:
            raise InputError(f"{name} is empty (0 bytes); expected a picture: copy or export it again.")
        if count > self.max_bytes:
            raise InputError(
                f"{name} has {count / 1e6:.1f} MB; at most {self.max_bytes / 1e6:g} MB are read: "
                f"save it smaller, or {self.more_bytes}."
            )

    def check_pixels(self, name: str, size: tuple[int, int]) -> None:
        """Raise InputError if `size` (height, width), as announced by the header of `name`, is not usable."""
        height, width = size
        if height <= 0 or width <= 0:
            raise InputError(f"{name} announces {width}x{height} pixels; expected at least one: export it again.")
        if height * width > self.max_pixels:
            raise InputError(
                f"{name} announces {width}x{height} pixels ({height * width / 1e6:.1f} million); at most "
                f"{self.max_pixels / 1e6:g} million are read: scale it down, or {self.more_pixels}."
            )


DEFAULT_LIMITS = Limits()
