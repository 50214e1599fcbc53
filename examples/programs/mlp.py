"""A network of two layers that learns to classify, by gradient descent."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def mlp(
    x: Array,
    labels: Array,
    w1: Array,
    b1: Array,
    w2: Array,
    b2: Array,
    rate: float,
) -> Array:
    """Train on one batch, in place, and return the loss before."""
    hidden = np.maximum(x @ w1 + b1, 0.0)
    probability = softmax(hidden @ w2 + b2)
    target = labels[:, None] == np.arange(w2.shape[1])
    loss = -np.mean(np.log(np.sum(probability * target, axis=1)))
    error = (probability - target) / len(x)
    back = (error @ w2.T) * (hidden > 0.0)
    w2 -= rate * (hidden.T @ error)
    b2 -= rate * error.sum(axis=0)
    w1 -= rate * (x.T @ back)
    b1 -= rate * back.sum(axis=0)
    return loss


def softmax(x: Array) -> Array:
    """Return probabilities by row."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
