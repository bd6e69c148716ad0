"""The examples' commands: train, sample, evaluate and report, from what an example declares."""
