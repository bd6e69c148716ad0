"""The PixelCNN that Spence's lecture names, on binarized MNIST; see README.md."""
