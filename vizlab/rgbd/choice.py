"""Which array of a file with several is the depth, and which the colour: by shape and type, then by its name."""

from collections.abc import Sequence

from vizlab.errors import one_line
from vizlab.rgbd.files import Role, StoredFile
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, check_entry, why_no_colour, why_no_depth

# Names in use, best first, without capitals and signs: what NYUv2, SUN RGB-D, Hypersim, DIODE, habitat and
# nerfstudio's exporters call their arrays.
_NAMES: dict[Role, tuple[str, ...]] = {
    "depth": (
        *("depth", "depths", "depthmap", "depthmaps", "depthimage", "depthimg", "depthm", "depthmeters", "depthgt"),
        *("gtdepth", "depthz", "zdepth", "rawdepth", "rawdepths", "depthraw", "d", "z", "zbuffer", "distance"),
        *("dataset", "data"),
    ),
    "colour": ("rgb", "color", "colour", "image", "img", "images", "colors", "rgbimage", "colorimage", "rgbd"),
}
_PART: dict[Role, tuple[str, ...]] = {"depth": ("depth",), "colour": ("rgb", "color", "colour", "image")}
_NOT_DEPTH = ("conf", "mask", "valid", "std", "var", "uncert", "label", "intrinsic", "extrinsic", "pose", "weight")
_MATRICES = ((3, 3), (3, 4), (4, 4))  # intrinsics and poses, which lie beside depth
_LISTED = 5


def of_one(file: StoredFile, what: str, entry: Entry, limits: Limits) -> StoredArrays:
    """The file whose only array is `entry`. Raises InputError if it is too large, or neither depth nor colour."""
    return _arranged(file, what, [entry], "", limits)


def of_many(file: StoredFile, what: str, entries: Sequence[Entry], ask: str, limits: Limits) -> StoredArrays:
    """The file of `entries`. `ask` is the way out where it holds none, or does not say which: "save it with…"."""
    return _arranged(file, what, entries, ask, limits)


def _arranged(file: StoredFile, what: str, entries: Sequence[Entry], ask: str, limits: Limits) -> StoredArrays:
    depth, no_depth = _pick(file.name, entries, "depth", ask, what)
    colour, no_colour = _pick(file.name, entries, "colour", ask, what)
    for entry in (depth, colour):
        if entry is not None:
            check_entry(file.name, entry, limits)
    notes = _said(file.name, entries, depth) if len(entries) > 1 else ()
    return StoredArrays(file, what, depth, colour, no_depth, no_colour, notes=notes)


def _pick(name: str, entries: Sequence[Entry], role: Role, ask: str, what: str) -> tuple[Entry | None, str]:
    """The array that is `role`, or None and the sentence that says why."""
    for fitting in _tiers(entries, role):
        if len(fitting) == 1:
            return fitting[0], ""
        if chosen := _by_name(fitting, role):
            return chosen, ""
        if fitting:
            return None, _ambiguous(name, what, fitting, role, ask)
    return None, _none(name, what, entries, role, ask)


def _tiers(entries: Sequence[Entry], role: Role) -> list[list[Entry]]:
    """Candidates by how well they fit; a later tier counts only if the earlier ones are empty."""
    if role == "colour":
        channels = [entry for entry in entries if entry.is_colour and len(entry.layout) == 3]
        return [channels, [entry for entry in entries if entry.is_colour and len(entry.layout) == 2]]
    several = len(entries) > 1
    maps = [entry for entry in entries if entry.is_map and not (several and _is_beside(entry))]
    return [maps, [entry for entry in entries if entry.has_channels and entry.dtype.itemsize > 1]]


def _is_beside(entry: Entry) -> bool:
    return entry.layout in _MATRICES or any(part in _plain(entry) for part in _NOT_DEPTH)


def _by_name(fitting: Sequence[Entry], role: Role) -> Entry | None:
    by_name = {_plain(entry): entry for entry in reversed(fitting)}
    for wanted in _NAMES[role]:
        if wanted in by_name:
            return by_name[wanted]
    partly = [entry for entry in fitting if any(part in _plain(entry) for part in _PART[role])]
    return partly[0] if len(partly) == 1 else None


def _plain(entry: Entry) -> str:
    """The last part of the name, its letters only, small."""
    return "".join(c for c in entry.name.rsplit("/", 1)[-1].lower() if c.isalpha())


def _said(name: str, entries: Sequence[Entry], depth: Entry | None) -> tuple[str, ...]:
    rivals = [entry for entry in entries if entry.is_map and not _is_beside(entry)]
    if depth is None or len(rivals) < 2:
        return ()
    return (f"{name} holds {len(rivals)} arrays that could be depth; '{one_line(depth.name, 40)}' was read.",)


def _ambiguous(name: str, what: str, fitting: Sequence[Entry], role: Role, ask: str) -> str:
    key = "depth" if role == "depth" else "rgb"
    return (
        f"{name} is {what} with {len(fitting)} arrays that could be {role} ({_names(fitting)}); expected one, or one "
        f"named '{key}': {ask}."
    )


def _none(name: str, what: str, entries: Sequence[Entry], role: Role, ask: str) -> str:
    if not entries:
        return f"{name} is {what} with 0 arrays of numbers; expected one that is {role}: {ask}."
    likely = _by_name(entries, role) or (entries[0] if len(entries) == 1 else None)
    if likely is None:
        return f"{name} is {what} with {len(entries)} arrays ({_names(entries)}), none of them {role}: {ask}."
    subject = f"{name}" if len(entries) == 1 else f"'{one_line(likely.name, 40)}' in {name}"
    return why_no_depth(subject, likely) if role == "depth" else why_no_colour(subject, what, likely)


def _names(entries: Sequence[Entry]) -> str:
    names = ", ".join(one_line(entry.name, 24) for entry in entries[:_LISTED])
    return names + (", …" if len(entries) > _LISTED else "")
