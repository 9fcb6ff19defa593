"""Losses. `y_true` is what `targets` makes, `y_pred` what the network of the preset gives."""

import math
from typing import Any

import tensorflow as tf

from lunarcraters.network.targets import CHANNELS

_EPSILON = 1e-6
_TEACHER_EDGE_PX = 24  # more than its looks are moved by
_TEACHER_SURE = 0.1  # its sizes are taught where its centre map is above this


def bce_dice(y_true: Any, y_pred: Any) -> Any:
    """The baseline's loss: 0.5 binary cross-entropy + 0.5 (1 - Dice), smooth 1."""
    return 0.5 * _bce(y_true, y_pred, tf.ones_like(y_true)) + 0.5 * (
        1.0 - _dice(y_true, y_pred, tf.ones_like(y_true))
    )


def centre_size_mask(y_true: Any, y_pred: Any) -> Any:
    """Focal loss of centres + 2 L1 of log size + 0.25 (cross-entropy + 1 - Dice) of the mask.

    Where `y_true` ends with the maps of a teacher, what differs from those is added.
    """
    labels = len(CHANNELS)
    loss = _labelled(y_true[..., :labels], y_pred)
    return loss + _taught(y_true[..., labels:], y_pred) if y_true.shape[-1] > labels else loss


def _labelled(y_true: Any, y_pred: Any) -> Any:
    mask, mask_weight, centre, centre_weight, log_size, size_weight = tf.split(y_true, 6, axis=-1)
    found_mask, found_centre, found_size = tf.split(y_pred, 3, axis=-1)
    size_error = tf.abs(found_size - log_size) * size_weight
    size_loss = tf.reduce_sum(size_error) / (tf.reduce_sum(size_weight) + 1.0)
    mask_loss = _bce(mask, found_mask, mask_weight) + 1.0 - _dice(mask, found_mask, mask_weight)
    return _focal(centre, found_centre, centre_weight) + 2.0 * size_loss + 0.25 * mask_loss


def _taught(y_true: Any, y_pred: Any) -> Any:
    """Cross-entropy of centres + 2 L1 of log size + 0.25 cross-entropy of the mask, to a teacher's.

    Every crater counts alike, whatever the area of its peak. The teacher's looks are moved and come
    in again at the other edge: edges are left out.
    """
    inner = slice(_TEACHER_EDGE_PX, -_TEACHER_EDGE_PX)
    mask, centre, log_size = tf.split(y_true[:, inner, inner], 3, axis=-1)
    found_mask, found_centre, found_size = tf.split(y_pred[:, inner, inner], 3, axis=-1)
    alike = tf.clip_by_value(tf.exp(-2.0 * math.log(2.0) * log_size), 1.0 / 16.0, 4.0)
    peaks = tf.reduce_sum(alike * centre) + 1.0
    centre_loss = tf.reduce_sum(alike * _entropy(centre, found_centre)) / peaks
    sure = alike * tf.where(centre > _TEACHER_SURE, centre, 0.0)
    size_loss = tf.reduce_sum(sure * tf.abs(found_size - log_size)) / (tf.reduce_sum(sure) + 1.0)
    return centre_loss + 2.0 * size_loss + 0.25 * tf.reduce_mean(_entropy(mask, found_mask))


def _focal(y_true: Any, y_pred: Any, weight: Any) -> Any:
    """Penalty-reduced focal loss per centre (Law & Deng 2018; Zhou et al. 2019, eq. 1)."""
    p = tf.clip_by_value(y_pred, _EPSILON, 1.0 - _EPSILON)
    at_centre = tf.cast(y_true >= 1.0, tf.float32) * weight
    hit = at_centre * tf.square(1.0 - p) * tf.math.log(p)
    miss = weight * tf.pow(1.0 - y_true, 4.0) * tf.square(p) * tf.math.log(1.0 - p)
    return -tf.reduce_sum(hit + miss) / (tf.reduce_sum(at_centre) + 1.0)


def _bce(y_true: Any, y_pred: Any, weight: Any) -> Any:
    entropy = _entropy(y_true, y_pred)
    return tf.reduce_sum(entropy * weight) / (tf.reduce_sum(weight) + _EPSILON)


def _entropy(y_true: Any, y_pred: Any) -> Any:
    p = tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)
    return -(y_true * tf.math.log(p) + (1.0 - y_true) * tf.math.log(1.0 - p))


def _dice(y_true: Any, y_pred: Any, weight: Any) -> Any:
    overlap = tf.reduce_sum(y_true * y_pred * weight)
    total = tf.reduce_sum(y_true * weight) + tf.reduce_sum(y_pred * weight)
    return (2.0 * overlap + 1.0) / (total + 1.0)
