"""What the examples share. Importing it loads Keras without TensorFlow's start-up chatter."""

import os
import sys

if sys.argv[:1] == ["-m"]:
    # `python -m` looks into the user's folder first, where a file may have the name of one of ours
    # or of Python's: that folder comes last. Ours, put first for this import, comes where it was.
    here = os.path.dirname(os.path.dirname(__file__))
    try:
        there = os.getcwd()
    except OSError:  # it has been removed
        there = ""
    others = [path for path in sys.path[1:] if path not in ("", there)]
    sys.path[:] = [*([] if here in others else [here]), *others, there]

from common.quiet import load_keras

load_keras()
