"""A page on which a class plays the lectures' games; see README.md."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))  # a user's own common.py hides ours
import common  # noqa: F401  (first, so that TensorFlow starts quietly, or not at all)
