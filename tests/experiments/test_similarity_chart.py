"""The chart of similarities: every value at its site, in the network's order."""

from tests.conftest import make_model
from vizlab.core.site_words import site_words
from vizlab.experiments.similarity.charts import similarity_chart
from vizlab.experiments.similarity.streams import stream_similarity
from vizlab.rgbd import RGBDImage


def test_every_value_stands_at_its_site(small_rgbd: RGBDImage) -> None:
    model = make_model("mti-net")
    found, words = stream_similarity(model, small_rgbd), site_words(model.sites)
    figure = similarity_chart(found, words)
    names = [site.name for site in model.sites if site.additive]
    drawn = {}
    for trace in figure.data:
        for x, y in zip(trace.x, trace.y, strict=True):
            drawn[trace.name, names[y]] = x
    expected = {(f"{o.place.first} and {o.place.second}, {o.place.when}", o.place.site): o.cka for o in found}
    assert drawn == expected
    assert list(figure.layout.yaxis.range) == [len(names) - 0.5, -0.5]
    assert figure.layout.yaxis.labelalias[str(1)] == words[names[1]].label
    assert "Similarity is not influence" in figure.layout.title.text
