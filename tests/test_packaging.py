import json
import re
import tomllib

from tests.commands import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_lock_pins_every_dependency_with_hashes_and_names_no_address():
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(
        r"^([a-z0-9_.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", lock, re.M
    )
    names = {name for name, _ in pins}
    assert {re.match(r"[\w-]+", requirement)[0] for requirement in wanted} <= names
    assert len(pins) == len(re.findall(r"^[a-z]", lock, re.M))
    assert "://" not in lock


def test_licence_and_citation_are_the_packages():
    citation = dict(re.findall(r"^(\S+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))
    for key in ("version", "license"):
        assert citation[key] == PROJECT[key]
    assert [name for name in PROJECT["license-files"] if not (ROOT / name).is_file()] == []


def test_readme_has_the_two_lines_on_its_first_screen():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines()[:20]]
    assert "pip install -e . && python -m mnist_wgan.train --preset quick" in lines
    assert 'pip install -e ".[test]" && pytest' in lines


def test_devcontainer_installs_the_notebooks_on_a_python_that_the_project_takes():
    comment, text = (ROOT / ".devcontainer/devcontainer.json").read_text().split("\n", 1)
    container = json.loads(text)
    assert comment.startswith("// ")
    assert container["postCreateCommand"] == "pip install -e '.[notebooks]'"
    assert "notebooks" in PROJECT["optional-dependencies"]
    python = container["image"].removeprefix("mcr.microsoft.com/devcontainers/python:")
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them: lower case, words joined by -."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_documents_link_to_files_and_headings_that_exist():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/**/*.md")]
    documents = [path for path in documents if "node_modules" not in path.parts]
    assert {"README.md", "RESULTS.md", "CHANGELOG.md"} <= {path.name for path in documents}
    for document in documents:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text()):
            path, _, anchor = target.partition("#")
            page = document.parent / path if path else document
            assert page.exists(), (document, target)
            assert not anchor or anchor in anchors(page), (document, target)
