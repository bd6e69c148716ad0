"""A run beside the rows that the lecture prints."""

import json
from dataclasses import replace

import pytest

from mnist_wgan import printed, train
from tests.commands import play

BANDS = {"script": {"100": {"0": {"d_true": [-3000, -2000], "d_fake": [3, 4]},
                            "50": {"d_true": [1000, 2000]}}}}  # fmt: skip
SCRIPT = train.PRESETS["script"]


def rows(**losses):
    """Rows 0, 25 and 50 of a run."""
    return [
        {"iteration": float(i), **dict.fromkeys(printed.LOSSES, -1500.0), **losses}
        for i in (0, 25, 50)
    ]


@pytest.fixture
def bands(tmp_path, monkeypatch):
    monkeypatch.setattr(printed, "BANDS", tmp_path / "bands.json")
    printed.BANDS.write_text(json.dumps(BANDS))


def test_each_printed_loss_stands_beside_the_runs_and_the_band(bands):
    sentence, heads, cells = printed.compare(SCRIPT, rows(d_fake=3.5))
    assert len(heads) == len(cells[0]) and [cell[0] for cell in cells] == [0] * 4 + [50] * 4
    # The lecture's -2837.692 is in the band of row 0, its 3.05 too; of row 50 the size, 1849.921.
    assert cells[0][2:] == (
        "-2,837.692", "-1,500.0000", "-3,000 to -2,000", "inside", "outside",
    )  # fmt: skip
    assert cells[1][2:] == ("3.05", "3.5000", "3 to 4", "inside", "inside")
    assert cells[4][4:] == ("size 1,000 to 2,000", "inside", "inside")
    assert cells[2][4:] == ("", "", "")  # no band
    assert sentence == (
        "Of 3 losses that the lecture prints, 2 of this run lie in the band of other seeds of "
        "preset script at batch 100, and 3 of the lecture; the report has them all."
    )


def test_without_a_band_of_its_batch_size_a_run_stands_beside_the_lecture_alone(bands):
    sentence, _, cells = printed.compare(replace(SCRIPT, batch_size=7), rows())
    assert len(cells) == 8 and all(cell[4:] == ("", "", "") for cell in cells)
    assert sentence.startswith("There are no bands of other seeds of preset script at batch 7;")


def test_other_presets_and_runs_without_a_printed_row_are_not_compared(bands):
    assert printed.compare(train.PRESETS["quick"], rows()) is None
    assert printed.compare(SCRIPT, rows()[1:2]) is None


def test_the_bands_that_ship_hold_the_lectures_first_number_at_every_batch_size():
    shipped = json.loads(printed.BANDS.read_text())
    for by_batch_size in shipped.values():
        for by_row in by_batch_size.values():
            assert printed.is_inside(0, printed.PRINTED[0][0], *by_row["0"]["d_true"])


def test_a_run_says_it_at_its_end_and_its_report_has_the_table(tmp_path, capsys):
    run = tmp_path / "run"
    tiny = ("--training-images", 100, "--no-bursts", "--critic-updates", 1, "--iterations", 1)
    play(train.main, "--preset", "script", *tiny, "--run-dir", run)
    assert "Of 4 losses that the lecture prints, " in capsys.readouterr().out
    page = (run / "report.html").read_text()
    assert "<h2>Beside the source</h2>" in page and "<td>-2,837.692</td>" in page
