"""What all tests need: the CPU also where there is a GPU, for it is exact, and a working Ctrl-C."""

import contextlib
import ctypes
import gc
import os
import signal

import pytest

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# As common.quiet sets it; a test that imports JAX first would have another level for all commands.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A background job of a script inherits an ignored Ctrl-C, one of nohup an ignored SIGHUP, and so
# would the commands under test.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Triton, which comes with PyTorch for CUDA, crashes if TensorFlow was imported before it.
with contextlib.suppress(ImportError):
    import triton  # noqa: F401


@pytest.fixture(scope="module", autouse=True)
def give_memory_back():
    """After each file: two processes that play two thousand tests would keep over 20 GB between
    them."""
    yield
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another system's C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@pytest.fixture(scope="module")
def example(request):
    """The example in whose folder a test stands, or the one that it has as a parameter."""
    return getattr(request, "param", request.path.parent.name)


@pytest.fixture(scope="module")
def shared(example):
    """The example's smallest game, whose steps take seconds to trace."""
    from tests import games

    return games.create_game(example)


@pytest.fixture
def game(shared):
    """The same game, and after the test its variables are what they were before."""
    from tests import games

    before = games.snapshot(shared)
    yield shared
    games.restore(shared, before)
