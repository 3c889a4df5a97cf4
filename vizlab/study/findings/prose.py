"""What stands fixed in a written study: it says what is measured, and no number or order of anything found."""

MEASURED = """
An *edge* is what one stream adds to another at one site. Its *share* is its part of the variance over pixels of what
the site hands on: the covariance of the part with the sum, over the sum's variance. *Cut*: the edge is replaced by
what the network would have without the exchange (own channels back, or zeros for a block or a message), and all that
follows is computed anew. *Moves*: how far the answer is from what it was (KL of class probabilities in nats, RMS in
metres, angle of normals). *Worse*: the signed change of the task's own metric over the set (mIoU, RMSE, mean angle)
and, of classes, of the mean log p of the true class; positive is worse. *Where*: the rank correlation, over the cells
of a picture, of what came with what moved. Rank correlations ρ (Spearman) are over the edges into one target, of means
over pictures; edges without a share (propagation) are cut but not among them.
"""
PREDICTS = """
*By place alone*: the site's place in network order instead of the share (of sites that work side by side, the order in
which they are listed); *place held*: the partial rank correlation.
*Where*: mean over edges and pictures. *Which picture*: ρ over pictures of an edge's share and its effect, for the
median edge. Intervals are over pictures, with the edges as they are: a narrow one says that other pictures would
rank these edges alike, not that another network's would be.
"""
LEADERS = """
An edge is picked as the largest, the strongest or the worst on the very pictures on which it is then measured, which
flatters it.
"""
WORTH = """
φ are exact Shapley values of the set's figure (two players, four forwards); interaction above 0 is synergy. Neither
replacement is "nothing": a mean is no picture, and another picture's modality contradicts the one that is left.
"""
EXPECTED = """
mIoU in percent by which modalities are there, and to expect when each is missing independently with probability p.
"""
ERRORS = """
Dropped modalities and what else has no severities are left out of these means. An error over a network's own flatters
one that starts badly, and mCE compares with one network alone: three figures of different things.
"""
RESPONSES = """
Means over the graded corruptions of that modality at their worst, in points of the share that a site takes from other
streams. A stream that takes more from others when its input breaks may merely carry less of its own: the response is of
amounts, and what it is good for is not in it.
"""
SIMILAR = """
Unbiased linear CKA. Where a dash stands a site does not show a stream before it mixed, and CKA after it is taken.
"""
TOLD = """
On {} pictures. *Told*: how much of the variance of what comes on an edge the best linear map from the target's own
features at that site predicts, cell by cell, on cells it was not fitted on (four folds of a checkered picture, no
penalty). Own features are what the target adds there itself or, where channels are replaced, those that are not. What
is told brings little that is new; what is not may still be noise. Below 0 the map misses by more than the channels'
means do, as where it has found only chance. *Too few cells*: for so many features. *Nothing comes*: the share of that
edge is 0 in every picture.
"""
ZEROS = """
A plain zero is no cut: where channels are replaced, a cut gives the target its own back, and a zero puts there what no
network was trained on. What follows is out of distribution and measures no importance. Where parts are summed the two
are the same.
"""
CLAIMS = """
"confirmed": the interval lies within what was claimed; "refuted": it lies above or below; "even": the two overlap.
Where a trial gave one figure, a tenth of it to both sides counts as the same. One word for all figures of a row, or
one each.
"""
LIMITS = (
    "The sampling unit is the picture: no interval speaks of other trainings or other networks.",
    "A rank correlation over a few edges is coarse, and edges of neighbouring sites are not independent.",
    "Cutting is one replacement of several. A block or a message set to zero is out of distribution for a network that "
    "never saw it, so what is lost may be the shock and not the information; own channels put back are closer to what "
    "was seen. Means, or another picture's parts, would give other effects.",
    "A share is of variance: a part that the target's own features could predict counts as exchanged, and what is the "
    "same at every pixel does not count.",
    "Effects of single cuts say nothing of pairs: of two sites that stand in for each other, each looks idle.",
    "Some intervals miss 0 by chance: 95 % of them are right, and there are many.",
    "The shipped result is rounded: each picture's number to {bits} bits, counted pixels in steps of {pixels} whose "
    "sums "
    "over the set are kept. The figures here are those of the rounded file.",
)
MADE = """
```
vizlab study CONFIG --data DIR --out STUDY
vizlab study-report STUDY/study.npz --out docs/study.md --claims docs/study/claims.toml --keep docs/study.npz
vizlab study-report docs/study.npz --out docs/study.md --claims docs/study/claims.toml
```

The last line alone makes this text and its figures from the small result, which the page's tab Study opens; a test
makes the text again and compares it byte by byte.
"""
SHARES = "Effect and damage of each edge against its share, all networks on the same axes"
SITES = "Share that came from other streams at each site, and mIoU that is lost when the site is cut"
SENSORS = "mIoU left on broken pictures, and how the share from other streams responds at each site"


def joined(text: str) -> str:
    """Without the breaks of this file's lines; paragraphs and code stay."""
    return text.strip() if "```" in text else " ".join(text.split())
