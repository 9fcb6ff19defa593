"""Backends: the network in TensorFlow, JAX or PyTorch, and in LiteRT (int8)."""
