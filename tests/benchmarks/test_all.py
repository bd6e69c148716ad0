import os
import shutil

from benchmarks import all as everything
from tests.commands import ROOT, command

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def test_commands_run_in_their_order_and_what_they_wrote_is_there(tmp_path):
    results = tmp_path / "benchmarks" / "results"
    results.mkdir(parents=True)
    shutil.copy(ROOT / "benchmarks" / "results" / "row_zero.json", results)
    argv = ["--commands", "plot_rows", "results_page"]
    done = command("benchmarks.all", *argv, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[::2] == [f"python -m benchmarks.{name}" for name in argv[1:]]
    assert "(benchmarks/results/row_zero.png)" in (tmp_path / "RESULTS.md").read_text()


def test_the_first_command_that_fails_ends_the_row(tmp_path):
    done = command(
        "benchmarks.all", "--commands", "plot_rows", "results_page", cwd=tmp_path, env=ENVIRONMENT
    )
    assert done.returncode == 2 and "has no results" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: benchmarks.plot_rows ended with")
    assert not (tmp_path / "RESULTS.md").exists()


def test_every_command_is_a_module_and_in_the_readme():
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in everything.COMMANDS:
        assert (ROOT / "benchmarks" / f"{name}.py").is_file()
        assert f"| `python -m benchmarks.{name}` |" in readme
