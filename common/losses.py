"""Loss functions as the lectures' own library versions defined them."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gan_lectures")
def sparse_categorical_crossentropy_2017(y_true, y_pred):
    """Cross-entropy of class probabilities as Keras 2.0.8 computed it, (batch,).

    Probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm, so that the loss never
    exceeds 16.2 and a hopelessly wrong answer has no gradient. Today's Keras looks behind the
    softmax for the logits and clips nothing, on TensorFlow: in this game, where a critic's outputs
    reach the thousands, its class loss would do so too.

    Args:
        y_true: (batch, 1) or (batch,), integer classes.
        y_pred: (batch, classes), probabilities that sum to 1.
    """
    # The clipped tensor is a new one, without the attribute by which Keras finds the logits.
    return ops.sparse_categorical_crossentropy(y_true, ops.clip(y_pred, 1e-7, 1 - 1e-7))
