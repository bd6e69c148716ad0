"""A run that several tests look at."""

import pytest

from fashion_gan import train
from tests.commands import play


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """The folder of a small run of an image example, with its report.html."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    play(train.main, "--preset", "smoke", "--run-dir", folder)
    return folder
