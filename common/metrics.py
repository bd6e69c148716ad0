"""How often a discriminator is right; the training step's own answers, no extra."""

from keras import ops


def accuracy_real(y_true, y_pred, threshold=0.5):
    """Share of the real images that are called real; a scalar, NaN without reals.

    Args:
        y_true: (batch, 1), 1 for real images and 0 for fakes.
        y_pred: (batch, 1), the discriminator's probability that an image is real, or its logit.
        threshold: above it an image is called real; 0.5 for probabilities, 0 for logits.
    """
    real = ops.cast(y_true, "float32")
    return ops.sum(real * ops.cast(y_pred > threshold, "float32")) / ops.sum(real)


def accuracy_fake(y_true, y_pred, threshold=0.5):
    """Share of the fakes that are not called real; see accuracy_real()."""
    fake = 1.0 - ops.cast(y_true, "float32")
    return ops.sum(fake * ops.cast(y_pred <= threshold, "float32")) / ops.sum(fake)
