"""A DCGAN that keeps all five guidelines of Nguyen's slide, and each taken back; see README.md."""
