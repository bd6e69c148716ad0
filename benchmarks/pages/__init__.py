"""What RESULTS.md and the cards of shipped weights say: templates hold the prose, modules the tables."""
