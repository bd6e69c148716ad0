"""The tests run on the CPU, also where there is a GPU: there they are exact, bit for bit."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
