"""The two minutes of demo.md, walked through on the real page and written as a film with captions.

    python docs/make_demo.py [--out demo.webm]

Needs Chromium and the extra `test`. What is on the screen after each step stays for as long as demo.md says, however
slow the machine is that this runs on.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from make_pictures import opened, ready
from numpy.typing import NDArray
from playwright.sync_api import Page

PAGE = Path(__file__).with_name("demo.md")
FRAMES_A_SECOND = 2
BAR = 44
"""Pixels under the page for the caption."""
SITE_14 = '[data-network^="cen-mobilenet"][data-site^="features.14."]'
CEN_14 = f".vz-map {SITE_14}"


@dataclass
class Step:
    """A row of demo.md: when it begins and ends, in seconds, and what is done."""

    begins: int
    ends: int
    does: str


def steps(text: str) -> list[Step]:
    """The rows of the table; the last says only when the one before it ends."""
    rows = re.findall(r"^\| (\d):(\d\d) \| ([^|]*)\|", text, re.MULTILINE)
    times = [60 * int(minutes) + int(seconds) for minutes, seconds, _ in rows]
    return [
        Step(begins, ends, does.strip())
        for begins, ends, (_, _, does) in zip(times[:-1], times[1:], rows[:-1], strict=True)
    ]


@dataclass
class Film:
    """Pictures of the page and how long each stays, in seconds."""

    page: Page
    caption: str = ""
    shots: list[tuple[NDArray[np.uint8], float]] = field(default_factory=list)

    def hold(self, seconds: float) -> None:
        png = np.frombuffer(self.page.screenshot(), np.uint8)
        shot = cv2.imdecode(png, cv2.IMREAD_COLOR)
        assert shot is not None
        self.shots.append((captioned(shot, self.caption), seconds))

    def save(self, path: Path) -> None:
        height, width = self.shots[0][0].shape[:2]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), FRAMES_A_SECOND, (width, height))
        ends = np.cumsum([seconds for _, seconds in self.shots])
        frames = np.diff(np.round(ends * FRAMES_A_SECOND).astype(int), prepend=0)
        for (shot, _), count in zip(self.shots, frames, strict=True):
            for _ in range(count):
                writer.write(shot)
        writer.release()


def captioned(shot: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    """H x W x 3 with a bar below, white on black."""
    bar = np.zeros((BAR, shot.shape[1], 3), np.uint8)
    cv2.putText(bar, caption, (16, 29), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (255, 255, 255), 1, cv2.LINE_AA)
    return np.concatenate([shot, bar])


def point(page: Page, film: Film, seconds: float) -> None:
    """Along the bed, on a network's classes."""
    box = page.locator(".vv-overlay").nth(1).bounding_box()
    assert box is not None
    for along in range(7):
        x, y = 0.35 + 0.05 * along, 0.55 + 0.03 * along
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(150)
        film.hold(seconds / 7)


def zoom(page: Page, film: Film, seconds: float) -> None:
    for key in ("+", "+", "+"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
        film.hold(seconds / 5)
    page.keyboard.press("0")
    page.wait_for_timeout(150)
    film.hold(2 * seconds / 5)


def wipe(page: Page, film: Film, seconds: float) -> None:
    choose(page, "semseg")
    page.get_by_label("wipe between photograph and layer").check()
    shares = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.5)
    for share in shares:
        page.locator('input[aria-label^="where the wipe"]').evaluate(
            "(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", share
        )
        film.hold(seconds / len(shares))
    page.get_by_label("wipe between photograph and layer").uncheck()


def one_class(page: Page, film: Film, seconds: float) -> None:
    page.locator(".vv-chip").nth(1).click()
    page.wait_for_timeout(300)
    film.hold(seconds)
    page.locator(".vv-chip").nth(1).click()


def site(page: Page, film: Film, seconds: float) -> None:
    page.locator(CEN_14).click()
    ready(page)
    film.hold(seconds)


def next_sites(page: Page, film: Film, seconds: float) -> None:
    for _ in range(3):
        page.keyboard.press("]")
        ready(page)
        film.hold(seconds / 3)


def cut(page: Page, film: Film, seconds: float) -> None:
    page.locator(CEN_14).click()
    page.wait_for_selector(f".vz-change-here{SITE_14}")  # until now it is another site's
    page.wait_for_selector("body:not(.vz-busy)")
    page.locator('.vz-change-here [data-by="cut"]').click()
    page.locator(".vz-change-effect").wait_for()
    page.locator(".vz-change-effect").evaluate("e => e.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(500)
    film.hold(seconds)
    page.evaluate("scrollTo(0, 0)")


def change(page: Page, film: Film, seconds: float) -> None:
    choose(page, "change")
    film.hold(seconds)


def another_room(page: Page, film: Film, seconds: float) -> None:
    room = page.locator(".vz-scene").nth(1)
    room.click()
    page.wait_for_selector(f'.vv-grid[data-scene="{room.get_attribute("data-scene")}"]')
    page.wait_for_selector("body:not(.vz-busy)")
    ready(page)
    film.hold(seconds)


def choose(page: Page, preset: str) -> None:
    """One of the stage's rows of layers."""
    page.locator(".vz-instrument button", has_text=re.compile(f"^{preset}$")).click()
    ready(page)


def look(page: Page, film: Film, seconds: float) -> None:
    film.hold(seconds)


WALK: list[Callable[[Page, Film, float], None]] = [
    look, point, zoom, wipe, one_class, site, next_sites, cut, change, another_room,
]  # fmt: skip
"""What is done at each row of demo.md."""


def walk(page: Page) -> Film:
    film = Film(page)
    for step, do in zip(steps(PAGE.read_text()), WALK, strict=True):
        film.caption = step.does
        do(page, film, step.ends - step.begins)
    return film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("demo.webm"))
    out = parser.parse_args().out
    with opened() as page:
        film = walk(page)
    film.save(out)
    print(f"{out}: {sum(seconds for _, seconds in film.shots):.0f} s, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
