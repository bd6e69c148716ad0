"""A run that several tests look at."""

import pytest

from fashion_gan import train


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """The folder of a small run of an image example, with its report.html."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    assert train.main(["--preset", "smoke", "--run-dir", str(folder)]) == 0
    return folder
