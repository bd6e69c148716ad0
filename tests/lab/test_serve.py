"""python -m lab: serves the page and a run's state on this machine, and only reads the run."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab import follow
from tests.commands import ROOT, command

TITLE = "binarized_gan, preset smoke, seed 0"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run that has ended: iterations 0 to 2, each logged."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = command("binarized_gan.train", "--preset", "smoke", "--run-dir", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(trained, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@contextlib.contextmanager
def served(*words):
    """Run the command inside the block; yields its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *map(str, words), "--no-browser"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("The lab: http://127.0.0.1:"), line
        yield int(line.split(":")[3].split("/")[0])
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def get(port, path, host=None):
    """The status and the content of an answer; the path goes as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def state(port):
    status, content = get(port, "/run.json")
    assert status == 200
    return json.loads(content)


def test_page_alone_is_the_committed_one():
    with served() as port:
        assert get(port, "/") == (200, (ROOT / "lab" / "lab.html").read_bytes())
        assert get(port, "/run.json")[0] == 404


def test_run_is_told_and_not_touched(run):
    def look():
        return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
                for path in sorted(run.rglob("*"))}  # fmt: skip

    before = look()
    with served(run) as port:
        assert b'<meta name="run" content="' in get(port, "/")[1]
        seen = state(port)
        assert seen["title"] == TITLE and seen["iteration"] == 2 and seen["ended"]
        assert seen["losses"]["iteration"] == [0, 1, 2] and seen["flaws"] == []
        assert seen["panels"][0]["title"] == "Loss"
        assert get(port, "/run/final.png") == (200, (run / "final.png").read_bytes())
        status, newest = get(port, f"/run/{seen['newest']['name']}")
        assert status == 200 and newest.startswith(b"\x89PNG")
    assert look() == before


def test_run_can_be_trained_while_it_is_followed(run):
    with served(run) as port:
        assert state(port)["iteration"] == 2
        done = command("binarized_gan.train", "--resume", run, "--epochs", 2, "--iterations", 5)
        assert done.returncode == 0, done.stderr
        assert state(port)["losses"]["iteration"] == [0, 1, 2, 3, 4]


def test_half_written_and_damaged_files_are_told(run):
    with served(run) as port:
        with open(run / "losses.csv", "a") as file:
            file.write("3,0,0.5,")  # as a row is that is being written
        assert state(port)["iteration"] == 2 and state(port)["flaws"] == []
        (run / "losses.csv").write_bytes(b"\xff\xfe\x00 no text")
        (run / "metrics.csv").write_text("iteration,score\n0,1.5\nhello\n1,NaN\n2,2.5\n")
        (run / "failures.txt").write_bytes(b"0: \xff\n")
        seen = state(port)
        assert seen["losses"] == {} and seen["scores"] == {"iteration": [0, 2], "score": [1.5, 2.5]}
        assert len(seen["flaws"]) == 2
        shutil.rmtree(run)
        assert state(port)["newest"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/run/config.json", "/run/generator.keras", "/run/../config.json", "/../pyproject.toml",
        "/run/samples/../config.json", "/run/samples/%2e%2e/config.json", "/run//etc/passwd",
        "/run/samples/000000.npz", "/etc/passwd", "/run/", "/lab/serve.py",
    ],
)  # fmt: skip
def test_nothing_else_is_served(trained, path):
    with served(trained) as port:
        assert get(port, path) == (404, b"")


def test_pages_from_elsewhere_get_nothing(trained):
    with served(trained) as port:
        assert get(port, "/run.json", host="attacker.example")[0] == 403
        assert get(port, "/run.json", host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nowhere"], "error: nowhere does not exist; name the folder of a run that train made"),
        (["README.md"], "error: README.md is no folder; name the folder of a run that train made"),
        (
            ["docs"],
            "error: docs is not a run: it has no config.json; name a folder that train made",
        ),
        (["--port", "70000"], "error: --port is 70000, but must be from 0 to 65535"),
        (["--prot", "1"], "error: Unrecognized options: --prot, 1; --help lists the options"),
    ],
)
def test_mistakes_are_one_line(words, line):
    done = command("lab", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{line}\n")


@pytest.mark.parametrize(
    "document", ['{"example": "os", "settings": {}}', "[]", "{", '{"example": 3, "settings": {}}']
)
def test_a_damaged_config_is_one_line(tmp_path, document):
    (tmp_path / "config.json").write_text(document)
    done = command("lab", tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ") and str(tmp_path) in done.stderr


def test_a_taken_port_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("lab", "--port", port)
    told = f"error: port {port} is in use; name another --port, or none\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_it_starts_without_keras(trained):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "lab", str(trained), "--port", "70000"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "common.settings" in names and "lab.follow" in names
    assert not {"tensorflow", "jax", "keras.src"} & names


def test_page_follows_a_run(browser, run):
    with served(run) as port:
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        wrong = []
        page.on(
            "console", lambda line: line.type in ("error", "warning") and wrong.append(line.text)
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/#tab=follow")
        page.wait_for_selector(".curves svg path")
        assert page.inner_text(".follow h2") == TITLE
        assert "Iteration 2" in page.inner_text(".follow p >> nth=0")
        page.wait_for_function("document.querySelector('.samples img')?.naturalWidth > 100")
        rows = (run / "losses.csv").read_text().splitlines()
        with open(run / "losses.csv", "a") as file:
            file.write(rows[-1].replace("2,", "700,", 1) + "\n")
        page.wait_for_function(
            "document.querySelector('.follow').innerText.includes('Iteration 700')"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        context.close()
    assert wrong == []


def test_a_page_that_nobody_serves_tells_how(open_page):
    page = open_page("tab=follow", "!!document.querySelector('pre')")
    assert page.inner_text("pre") == "python -m lab RUN"


def test_thin_keeps_the_last_row():
    rows = [{"iteration": float(i), "loss": i / 2} for i in range(follow.ROWS * 2 + 1)]
    kept = follow.thin(rows)
    assert len(kept) == 401 and kept[-1] == rows[-1] and kept[0] == rows[0]
    assert kept[1]["iteration"] == 3
    assert follow.thin([]) == [] and follow.thin(rows[:600]) == rows[:600]
    assert follow.thin([{"iteration": 0.0}, *rows[1:3]]) == rows[1:3]


@pytest.mark.parametrize(
    ("settings", "last", "share", "left"),
    [
        # A quarter took 100 s, so the rest takes 300.
        ({"iterations": 400}, {"iteration": 99.0, "seconds": 100.0}, 0.25, 300),
        (
            {"iterations": None, "epochs": 50},
            {"iteration": 9000.0, "epoch": 10.0, "seconds": 20.0},
            0.2,
            80,
        ),
        ({"iterations": 10, "epochs": 2}, {"iteration": 9.0, "epoch": 0.0, "seconds": 5.0}, 1, 0),
        ({"iterations": "many"}, {"iteration": 9.0, "seconds": 5.0}, None, None),
        ({"iterations": 10}, {}, 0, None),
    ],
)
def test_progress(settings, last, share, left):
    found = follow.progress(settings, last)
    assert (found["share"], found["left"]) == (share, left)
