"""Batch norms that the literature's networks end with."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TensorNorm(nn.Module):
    """Batch norm with one mean and one variance for the whole tensor, which keeps the order of the scores."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, epsilon: float = 1e-4, momentum: float = 0.1) -> None:
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("running_mean", torch.zeros(1))
        self.register_buffer("running_var", torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        """The scores, normalised."""
        if self.training:
            mean, variance = x.mean(), x.var(unbiased=False)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(x.var(unbiased=True).detach(), self.momentum)
        else:
            mean, variance = self.running_mean, self.running_var
        return (x - mean) / (variance + self.epsilon).pow(0.5) * self.weight + self.bias
