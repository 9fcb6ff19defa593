"""The network: residual U-Net, targets, losses, metrics, presets, model files, inference."""

import os

# TensorFlow reads it when it is imported; it would tell every user that there is no GPU.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
