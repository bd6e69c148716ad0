"""The slides' GAN that learns a one-dimensional distribution; see README.md."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
