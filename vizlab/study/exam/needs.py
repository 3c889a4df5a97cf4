"""The kinds of need: from which modality an object of an exam can be told, by construction."""

NOT_ASKED, RGB, DEPTH, BOTH, EITHER, NONE = range(6)
"""The codes of the maps in need/."""
NEEDS: tuple[str, ...] = ("not asked", "rgb", "depth", "both", "either", "none")
"""Their names, by code."""
SAID: dict[str, str] = {
    "rgb": "flat things, such as pictures, rugs and screens: the depth with and without them is the same",
    "depth": "furniture in the colours of what is behind it: the colour picture with and without it is the same",
    "both": "slabs that bear one of two patterns and stand out or lie flush: the class is the exclusive or of the two",
    "either": "furniture as it is, in both modalities",
    "none": "whatever cannot be told any more, since a fault of a sensor took the modality that was needed",
    "not asked": "the rest of the room",
}
"""What each kind is made of."""
SIGNED: dict[int, int] = {RGB: -1, BOTH: 0, EITHER: 0, DEPTH: 1}
"""Where an explanation should point, from -1, all colour, to 1, all depth; what nobody can tell has no such place."""
FAULTS: tuple[str, ...] = ("none", "rgb", "depth", "both")
"""Which modality is broken, by the codes of the maps in fault/."""
CHANCE = 0.5
"""Of telling apart the two classes of `both`, which count alike, by one answer for all; of an area under the curve."""
