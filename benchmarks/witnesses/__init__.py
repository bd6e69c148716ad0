"""The libraries and texts of the sources' time, each a program by itself."""
