"""The restricted Boltzmann machine that Spence's lecture names, on binarized MNIST; see README.md."""
