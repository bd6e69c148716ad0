"""What common.quiet sets before TensorFlow starts."""

import os
import subprocess
import sys

import pytest

from tests.commands import ROOT

ALLOCATOR = "TF_CPU_ALLOCATOR_USE_BFC"
FAULTS = """
import resource

import common
import tensorflow as tf


def play(times):
    large = tf.zeros((16, 1024, 1024))  # 64 MiB, which the system's allocator never keeps
    for _ in range(times):
        large = large + 1.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


before = play(3)
print(play(10) - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count pages otherwise")
def test_freed_memory_is_kept():
    """Memory that the system hands out anew it zeroes, page by page, at the first touch."""

    def faults(**setting):
        environment = {name: value for name, value in os.environ.items() if name != ALLOCATOR}
        done = subprocess.run(
            [sys.executable, "-c", FAULTS], cwd=ROOT, env={**environment, **setting},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(done.stdout)

    pages = 10 * 64 * 2**20 / os.sysconf("SC_PAGE_SIZE")  # of ten sums
    assert faults() < 0.01 * pages
    # A setting from outside stays. The kernel may hand out pages of 2 MiB instead.
    assert faults(**{ALLOCATOR: "false"}) > 10 * 32
