"""The commands behind the figures of the READMEs; results/ holds what they measured."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
