"""Starts Keras without TensorFlow's messages, and sets how TensorFlow uses a machine."""

import os
import platform
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
    if platform.machine() in ("x86_64", "AMD64"):
        # Without instructions for neural networks (AVX512-VNNI, AMX) TensorFlow leaves oneDNN off,
        # whose convolutions are faster there too, and which keeps freed memory: benchmarks.onednn.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            import keras  # noqa: F401
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except ModuleNotFoundError as error:
            if error.name != os.environ.get("KERAS_BACKEND"):
                raise
            line = f"error: KERAS_BACKEND is {error.name}, which is not installed; leave it out"
            os.write(stderr, f"{line}, or for JAX: pip install jax\n".encode())
            raise SystemExit(2) from None
        except BaseException:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
