"""The sources' steps as others would write them, to be timed beside this project's engines.

lectures.py plays each example's lecture.py, pytorch.py and dense_jax.py the same steps as somebody
at home in PyTorch or JAX writes them, ours.py this project's engines. worker.py plays one of them
in a process of its own. A step is one iteration, for mnist_wgan one critic update.
"""
