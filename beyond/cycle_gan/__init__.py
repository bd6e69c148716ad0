"""CycleGAN, which Nguyen's slides name: plain digits become striped ones and back; README.md."""
