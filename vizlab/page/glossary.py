"""What the page's words mean, in one place: the words of the field as well as ours, each with its source.

In formulas `c[s]` is what source s adds to a target at a site, `y` their sum, `o` the sum of what other streams add; E,
Var and Cov are over the picture's pixels in each channel, `ch` the site's channels (see `vizlab.core.reduction`).
"""

import json
from dataclasses import asdict, dataclass

from vizlab.core import reduction

OURS = "vizlab"
CHANNELS = "Wang et al., NeurIPS 2020"
TOKENS = "Wang et al., CVPR 2022"
STAGES = "Gao et al., CVPR 2019"
SCALES = "Vandenhende et al., ECCV 2020"
GATED = "Xu et al., CVPR 2018"
STITCH = "Misra et al., CVPR 2016"
REDUCTION = f"{OURS}, {reduction.__name__.removeprefix('vizlab.')}"


@dataclass(frozen=True)
class Term:
    """A word as it is listed, one or two sentences, and where they come from.

    `forms` are the other spellings that are marked; `formula` is empty where no sum stands behind the word.
    """

    name: str
    sentence: str
    source: str = OURS
    forms: tuple[str, ...] = ()
    formula: str = ""
    not_after: tuple[str, ...] = ()
    """Words before it that give it another meaning, in which it is not marked."""
    not_before: tuple[str, ...] = ()


