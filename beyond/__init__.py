"""What the lectures name without printing it: a folder each, with the files of every example."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))  # a user's own common.py hides ours
import common  # noqa: F401  (first, so that TensorFlow starts quietly)
