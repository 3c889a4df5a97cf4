"""Model cards: what a checkpoint is, how it was trained, what it scores, where it stops."""

from vizlab.cards.contents import result_of, training_card, with_evaluation
from vizlab.cards.sections import Section, card_markdown, card_sections

__all__ = ["Section", "card_markdown", "card_sections", "result_of", "training_card", "with_evaluation"]
