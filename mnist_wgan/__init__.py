"""The lecture's conditional Wasserstein GAN on MNIST; see README.md."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
