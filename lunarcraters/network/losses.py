"""Losses of the networks, and which of them a network is trained by.

`y_true` are maps of `targets`, (n, height, width, 6), perhaps with those of a teacher behind them.
`y_pred` are maps of the network, one for each head. A network with the head `mask` alone has one in
both.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

from lunarcraters.network.targets import CHANNELS

Loss = Callable[[Any, Any], Any]
"""Function of targets and outputs, both (n, height, width, channels), that returns a scalar."""

_EPSILON = 1e-6
_TEACHER_EDGE_PX = 24  # more than the shift of its views
_TEACHER_THRESHOLD = 0.1  # its sizes count where its centre map is above this


def choose_loss(heads: tuple[str, ...]) -> Loss:
    """Choose the loss by the heads: `bce_dice` for `mask` alone, else `centre_size_mask`.

    Args:
        heads: Names of the output channels of the network.
    """
    return bce_dice if heads == ("mask",) else centre_size_mask


def bce_dice(y_true: Any, y_pred: Any) -> Any:
    """Compute the loss of the baseline: 0.5 cross-entropy + 0.5 (1 - Dice), smooth 1."""
    weight = ops.ones_like(y_true)
    return 0.5 * _bce(y_true, y_pred, weight) + 0.5 * (1.0 - _dice(y_true, y_pred, weight))


def centre_size_mask(y_true: Any, y_pred: Any) -> Any:
    """Compute the loss of centres, sizes and mask.

    It is the focal loss of the centres, twice the L1 norm of the log size, and a quarter of
    (cross-entropy + 1 - Dice) of the mask. Where `y_true` ends with the maps of a teacher, the
    difference from those is added.
    """
    labels = len(CHANNELS)
    loss = _label_loss(y_true[..., :labels], y_pred)
    if y_true.shape[-1] > labels:
        loss += _distillation_loss(y_true[..., labels:], y_pred)
    return loss


def _label_loss(y_true: Any, y_pred: Any) -> Any:
    """Loss of the maps against the labels."""
    mask, mask_weight, centre, centre_weight, log_size, size_weight = ops.split(y_true, 6, axis=-1)
    pred_mask, pred_centre, pred_size = ops.split(y_pred, 3, axis=-1)
    size_error = ops.abs(pred_size - log_size) * size_weight
    size_loss = ops.sum(size_error) / (ops.sum(size_weight) + 1.0)
    mask_loss = _bce(mask, pred_mask, mask_weight) + 1.0 - _dice(mask, pred_mask, mask_weight)
    return _focal(centre, pred_centre, centre_weight) + 2.0 * size_loss + 0.25 * mask_loss


def _distillation_loss(y_true: Any, y_pred: Any) -> Any:
    """Loss of the maps against those of a teacher.

    It is the cross-entropy of the centres, twice the L1 norm of the log size, and a quarter of the
    cross-entropy of the mask. Every crater has the same weight, whatever the area of its peak.
    Edges are left out, because the views of the teacher are shifted around them.
    """
    inner = slice(_TEACHER_EDGE_PX, -_TEACHER_EDGE_PX)
    mask, centre, log_size = ops.split(y_true[:, inner, inner], 3, axis=-1)
    pred_mask, pred_centre, pred_size = ops.split(y_pred[:, inner, inner], 3, axis=-1)
    equal = ops.clip(ops.exp(-2.0 * math.log(2.0) * log_size), 1.0 / 16.0, 4.0)
    peaks = ops.sum(equal * centre) + 1.0
    centre_loss = ops.sum(equal * _entropy(centre, pred_centre)) / peaks
    weight = equal * ops.where(centre > _TEACHER_THRESHOLD, centre, 0.0)
    size_loss = ops.sum(weight * ops.abs(pred_size - log_size)) / (ops.sum(weight) + 1.0)
    return centre_loss + 2.0 * size_loss + 0.25 * ops.mean(_entropy(mask, pred_mask))


def _focal(y_true: Any, y_pred: Any, weight: Any) -> Any:
    """Penalty-reduced focal loss per centre (Law & Deng 2018; Zhou et al. 2019, eq. 1)."""
    p = ops.clip(y_pred, _EPSILON, 1.0 - _EPSILON)
    at_centre = ops.cast(y_true >= 1.0, "float32") * weight
    hit = at_centre * ops.square(1.0 - p) * ops.log(p)
    miss = weight * ops.power(1.0 - y_true, 4.0) * ops.square(p) * ops.log(1.0 - p)
    return -ops.sum(hit + miss) / (ops.sum(at_centre) + 1.0)


def _bce(y_true: Any, y_pred: Any, weight: Any) -> Any:
    """Weighted mean of the binary cross-entropy."""
    entropy = _entropy(y_true, y_pred)
    return ops.sum(entropy * weight) / (ops.sum(weight) + _EPSILON)


def _entropy(y_true: Any, y_pred: Any) -> Any:
    """Binary cross-entropy of each pixel."""
    p = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
    return -(y_true * ops.log(p) + (1.0 - y_true) * ops.log(1.0 - p))


def _dice(y_true: Any, y_pred: Any, weight: Any) -> Any:
    """Weighted Dice coefficient, smooth 1."""
    overlap = ops.sum(y_true * y_pred * weight)
    total = ops.sum(y_true * weight) + ops.sum(y_pred * weight)
    return (2.0 * overlap + 1.0) / (total + 1.0)
