"""RESULTS.md and the cards of shipped weights: prose in templates, tables computed by modules."""
