"""The network: presets, targets, losses, metrics, model files, decoding and inference."""
