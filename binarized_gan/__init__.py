"""The tutorial's dense GAN on binarized MNIST; see README.md."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
