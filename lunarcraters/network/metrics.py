"""Metrics of the crater mask, as soft sums over the batch (the baseline's definitions)."""

from typing import Any

import tensorflow as tf

_EPSILON = 1e-7


def _mask_of(y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
    """True mask, predicted mask and weight, whatever else the maps hold."""
    weight = y_true[..., 1:2] if y_true.shape[-1] > 1 else tf.ones_like(y_true)
    return y_true[..., :1], y_pred[..., :1], weight


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Share of pixels on the right side of 0.5."""
    mask, found, weight = _mask_of(y_true, y_pred)
    right = tf.cast(tf.equal(mask > 0.5, found > 0.5), tf.float32)
    return tf.reduce_sum(right * weight) / (tf.reduce_sum(weight) + _EPSILON)


def precision(y_true: Any, y_pred: Any) -> Any:
    """Soft true positives over soft predicted positives."""
    mask, found, weight = _mask_of(y_true, y_pred)
    return _ratio(tf.reduce_sum(mask * found * weight), tf.reduce_sum(found * weight))


def recall(y_true: Any, y_pred: Any) -> Any:
    """Soft true positives over true positives."""
    mask, found, weight = _mask_of(y_true, y_pred)
    return _ratio(tf.reduce_sum(mask * found * weight), tf.reduce_sum(mask * weight))


def f1(y_true: Any, y_pred: Any) -> Any:
    """Harmonic mean of precision and recall."""
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return 2.0 * p * r / (p + r + _EPSILON)


def dice(y_true: Any, y_pred: Any) -> Any:
    """Dice coefficient, smooth 1."""
    mask, found, weight = _mask_of(y_true, y_pred)
    total = tf.reduce_sum(mask * weight) + tf.reduce_sum(found * weight)
    return (2.0 * tf.reduce_sum(mask * found * weight) + 1.0) / (total + 1.0)


def _ratio(part: Any, whole: Any) -> Any:
    return part / (whole + _EPSILON)


MASK_METRICS = (accuracy, precision, recall, f1, dice)
