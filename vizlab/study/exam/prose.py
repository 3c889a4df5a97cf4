"""What stands fixed in a written exam: it says what is asked and how it is graded, and nothing that was found."""

TITLE = "# Do explanations point to the modality that was needed?"
WHAT = """
An exam is a set of rendered rooms with objects of which it is known, by construction, from which modality they can be
told. A network is graded by need, and an explanation of it by whether it points to the modality that was needed. Where
no sensor has a fault that is exact: of an object that needs colour the depth map has no trace, of one that needs depth
the colour picture has none.
"""
FAULTS = """
Faults of a sensor turn needs: where colour is broken, what could be told from either needs depth, and what needed
colour can be told by nobody; where depth is broken, likewise. So some of the objects that need rgb or depth are
furniture of either kind, and where a modality is broken one sees that it is. Objects whose pixels a fault divides, and
those of which little is seen, are not asked about.
"""
GRADED = """
An output names an object rightly if it does so at more than half of its visible pixels. *Both, one of two*: for slabs,
the share whose own class is likelier than the other of the two, at more than half of the pixels, the mean over the two
classes: one answer for all is right in half of them, and what sees one modality alone can only guess.
"""
EXPLAINED = """
Every explanation gives an object a number from -1, all colour, to 1, all depth: for two amounts, the difference of
their sizes over the sum of their sizes. *Shapley value*: of the modalities, for the mean probability of the object's
class over its pixels, exact, with what stands in for a missing modality after the comma. *Gradient x input* and
*integrated gradients*: what of the mean logit of that class is attributed to each modality, over the whole picture
(captum; the baselines are the mean colour and a plane at the median depth); *total* compares the sums, *size* the sums
of absolute values. *Received*: what came to the object's place from the stream of colour against what came from that of
depth, one's own included, the mean over sites; of one stream. *Effect of the exchange*: how far a stream's
probabilities at the object's place are from those with all exchange between modalities cut (total variation, 0 to 1),
where none is all its own modality and 1 all the other; of one stream. For an ensemble of streams the last two are not
defined.
"""
COLUMNS = """
*Depth above rgb*: how often an object that needs depth has the higher number than one that needs colour, ties half
(area under the ROC curve); 0.5 is chance. *Depth above either*: the same against furniture that can be told from
either, which is of the same kinds: the harder question. *ρ with the need*: rank correlation with -1 for rgb, 0 for both
and either, 1 for depth. *Both above the rest*: how often an object that needs both modalities has the larger
interaction. An explanation can only point to what the network used, so the second table has those objects alone that
the output explained names rightly. The control explains nothing: it is the number of an object's pixels.
"""
LIMITS = """
An explanation is held against what was *needed*, not against what the network *used*. Where a network does not name an
object, it may have used neither, and an explanation that says so is not wrong; where it does, it may still have gone by
the context, which is in both modalities.

Flat things and furniture are not of the same classes, sizes and places. A number that knows the class alone would tell
many of them apart; what the control reaches says how much the size does. *Depth above either* is free of most of this,
being about furniture on both sides.

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
