import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_lock_pins_every_dependency_with_hashes_and_names_no_address():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(
        r"^([a-z0-9_.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", lock, re.M
    )
    names = {name for name, _ in pins}
    assert {re.match(r"[\w-]+", requirement)[0] for requirement in wanted} <= names
    assert len(pins) == len(re.findall(r"^[a-z]", lock, re.M))
    assert "://" not in lock


def test_readme_has_the_two_lines():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines()]
    assert "pip install -e . && python -m mnist_wgan.train --preset quick" in lines
    assert 'pip install -e ".[test]" && pytest' in lines


def test_documents_link_to_files_that_exist():
    documents = [ROOT / "README.md", *ROOT.glob("[a-z]*/README.md")]
    assert len(documents) >= 2
    for document in documents:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), (document, target)
