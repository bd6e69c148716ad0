import json

import pytest

from benchmarks import memory, results_page
from common import command


@pytest.mark.slow
def test_the_race_itself_and_its_rows(tmp_path, capsys):
    out = tmp_path / "memory.json"
    config = memory.Config(works=("bilinear_gan",), rounds=2, seconds=0.1, out=out)
    assert command.run(lambda: memory.work(config)) == 0
    ways = json.loads(out.read_text())["works"]["bilinear_gan"]
    assert all(len(way["seconds"]) == 2 and min(way["seconds"]) > 0 for way in ways.values())
    # Batches of activations lie in new pages each time, or in the old ones.
    assert 10 * ways["kept"]["pages"] < ways["given back"]["pages"]
    assert capsys.readouterr().out.startswith("bilinear_gan: ")
    rows = [line for line in results_page.memory_lines(json.loads(out.read_text())) if "|" in line]
    assert len(rows) == 3 and len({row.count("|") for row in rows}) == 1
    assert rows[-1].startswith("| bilinear_gan | ")
