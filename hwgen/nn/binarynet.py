"""BinaryNet: binary weights and activations in training (Courbariaux, Hubara et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor


def squared_hinge(scores: Tensor, labels: Tensor) -> Tensor:
    """Squared hinge loss: the right class above +1, every other below -1; scores (N, classes), labels (N,)."""
    wanted = 2.0 * torch.nn.functional.one_hot(labels, scores.shape[1]) - 1.0
    return (1.0 - scores * wanted).clamp(min=0).square().mean()
