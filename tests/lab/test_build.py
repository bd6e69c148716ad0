"""The page is what its sources make, and one file."""

import re
import shutil
import subprocess

import pytest

from tests.commands import ROOT

LAB = ROOT / "lab"
PAGE = LAB / "lab.html"


@pytest.fixture(scope="module")
def npm():
    """npm, with the page's libraries; without them these tests have nothing to build with."""
    if not (shutil.which("npm") and (LAB / "node_modules").is_dir()):
        pytest.skip("to build the page install npm, then: cd lab && npm ci")
    return "npm"


def test_page_is_what_its_sources_make(npm, tmp_path):
    made = tmp_path / "made.html"
    subprocess.run(["node", "build.mjs", str(made)], cwd=LAB, check=True, capture_output=True)
    assert made.read_bytes() == PAGE.read_bytes()


def test_sources_are_linted(npm):
    done = subprocess.run([npm, "run", "lint"], cwd=LAB, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_page_is_small_and_needs_no_other_file():
    page = PAGE.read_text()
    assert len(page.encode()) < 12_000_000
    assert not re.search(r'<(script|link|img|iframe)[^>]+(src|href)="(?!data:)', page)


def test_every_library_is_pinned():
    package = (LAB / "package.json").read_text()
    versions = re.findall(r'"@?[a-z/-]+": "(\d[^"]*)"', package)
    assert len(versions) >= 7 and all(re.fullmatch(r"\d+\.\d+\.\d+", v) for v in versions)
    assert '"^' not in package and '"~' not in package
    assert "integrity" in (LAB / "package-lock.json").read_text()
