"""The lecture's deep convolutional GAN on Fashion-MNIST; see README.md."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
