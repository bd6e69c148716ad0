"""Pictures and figures: samples in rows and columns, curves, densities, networks, convolutions.

A picture is a uint8 array, a figure a matplotlib Figure. Functions whose names begin with draw_
draw on axes that they are given (curves.draw_losses apart); the others return a new Figure, which a
notebook shows as the last expression of a cell after %matplotlib inline.
"""
