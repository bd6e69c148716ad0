"""Progressive growing, which Nguyen's slides name: digits of 4, 8, 16, 32 pixels; README.md."""
