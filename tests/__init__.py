"""The tests, in a folder for each package; commands.py and games.py are shared by the examples."""
