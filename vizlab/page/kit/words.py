"""Sentences that several panels share."""

SHARE = (
    "A share is what one site mixes for this picture: Cov(contribution, output) over Var(output), summed over "
    "channels. Residual paths go around the site, so it is not what reaches the output."
)
STRIP_SENTENCE = (
    "Each thumbnail is one site, from input to output: bright is where a target received most from other streams, "
    "relative to the site's own signal; the number is their share. Click one to open it over the photograph."
)
SAME = "same for every picture"
THIS = "this picture"
