"""The network: residual U-Net, targets, losses, metrics, presets, model files, inference."""
