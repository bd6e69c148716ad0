"""The tests, in a folder for each package; commands.py is for those of the examples."""
