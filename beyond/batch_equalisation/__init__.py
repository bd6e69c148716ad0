"""The batch equalisation of Gale and Eglen's slides, on digits of four experimenters: README.md."""
