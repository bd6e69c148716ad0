"""How good samples are: a classifier of real images, and metrics on its features."""
