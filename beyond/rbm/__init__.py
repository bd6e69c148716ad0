"""The restricted Boltzmann machine that Spence's lecture names, on binarized MNIST: README.md."""
