# %% [markdown]
# # How sensitive is a GAN?
#
# "GANs are very sensitive to hyperparameters", says Nguyen. So: one small GAN, a few learning
# rates, a few seeds, and nothing else changed. Which of the two decides how a game ends? All of it
# takes two minutes on two cores.
#
# The game is that of `distribution_gan`, which learns a distribution of single numbers
# ([06_distribution_gan](06_distribution_gan.ipynb) has its networks and its steps). Its score is the
# Wasserstein-1 distance between generated and real numbers: 0 is best, and two samples of the real
# distribution are about 0.04 apart.

# %%
# %matplotlib inline
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import Markdown

from common import compare, sweep
from common.figures import curves, style

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"
EPOCHS = {"quick": 8, "smoke": 1}[PRESET]
RATES = {"quick": [0.05, 0.2, 0.5, 1, 2], "smoke": [0.5, 1]}[PRESET]
SEEDS = {"quick": 4, "smoke": 2}[PRESET]
FOLDER = Path(tempfile.mkdtemp()) / "sweep"

# %% [markdown]
# ## Play them all
#
# In a terminal the next cell is one line; every run in it is what `python -m distribution_gan.train`
# makes, with a folder of its own:
#
#     python -m common.sweep distribution_gan --learning-rate 0.05 0.2 0.5 1 2 --seeds 0-3 --epochs 8

# %%
flags = ["distribution_gan", "--preset", PRESET, "--epochs", EPOCHS, "--log-every", 26]
flags += ["--iterations", "None", "--learning-rate", *RATES, "--seeds", f"0-{SEEDS - 1}"]
sweep.main([str(word) for word in [*flags, "--folder", FOLDER]]);

# %% [markdown]
# ## A map of scores
#
# A row for each learning rate, a column for each seed.

# %%
compare.compare([FOLDER])
runs = json.loads((FOLDER / "compare.json").read_text())["runs"]
scores = {run["run"]: run["numbers"].get("wasserstein_1", np.nan) for run in runs}
table = np.array([[scores[f"learning-rate-{r}_seed-{s}"] for s in range(SEEDS)] for r in RATES])


def draw_map(table, title):
    """Draw scores, a row for each learning rate and a column for each seed."""
    figure = style.new_figure(0.5 * len(RATES) + 1, 0.9 * SEEDS + 2)
    axis = figure.subplots()
    style.draw_numbers(axis, table, title, fixed=True)
    axis.set_xticks(range(SEEDS), [f"seed {seed}" for seed in range(SEEDS)])
    axis.set_yticks(range(len(RATES)), [f"rate {rate}" for rate in RATES])
    return figure


draw_map(table, "Wasserstein-1 distance at the end")
