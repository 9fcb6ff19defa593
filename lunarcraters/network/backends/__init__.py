"""Backends: the network in TensorFlow and in LiteRT (int8)."""
