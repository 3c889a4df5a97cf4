"""What stands fixed in a written exam: it says what is asked and how it is graded, and nothing that was found."""

from vizlab.study.exam.exchange import CUT, RECEIVED
from vizlab.study.exam.explanations import SHAPLEY
from vizlab.study.exam.gradients import INPUT, INTEGRATED

TITLE = "# Do explanations point to the modality that was needed?"
WHAT = """
An exam is a set of rendered rooms with objects of which it is known, by construction, from which modality they can be
told. A network is graded by need, and an explanation of it by whether it points to the modality that was needed. Where
no sensor has a fault that is exact: of an object that needs colour the depth map has no trace, of one that needs depth
the colour picture has none.
"""
FAULTS = """
Faults of a sensor turn needs: where colour is broken, what could be told from either needs depth, and what needed
colour can be told by nobody; where depth is broken, likewise. Where a modality is broken one sees that it is: so
objects that need rgb or depth *by a fault* are counted apart from those that were built to, and explanations are not
held against them. Objects whose pixels a fault divides, and those of which little is seen, are not asked about.
"""
GRADED = """
An output names an object rightly if it does so at more than half of its visible pixels. *Both, one of two*: for slabs,
the share whose own class is likelier than the other of the two, at more than half of the pixels, the mean over the two
classes: one answer for all is right in half of them, and what sees one modality alone can only guess.
"""
SCORE = """
Every explanation gives an object a number from -1, all colour, to 1, all depth: for two amounts, the difference of
their sizes over the sum of their sizes.
"""
EXPLAINED = {
    SHAPLEY: """
*Shapley value*: of the modalities, for the mean probability of the object's class over its pixels, exact, with what
stands in for a missing modality after the comma.
""",
    INPUT: """
*Gradient x input*: what of the mean logit of that class is attributed to each modality, over the whole picture, by one
gradient (captum); *total* compares the sums, *size* the sums of absolute values.
""",
    INTEGRATED: """
*Integrated gradients*: the same by the mean gradient along the straight path from the baseline to the picture (captum).
""",
    RECEIVED: """
*Received*: what came to the object's place from the stream of colour against what came from that of depth, one's own
included, the mean over sites; of one stream, and not defined for an ensemble.
""",
    CUT: """
*Effect of the exchange*: how far a stream's probabilities at the object's place are from those with all exchange
between modalities cut (total variation, 0 to 1), where none is all its own modality and 1 all the other; of one stream,
and not defined for an ensemble.
""",
}
"""By explanation."""
CONTROLLED = """
Controls explain nothing, and know neither picture nor network: the number of an object's pixels, its height in the
picture, its distance to the picture's centre (row and column as shares of the picture's sides), and the *need at its
place elsewhere*: whether more of what needs depth or of what needs colour lies within its outline in all the other
pictures, as shares of all that there is of either. How far one of them is from chance, either way, is what the layout
alone tells.
"""
COLUMNS = """
*Depth above rgb*: how often an object that needs depth has the higher number than one that needs colour, ties half
(area under the ROC curve); 0.5 is chance. *Depth above either*: the same against furniture that can be told from
either, which is of the same kinds: the harder question. *ρ with the need*: rank correlation with -1 for rgb, 0 for both
and either, 1 for depth. *Both above the rest*: how often an object that needs both modalities has the larger
interaction. An explanation can only point to what the network used, so the second table has those objects alone that
the output explained names rightly.
"""
LIMITS = """
An explanation is held against what was *needed*, not against what the network *used*. Where a network does not name an
object, it may have used neither, and an explanation that says so is not wrong; where it does, it may still have gone by
the context, which is in both modalities.

Flat things and furniture are not of the same classes, sizes and places. A number that knows the class alone would tell
many of them apart; what the controls reach says how much size and place do. *Depth above either* is free of most of
this, being about furniture on both sides.

Rendered rooms are not photographs, and furniture without colours of its own is met nowhere. What a network trained on
photographs does with it is what it does with something that it never saw.

Intervals are over pictures, with the network as it is: another training of it may be graded otherwise.

Many figures are compared: of twenty whose truth is chance, one is to be expected to have an interval apart from it.
"""
"""One paragraph for each."""
MADE = """
`vizlab scenes exam DIR`, `vizlab exam CHECKPOINT... --data DIR --out docs/exam.json` and `vizlab exam-report
docs/exam.json --out docs/exam.md`. The page opens the result in its tab Study.
"""