GLOSSARY = (
    Term("modality", "A kind of picture that a sensor gives: colour (rgb) or depth.", "the field", ("modalities",)),
    Term(
        "domain",
        "A picture of a scene of one kind, as image translation takes and makes them: the photograph, depth, normals, "
        "shading, edges, texture without light, light without texture.",
        "Wang et al., NeurIPS 2020",
        ("domains",),
    ),
    Term(
        "task",
        "What is to be predicted of every pixel: its class (semseg), its distance (depth), its surface's direction "
        "(normals) or whether it lies on an edge.",
        "the field",
        ("tasks",),
    ),
    Term(
        "stream",
        "One of a network's parallel branches: a modality where it fuses sensors, a task where it predicts several.",
        "the field",
        ("streams",),
    ),
    Term(
        "stage",
        "A run of consecutive layers of a network, mostly those that work at one resolution.",
        "the field",
        ("stages",),
    ),
    Term(
        "site",
        "A place in a network where its streams mix. Sites are counted from the input to the output.",
        OURS,
        ("sites",),
    ),
    Term(
        "exchange",
        "What streams do at a site: each takes something of the others. A channel, or a token, is exchanged where the "
        "other stream's takes its place.",
        f"{CHANNELS}; {TOKENS}",
        ("exchanged", "exchanges"),
    ),
    Term(
        "share",
        "Whose variation a site's output has in this picture: the covariance of what a source adds with the output, "
        "over the variance of the output, both summed over channels. The shares into one target sum to 1, one may be "
        "negative, and what is the same everywhere counts for nothing.",
        REDUCTION,
        ("shares", "cross-stream share", "cross-stream shares"),
        "sum_ch Cov(c[s], y) / sum_ch Var(y)",
        ("exchanged", "similar"),
        ("their", "its", "one", "a", "the", "of channels", "of all channels", "of pixels"),
    ),
    Term(
        "outside map",
        "Where what came from other streams differs most from its own mean: the root mean square over channels of "
        "what came less its mean, relative to the output's own deviation. It is not where most came.",
        REDUCTION,
        ("outside maps",),
        "sqrt(mean_ch((o - E(o))^2)) / sqrt(mean_ch(Var(y)))",
    ),
    Term(
        "energy",
        "How large what a source adds is: the mean over channels of its mean square, mean included. Energies do not "
        "add up.",
        REDUCTION,
        ("energies",),
        "mean_ch(E(c[s]^2))",
    ),
    Term(
        "gamma",
        "The scale with which a stream's own batch norm multiplies a channel. Near zero, the stream has hardly any "
        "use for that channel.",
        "Ioffe & Szegedy, ICML 2015",
        ("gammas", "γ"),
    ),
    Term(
        "token",
        "What a stream has at one place of a feature map, all channels together. Deeper in a network tokens are fewer, "
        "and each stands for a larger part of the picture.",
        "the field",
        ("tokens",),
    ),
    Term(
        "threshold",
        "Channels whose gamma is smaller in size than this are exchanged, or tokens whose score is.",
        f"{CHANNELS}; {TOKENS}",
    ),
    Term(
        "eligible",
        "Of a channel: training pushes its gamma to zero in this stream, so that it may come to be exchanged. Every "
        "stream has a part of the channels of its own.",
        CHANNELS,
    ),
    Term(
        "dead channel",
        "A channel whose gamma is below the threshold in every stream: what takes its place is next to nothing, too.",
        OURS,
        ("dead channels", "dead"),
    ),
    Term(
        "alpha",
        "A learnt weight of one stream in a sum of streams; in an ensemble, softmax makes the alphas add up to 1.",
        f"{CHANNELS}; {STITCH}",
        ("alphas",),
    ),
    Term(
        "drift",
        "How far training moved weights from where they started.",
        OURS,
        ("drifts",),
    ),
    Term(
        "effective rank",
        "How many directions a block of weights really passes on: exp of the entropy of its singular values, these "
        "divided by their sum. 1 for a single direction, all of them where all are alike.",
        "Roy & Vetterli, EUSIPCO 2007",
        ("effective ranks",),
    ),
    Term(
        "message",
        "What one task sends another at a scale: a convolution of its features, times a gate.",
        GATED,
        ("messages",),
    ),
    Term(
        "gate",
        "A number between 0 and 1 for every channel and place, which says how much of a message passes; not how much "
        "there was to pass.",
        GATED,
        ("gates", "gated"),
    ),
    Term(
        "distillation",
        "At a scale, each task adds the messages of the other tasks to its own features.",
        f"{GATED}; {SCALES}",
    ),
    Term(
        "affinity",
        "Whether two pixels belong together for a task: the same class, a similar depth, a similar direction. Tasks "
        "are compared by how often they agree about that.",
        SCALES,
        ("affinities", "pixel affinity"),
    ),
    Term(
        "dilation",
        "How far apart the pixels of a pair are, in pixels of the network's input.",
        SCALES,
        ("dilations",),
    ),
    Term(
        "kappa",
        "Agreement beyond chance: (agreement - chance) / (1 - chance). 1 is full agreement, 0 what chance gives.",
        "Cohen 1960",
        ("κ",),
    ),
    Term(
        "logits",
        "A network's scores for the classes of a pixel, before they are made probabilities.",
        "the field",
        ("logit",),
    ),
    Term("confidence", "The probability that a network gives to the class it names at a pixel, 0 to 1.", "the field"),
    Term(
        "entropy",
        "How undecided a network is at a pixel, in nats: minus the sum over classes of p log p. 0 where it is sure, "
        "log of the number of classes where all are alike to it.",
        "Shannon 1948",
        not_before=("of",),
    ),
    Term(
        "ensemble",
        "One prediction made of several: the weighted sum of what the streams give, softmax of the alphas as weights.",
        CHANNELS,
        ("ensembles",),
    ),
    Term(
        "edge",
        "What one stream sends to another at one site.",
        OURS,
        ("edges",),
        not_before=("stream", "detection", "map"),
    ),
    Term(
        "total effect",
        "How far an answer moves when an edge is cut and everything after it is computed anew: KL of the class "
        "probabilities in nats, RMS in metres, mean angle. It says nothing of better or worse.",
        "Pearl 2001; Vig et al., NeurIPS 2020",
        ("total effects",),
    ),
    Term(
        "direct effect",
        "The same while every later site still gets what it got before; what is left of the total is indirect.",
        "Pearl 2001; Vig et al., NeurIPS 2020",
        ("direct effects",),
    ),
    Term(
        "sufficiency",
        "How much of the exchange's effect one edge brings alone: 1 less how far the answer is with all other edges "
        "cut, over how far it is with every edge cut.",
        OURS,
        formula="1 - D(only it kept) / D(all cut)",
    ),
    Term(
        "Shapley value",
        "What one modality was worth: its contribution, averaged over all orders in which modalities may come. A "
        "missing one is replaced, and the replacement may decide who wins.",
        "Shapley 1953",
        ("Shapley values",),
    ),
    Term(
        "completeness",
        "Whether an attribution adds up to the difference between the answer and that for the baseline; the residual "
        "is what it misses, relative to that difference.",
        "Sundararajan et al., ICML 2017",
    ),
    Term(
        "fusion response",
        "How a site's cross-stream share changes while a sensor gets worse: whether a network turns to the other "
        "stream.",
        OURS,
        ("fusion responses",),
    ),
    Term(
        "CKA",
        "Centred kernel alignment: how alike two streams' features are, 0 to 1, whatever their order of channels. "
        "Alike is not influenced.",
        "Kornblith et al., ICML 2019",
    ),
    Term("RMSE", "Root mean square error of depth, in metres; large errors count most.", "the field"),
    Term(
        "mIoU",
        "Mean over classes of intersection over union: the pixels that both call so, over those that either does.",
        "the field",
    ),
)


def as_json() -> str:
    """All terms for the browser; nothing in them ends the script element they stand in."""
    return json.dumps([asdict(term) for term in GLOSSARY], ensure_ascii=False).replace("</", "<\\/")
