"""The blog post's GAN with bilinear upsampling on MNIST; see README.md."""

import common  # noqa: F401  (first, so that TensorFlow starts quietly)
