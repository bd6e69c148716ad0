import json
import os

import pytest

from common.errors import UserError
from common.files import append_lines, whole, write_json


def test_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "a.bin"
    with pytest.raises(RuntimeError), whole(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []

    with whole(path) as file:
        file.write(b"first")
        assert not path.exists()  # not before it is complete
    with pytest.raises(KeyboardInterrupt), whole(path) as file:
        file.write(b"second")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first" and os.listdir(tmp_path) == ["a.bin"]


def test_json_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "facts.json"
    write_json(path, {"seed": 0, "losses": [0.1, -2.5]})
    assert json.loads(path.read_text()) == {"seed": 0, "losses": [0.1, -2.5]}
    assert path.read_text().startswith('{\n "seed": 0,\n') and path.read_text().endswith("}\n")
    with pytest.raises(TypeError):
        write_json(path, {"seed": object()})
    assert json.loads(path.read_text())["seed"] == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_full_disk_is_one_line_that_names_the_file():
    with pytest.raises(UserError, match="cannot write /dev/full: No space left on device"):
        append_lines("/dev/full", ["1,2"])


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    path = tmp_path / "no" / "a.bin"
    with pytest.raises(UserError, match=str(path)), whole(path):
        pytest.fail("the block must not run")


def test_a_link_stays_and_its_file_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "a.bin"
    link.symlink_to("there/b.bin")
    for content in (b"first", b"second"):  # the file is made, then replaced
        with whole(link) as file:
            file.write(content)
        assert link.is_symlink() and (tmp_path / "there" / "b.bin").read_bytes() == content
    assert len(list(tmp_path.rglob("*"))) == 3
