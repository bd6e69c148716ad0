"""The two networks of the slide "Training Code" (N. Gale and S. Eglen)."""

from keras import Sequential, layers

INPUT = 10  # length of the noise, the slide's `input`, which it leaves open
SAMPLES = 1  # numbers that D judges at a time, the slide's `samples`, which it leaves open


def create_generator():
    """Slide "Training Code", `G(input, samples)`: 52,550 parameters.

    Returns:
        A Model from noise (batch, 10), uniform on (0, 1), to numbers (batch, 1) in [-0.5, 0.5];
        float32 under any dtype policy, since bfloat16 would round them to steps.
    """
    return Sequential(
        [
            layers.Input((INPUT,)),
            layers.Dense(50, activation="relu"),
            layers.Dense(1000, activation="relu"),
            layers.Dense(SAMPLES, activation="tanh", use_bias=False, dtype="float32"),
            layers.Rescaling(0.5, dtype="float32"),  # the slide's x -> 0.5 * tanh(x)
        ],
        name="generator",
    )


def create_discriminator():
    """The same slide, `D(samples)`: 5,301 parameters.

    Returns:
        A Model from numbers (batch, 1), scaled into [-0.5, 0.5], to the probability (batch, 1)
        that they are real; float32 under any dtype policy.
    """
    return Sequential(
        [
            layers.Input((SAMPLES,)),
            layers.Dense(100, activation="relu"),
            layers.Dense(50, activation="relu"),
            layers.Dense(1, activation="sigmoid", dtype="float32"),
        ],
        name="discriminator",
    )
