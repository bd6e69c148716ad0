"""The page of a run; the same by the real command of every example: test_examples.py."""

import base64
import io
import json
import shlex
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.commands import report
from common.runs import folders, tables
from common.settings import parse
from fashion_gan import train
from fashion_gan.report import main
from tests.commands import play, refused


class Page(HTMLParser):
    """A page's elements, as (tag, dict of attributes), and its text."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(Path(path).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, text):
        self.text += text

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def written(folder):
    """The page that the command writes of a run."""
    play(main, folder)
    return Page(folder / "report.html")


@pytest.fixture
def copied(reported, tmp_path):
    return Path(shutil.copytree(reported, tmp_path / "copied"))


def change_settings(folder, **settings):
    """Write other settings into a run's config.json."""
    document = json.loads((folder / "config.json").read_text())
    document["settings"] |= settings
    (folder / "config.json").write_text(json.dumps(document))


def test_a_page_needs_nothing_from_outside(reported):
    page = Page(reported / "report.html")
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            wanted = "data:image/" if (tag, name) == ("img", "src") else "#"
            assert attributes.get(name, wanted).startswith(wanted)
    text = (reported / "report.html").read_text(encoding="utf-8")
    assert "http:" not in text and "https:" not in text and "@import" not in text
    assert not page.all("link") and not page.all("iframe")
    assert all(image["alt"] for image in page.all("img"))
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    assert viewport in page.all("meta")


def test_a_page_shows_the_run(reported):
    page = Page(reported / "report.html")
    curves = [svg["aria-label"] for svg in page.all("svg")]
    assert len(curves) == 2 and "d_loss" in curves[0] and "d_accuracy_fake" in curves[1]
    for name in ("iteration", "Discriminator's accuracy"):  # in the curves
        assert name in page.text
    for name in {*report.PICTURES} - {"real.png"}:  # which only own images have
        content = base64.b64encode((reported / name).read_bytes()).decode()
        assert any(image["src"].endswith(f",{content}") for image in page.all("img")), name
    last = folders.read_losses(reported)[-1]
    document = json.loads((reported / "config.json").read_text())
    for shown in (f"{last['g_loss']:.6g}", document["device"], document["commit"], "--batch-size"):
        assert str(shown) in page.text
    assert "python -m fashion_gan.train --preset smoke\n" in page.text


def test_quiz_has_real_and_fake_images(reported):
    page = Page(reported / "report.html")
    fake = [b["data-fake"] == "true" for b in page.all("button") if "data-fake" in b]
    assert len(fake) == report.TILES and sum(fake) == report.FAKES
    sources = [i["src"] for i in page.all("img") if i["alt"].startswith("Image ")]
    images = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(s.partition(",")[2])))) for s in sources
    ]
    training = {image.tobytes() for image in report.datasets.load("fashion_mnist").x_train[:100]}
    for image, is_fake in zip(images, fake, strict=True):
        assert image.shape == (28, 28) and (image.tobytes() in training) != is_fake


def test_metrics_and_evaluation_are_shown(copied):
    for iteration in (0, 2):
        row = {"iteration": iteration, "frechet_distance": 50.5 - iteration}
        tables.log_rows(copied / "metrics.csv", [row])
    scores = {"recall": {"mean": 0.125, "deviation": 0.01}, "by": {"mean": [1], "deviation": [0]}}
    document = {"scores": scores, "real": {"recall": 0.75}, "count": 1000, "seeds": 3}
    (copied / "evaluation.json").write_text(json.dumps(document))
    text = written(copied).text
    for shown in ("50.5", "48.5", "Fréchet distance; better: lower", "0.125 ± 0.01", "0.75"):
        assert shown in text


def test_what_is_missing_is_left_out(copied):
    for name in ("losses.csv", "final.png", "progress.png", "progress.gif", "generator.keras"):
        (copied / name).unlink()
    page = written(copied)
    assert "Nothing was logged yet" in page.text and "has no generator.keras" in page.text
    assert not page.all("img") and not page.all("svg")


def test_quiz_is_left_out_where_the_data_is_gone_or_changed(copied, tmp_path):
    for data_dir, reason in [(str(tmp_path / "gone"), "does not exist"), (None, "is not what")]:
        change_settings(copied, data_dir=data_dir, training_images=99 if data_dir is None else 100)
        page = written(copied)
        assert "There is no quiz: " in page.text and reason in page.text
        assert not page.all("button") and len(page.all("img")) == 3


def test_hostile_texts_are_shown_not_obeyed(copied):
    hostile = "/x\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;$line"
    document = json.loads((copied / "config.json").read_text())
    document |= {"device": hostile, "packages": {hostile: hostile}, hostile: [hostile]}
    (copied / "config.json").write_text(json.dumps(document))
    change_settings(copied, data_dir=hostile)
    page = written(copied)
    assert len(page.all("script")) == 1 and not any("onerror" in a for _, a in page.elements)
    assert page.text.count(hostile) >= 6


def test_the_line_gives_the_settings_again():
    argv = ["--preset", "quick", "--seed", "7", "--learning-rate", "0.00001", "--resize",
            "--data-dir", "my own; images", "--iterations", "12"]  # fmt: skip
    config = parse("", train.PRESETS, "", None, argv)
    words = report.shell_words({"example": "fashion_gan"}, config, train.PRESETS["quick"])
    assert words[:5] == ["python", "-m", "fashion_gan.train", "--preset", "quick"]
    assert len(words) == len(argv) + 3
    again = shlex.split(" ".join(words))[3:]
    assert parse("", train.PRESETS, "", None, again) == config
    plain = report.shell_words({"example": "fashion_gan"}, train.SLIDES, train.SLIDES)
    assert plain == ["python", "-m", "fashion_gan.train", "--preset", "slides"]


def test_the_reports_mistakes_are_one_line(copied, tmp_path, capsys):
    assert "is not a run" in refused(capsys, main, tmp_path)
    assert "RUN" in refused(capsys, main)
    (copied / "evaluation.json").write_text('{"scores": {"recall": 1}}')
    assert "evaluation.json is damaged" in refused(capsys, main, copied)
    change_settings(copied, batch_size="many")
    assert "config.json is damaged" in refused(capsys, main, copied)


def test_a_report_that_fails_loses_no_run(tmp_path, capsys, monkeypatch):
    def fail(folder, example):
        raise RuntimeError("out of\nink")

    monkeypatch.setattr(report, "write", fail)
    play(train.main, "--preset", "smoke", "--run-dir", tmp_path)
    assert capsys.readouterr().out.endswith("No report: out of ink\n")
    assert (tmp_path / "generator.keras").is_file() and (tmp_path / "final.png").is_file()
