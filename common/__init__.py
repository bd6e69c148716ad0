"""What the examples share. Importing it loads Keras without TensorFlow's start-up chatter."""

from common.quiet import load_keras

load_keras()
