"""Metrics of the crater mask: soft sums over the batch, as the baseline defines them."""

from typing import Any

from keras import ops

_EPSILON = 1e-7


def _split_mask(y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
    """True mask, predicted mask and weight of maps that may hold more channels."""
    weight = y_true[..., 1:2] if y_true.shape[-1] > 1 else ops.ones_like(y_true)
    return y_true[..., :1], y_pred[..., :1], weight


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Compute the share of pixels on the right side of 0.5."""
    mask, predicted, weight = _split_mask(y_true, y_pred)
    right = ops.cast(ops.equal(mask > 0.5, predicted > 0.5), "float32")
    return ops.sum(right * weight) / (ops.sum(weight) + _EPSILON)


def precision(y_true: Any, y_pred: Any) -> Any:
    """Compute soft true positives over soft predicted positives."""
    mask, predicted, weight = _split_mask(y_true, y_pred)
    return _ratio(ops.sum(mask * predicted * weight), ops.sum(predicted * weight))


def recall(y_true: Any, y_pred: Any) -> Any:
    """Compute soft true positives over labelled positives."""
    mask, predicted, weight = _split_mask(y_true, y_pred)
    return _ratio(ops.sum(mask * predicted * weight), ops.sum(mask * weight))


def f1(y_true: Any, y_pred: Any) -> Any:
    """Compute the harmonic mean of precision and recall."""
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return 2.0 * p * r / (p + r + _EPSILON)


def dice(y_true: Any, y_pred: Any) -> Any:
    """Compute the Dice coefficient, smooth 1."""
    mask, predicted, weight = _split_mask(y_true, y_pred)
    total = ops.sum(mask * weight) + ops.sum(predicted * weight)
    return (2.0 * ops.sum(mask * predicted * weight) + 1.0) / (total + 1.0)


def _ratio(part: Any, whole: Any) -> Any:
    return part / (whole + _EPSILON)


MASK_METRICS = (accuracy, precision, recall, f1, dice)
