"""Starts Keras without TensorFlow's messages, and sets how TensorFlow takes memory."""

import os
import sys
import tempfile


def load_keras():
    """Import Keras and its backend, holding back what they print.

    TensorFlow 2.21 writes some lines ("oneDNN custom operations are on ...") straight to file
    descriptor 2, whatever TF_CPP_MIN_LOG_LEVEL says. If the import fails they are shown after all.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Otherwise TensorFlow takes all of a GPU's memory at once.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # On a CPU keep freed memory: the system zeroes it anew each time it is asked for, a tenth of
    # mnist_wgan's time.
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            import keras  # noqa: F401
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except BaseException:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
