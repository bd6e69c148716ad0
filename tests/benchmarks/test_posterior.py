"""Classifiers of generative networks: Bayes' rule by hand, and the command from end to end."""

import json

import numpy as np
import pytest

from benchmarks import posterior
from beyond.vae import train as vae
from tests.commands import ROOT, command


def test_a_joint_probability_becomes_a_posterior_by_bayes_rule():
    """Of P(x, y) = 0.1, 0.3 the posterior is 1/4, 3/4; shares that would underflow do no harm."""
    joint = np.log([[0.1, 0.3], [0.3, 0.1]]) + np.array([[0], [-2000]])
    np.testing.assert_allclose(np.exp(posterior.log_posterior(joint)), [[0.25, 0.75], [0.75, 0.25]])


def test_what_is_judged_is_the_label():
    chances = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    told = -np.log([0.25, 0.8]).mean()
    found = posterior.judge(chances, np.array([2, 1]))
    assert found == {"accuracy": 0.5, "nats": pytest.approx(told, abs=1e-4)}


def test_a_vae_learns_one_digit():
    images = np.arange(4, dtype="uint8")[:, None, None] * np.ones((1, 28, 28), "uint8")
    (learned,) = posterior.of_digit(7, images, np.array([7, 1, 7, 3]))
    assert learned.shape == (2, 28, 28, 1) and vae.BLACK == 0
    np.testing.assert_allclose(learned[:, 0, 0, 0], [0, 2 / 255])


@pytest.mark.slow
def test_the_command_classifies_and_goes_on(tmp_path):
    out, work = tmp_path / "posterior.json", tmp_path / "work"
    argv = ["--epochs", "1", "--critic-iterations", "1", "--test-images", "100"]
    argv += ["--work", str(work), "--out", str(out)]
    done = command("benchmarks.posterior", *argv, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    document = json.loads(out.read_text())
    judged = document["classifiers"]
    # After one epoch of sixty batches the joint probability reads most digits.
    assert judged["a VAE for each digit"]["accuracy"] > 0.8
    assert judged["the classifier that scores, grey"]["accuracy"] > 0.95
    done = command("benchmarks.posterior", *argv, cwd=ROOT)
    assert json.loads(out.read_text())["classifiers"] == judged  # the runs are there


def test_the_result_is_of_all_test_images():
    document = json.loads(posterior.Config().out.read_text())
    assert document["test_images"] == 10_000 and not document["commit"].endswith("-dirty")
    judged = document["classifiers"]
    assert judged["a VAE for each digit"]["accuracy"] > 0.95
