"""Model cards: what a checkpoint is, how it was trained, what it scores, where it stops."""

from vizlab.study.cards.contents import result_of, with_evaluation
from vizlab.study.cards.sections import Section, card_markdown, card_sections

__all__ = ["Section", "card_markdown", "card_sections", "result_of", "with_evaluation"]
