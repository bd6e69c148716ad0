"""Times of drawing, and the table of all families made of them and of the cards."""

import json

import pytest

from benchmarks import drawing
from benchmarks.pages import families
from tests.commands import ROOT


@pytest.mark.slow
def test_each_family_draws_in_each_round(tmp_path):
    out = tmp_path / "drawing.json"
    drawing.work(drawing.Config(count=2, rounds=2, out=out))
    document = json.loads(out.read_text())
    assert [*document["draws"]] == [*drawing.FAMILIES]
    assert all(len(s) == 2 and min(s) > 0 for s in document["draws"].values())


def test_the_table_has_nats_of_those_that_have_them_and_the_real_scores_beside(tmp_path):
    session = {"command": "python -m a", "device": "CPU", "python": "3", "packages": {}}
    scores = {name: {"mean": 0.5} for name in families.SHOWN}
    for name, more in [("mnist_wgan", {}), ("beyond/vae", {"likelihood": {"bound_5000": -87.04}})]:
        evaluation = {"scores": scores, "real": dict.fromkeys(families.SHOWN, 0.25), **more}
        card = {"evaluation": evaluation, "seconds": 120, "run": {"device": "CPU, made up, 2"}}
        folder = tmp_path / name / "pretrained"
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps(card))
    draws = {"mnist_wgan": [0.2], "beyond.vae": [0.1, 0.3, 0.2]}
    document = {"count": 100, "draws": draws, "seconds": 3, "commit": "0123456789", **session}
    lines = families.beside(document, tmp_path).splitlines()
    assert lines[0].startswith("| family | log p(x), nats | classifier score (1 to 10) | ")
    assert "100 digits in" in lines[0]
    assert (
        lines[2].startswith("| mnist_wgan: Wasserstein GAN")
        and "| none | 0.500 (0.250) |" in lines[2]
    )
    assert (
        "| -87.0 | 0.500 (0.250) |" in lines[3]
        and "| 0.2 s (0.1 s to 0.3 s) | 2 min on CPU |" in lines[3]
    )


def test_the_result_is_of_all_families():
    document = json.loads(drawing.Config().out.read_text())
    assert [*document["draws"]] == [*drawing.FAMILIES] and document["count"] == 100
    for name in drawing.FAMILIES:
        assert (ROOT / name.replace(".", "/") / "pretrained" / "card.json").is_file()
