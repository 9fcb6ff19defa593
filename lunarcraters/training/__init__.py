"""Training: samples, scenes, distillation, fitting, checkpoints and history."""
