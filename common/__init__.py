"""What the examples share. Importing it loads Keras without TensorFlow's start-up chatter."""

import os
import sys

if sys.argv[:1] == ["-m"]:
    # `python -m` looks into the user's folder first, where a file may have the name of one of ours
    # or of Python's: that folder comes last.
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    there = os.getcwd()
    others = [path for path in sys.path if path not in ("", here, there)]
    sys.path[:] = [here, *others, there]

from common.quiet import load_keras

load_keras()
