import csv
import json
import math
import re

import numpy as np
import pytest
from PIL import Image

from common import compare
from common.figures import curves
from tests.commands import play, refused

SETTINGS = {"preset": "slides", "learning_rate": 0.5, "batch_size": 128, "seed": 0}


def make_run(folder, score, ended="finished", losses=((0, 1.0), (10, 2.0)), **settings):
    """Write the folder of a run of distribution_gan whose last Wasserstein-1 distance is score."""
    folder.mkdir(parents=True)
    document = {"example": "distribution_gan", "settings": {**SETTINGS, **settings}}
    document |= {"ended": ended} if ended else {}
    (folder / "config.json").write_text(json.dumps(document))
    rows = [f"{iteration},0,{loss},{score},0.5\n" for iteration, loss in losses]
    head = "iteration,epoch,d_loss,wasserstein_1,seconds\n"
    (folder / "losses.csv").write_text(head + "".join(rows))
    Image.new("L", (4, 4), int(10 * score) if score < 20 else 0).save(folder / "final.png")
    return folder


@pytest.fixture
def sweep(tmp_path):
    """A sweep: learning rates 0.2 and 0.5, three seeds and two; one diverged, one not begun."""
    folder = tmp_path / "sweep"
    for seed, score in enumerate((4.0, 5.0, 9.0)):
        make_run(folder / f"a-{seed}", score, learning_rate=0.2, seed=seed)
    make_run(folder / "b-0", 2.0)
    make_run(folder / "b-1", 1.0, "diverged: iteration 11: loss d_loss is NaN or infinite", seed=1)
    names = ["a-0", "a-1", "a-2", "b-0", "b-1", "b-2"]
    (folder / "sweep.json").write_text(json.dumps({"example": "x", "trials": names}))
    return folder


def test_a_spread_is_the_mean_and_students_interval():
    """Of 4, 5, 9: mean 6, deviation sqrt((4 + 1 + 9) / 2); t of two degrees of freedom 4.302653."""
    found = compare.spread([4.0, 5.0, 9.0])
    assert (found.mean, found.runs) == (6.0, 3)
    assert found.half == pytest.approx(4.302653 * math.sqrt(7) / math.sqrt(3), rel=1e-6)
    assert str(found) == "6 ± 6.6"
    assert compare.spread([4.0]) == (4.0, None, 1) and str(compare.spread([4.0])) == "4"


def test_the_table_has_a_line_for_each_setting_best_first(sweep, capsys):
    play(compare.main, sweep)
    table, states = capsys.readouterr().out.splitlines()[:3], capsys.readouterr()
    assert [line.split("  ") for line in table] and table[0].split() == [
        "learning-rate", "runs", "wasserstein_1",
    ]  # fmt: skip
    assert table[1].split(maxsplit=2) == ["1", "0.5", "1 of 2; 1 diverged  2"]
    assert re.split(r"\s{2,}", table[2]) == ["2", "0.2", "3", "6 ± 6.6"]
    assert states.err == ""


def test_what_did_not_finish_is_named(sweep, capsys):
    make_run(sweep / "b-2", 1.0, None, seed=2)
    (sweep / "b-2/final.png").unlink()
    (sweep / "a-2/config.json").write_text("{")
    play(compare.main, sweep)
    out = capsys.readouterr().out
    assert "b-1: diverged: iteration 11: loss d_loss is NaN or infinite\n" in out
    assert "b-2: died\n" in out and "a-2: unreadable: its config.json is damaged\n" in out
    page = (sweep / "compare.html").read_text()
    assert "<tr><th>b-2</th><td>died</td></tr>" in page


def test_csv_and_json_have_every_run_and_number(sweep):
    play(compare.main, sweep)
    with open(sweep / "compare.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["a-0", "a-1", "a-2", "b-0", "b-1", "b-2"]
    assert (rows[1]["learning_rate"], rows[1]["seed"], float(rows[1]["wasserstein_1"])) == (
        "0.2", "1", 5.0,
    )  # fmt: skip
    assert rows[5]["state"] == "not begun" and rows[5]["d_loss"] == ""
    document = json.loads((sweep / "compare.json").read_text())
    first, second = document["settings"]
    assert (first["learning_rate"], first["runs"]) == (0.5, ["b-0", "b-1"])
    assert second["numbers"]["wasserstein_1"] == {
        "mean": 6.0, "half": pytest.approx(6.5724, abs=1e-4), "runs": 3,
    }  # fmt: skip
    assert document["score"] == "wasserstein_1"


def test_the_page_needs_nothing_else_and_names_best_and_worst(sweep):
    play(compare.main, sweep)
    page = (sweep / "compare.html").read_text()
    assert "http:" not in page and "https:" not in page and 'src="data:image/png' in page
    assert "Best: b-0, wasserstein_1 2<" in page and "Worst: a-2, wasserstein_1 9<" in page
    assert page.count("<svg ") == 2  # of d_loss and wasserstein_1
    play(compare.main, sweep)
    assert (sweep / "compare.html").read_text() == page


def test_runs_by_name_go_where_out_says_and_by_the_score_asked_for(tmp_path, capsys):
    one = make_run(tmp_path / "one", 1.0, losses=[(0, 7.0)])
    other = make_run(tmp_path / "other", 2.0, losses=[(0, 3.0)], batch_size=64)
    play(compare.main, one, other, "--score", "d_loss", "--out", tmp_path / "page.html")
    assert (tmp_path / "page.csv").exists() and (tmp_path / "page.json").exists()
    assert capsys.readouterr().out.splitlines()[1].split() == ["1", "64", "1", "3"]
    err = refused(capsys, compare.main, one, "--score", "fid", "--out", tmp_path / "page.html")
    assert "--score is fid, but the runs have d_loss, wasserstein_1" in err


def test_what_is_no_run_is_one_line(tmp_path, capsys):
    assert "is neither a run nor a sweep" in refused(capsys, compare.main, tmp_path)
    assert "no runs; name folders" in refused(capsys, compare.main)
    assert "must be an .html" in refused(capsys, compare.main, tmp_path, "--out", "x.txt")


def test_a_band_is_the_mean_and_the_ends_over_runs_that_got_so_far():
    """Runs of d_loss 0, 2, 4 at 0, 10, 20 and of 4, 8 at 0, 20, which are 2 and 6 at 10; a third
    one ended at 10 with 10."""
    rows = [
        [{"iteration": i, "d_loss": v} for i, v in zip(places, values, strict=True)]
        for places, values in (((0, 10, 20), (0, 2, 4)), ((0, 20), (4, 8)), ((0, 10), (2, 10)))
    ]
    runs = [compare.Read("r", None, "finished", rows=some) for some in rows]
    found = compare.band(runs, "d_loss")
    np.testing.assert_array_equal(found.x, [0, 10, 20])
    np.testing.assert_array_equal(found.mean, [2, 6, 6])
    np.testing.assert_array_equal(found.low, [0, 2, 4])
    np.testing.assert_array_equal(found.high, [4, 10, 8])
    assert compare.band(runs, "g_loss") is None
    figure = curves.draw_bands({"1": found}, "d_loss")
    (line,), (area,) = figure.axes[0].lines, figure.axes[0].collections
    np.testing.assert_array_equal(line.get_ydata(), found.mean)
    assert area.get_paths()[0].get_extents().ymax == 10
