import json

import pytest

from benchmarks import onednn
from benchmarks.pages import speeds
from common import status


@pytest.mark.slow
def test_a_race_has_each_round_of_both_ways_and_a_row_of_the_page(tmp_path, capsys):
    out = tmp_path / "onednn.json"
    config = onednn.Config(works=("dcgan",), rounds=2, seconds=0.1, out=out)
    assert status.run(lambda: onednn.work(config)) == 0
    ways = json.loads(out.read_text())["works"]["dcgan"]
    assert list(ways) == list(onednn.WAYS)
    assert all(len(way["seconds"]) == 2 and min(way["seconds"]) > 0 for way in ways.values())
    assert capsys.readouterr().out.startswith("dcgan: ")
    rows = speeds.of_onednn(json.loads(out.read_text()))["times"].splitlines()
    assert len(rows) == 3 and len({row.count("|") for row in rows}) == 1
    assert rows[-1].startswith("| dcgan | ")
