"""What a worth says in sentences: who won under each replacement, and whether the replacement decides."""

from vizlab.experiments.modalities.meeting import NEGLIGIBLE
from vizlab.experiments.modalities.panels import UNITS_WRITTEN
from vizlab.experiments.modalities.worth import Worth
from vizlab.views.formatting import real_minus, with_unit


def signed(value: float, unit: str) -> str:
    """With a sign, a real minus, and its unit: "+0.161", "−0.030 m", "+1.2°"; what rounds to nothing has no sign."""
    text = f"{value:+.1f}" if unit == "degrees" else f"{value:+.3f}"
    return with_unit(real_minus(text) if text.strip("+-0.") else text[1:], UNITS_WRITTEN[unit])


def winner_sentences(worth: Worth) -> list[str]:
    """One for each replacement, and a last one where two replacements name two winners or one of them none."""
    return [_won(worth, name) for name in worth.maps] + _verdict(worth)


def _won(worth: Worth, name: str) -> str:
    totals = worth.maps[name].totals()
    order = sorted(totals, key=lambda player: -totals[player])
    said = ", ".join(f"{player} {signed(totals[player], worth.unit)}" for player in order)
    won = worth.winners[name]
    if won is None:
        even = signed(NEGLIGIBLE[worth.unit], worth.unit).lstrip("+")
        return f"Missing replaced by {name}: {said}; the first two are as good as even (less than {even} apart)."
    return f"Missing replaced by {name}: {said}; {won} was worth most."


def _verdict(worth: Worth) -> list[str]:
    winners = worth.winners
    if worth.turned:
        return ["The replacement turns the winner round: on this picture neither can be said to be worth more."]
    if len(set(winners.values())) > 1:
        return ["One replacement names a winner, the other does not: on this picture it depends on the replacement."]
    return []
