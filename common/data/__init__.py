"""What is trained on: the embedded sets, one's own pictures, batches, a ring of Gaussians."""
