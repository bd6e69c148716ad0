"""What common.quiet sets before TensorFlow starts."""

import os
import platform
import subprocess
import sys

import pytest

from tests.commands import ROOT

SETTING = "TF_ENABLE_ONEDNN_OPTS"
CONVOLVE = """
import common
import tensorflow as tf


@tf.function
def convolve(images, taps):
    return tf.nn.conv2d(images, taps, 2, "SAME")


convolve(tf.ones((32, 14, 14, 64)), tf.ones((5, 5, 64, 128)))
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only set there")
def test_convolutions_are_those_of_onednn():
    """Also where TensorFlow leaves it off by itself: oneDNN tells what it was asked to compute."""

    def told(**setting):
        environment = {name: value for name, value in os.environ.items() if name != SETTING}
        done = subprocess.run(
            [sys.executable, "-c", CONVOLVE], cwd=ROOT,
            env={**environment, "ONEDNN_VERBOSE": "1", **setting},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    assert "exec,cpu,convolution" in told()
    # A setting from outside stays.
    assert "exec,cpu,convolution" not in told(**{SETTING: "0"})
