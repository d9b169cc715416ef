"""Train every variant in the same way, in seconds."""

import torch
from torch import nn, optim

from hwgen.zoo.datasets import DIGITS, MNIST
from hwgen.zoo.xnor import network

BATCH = 64
CLIP = 1.0
"""Weights stay within this bound, where the straight-through gradient still moves them."""


def tensor(images):
    """What a network sees of bytes (N, H, W): the brightest pixel stands for 1."""
    peak = 16 if images.shape[1] == 8 else 255
    return torch.tensor(images[:, None], dtype=torch.float32) / peak


def train(variant, images, labels, epochs=20, seed=0, rate=1e-2):
    """The trained network of a variant: Adam on the cross entropy, its rate falling to zero along half a cosine."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the tensors are too small to share out
    x, y = tensor(images), torch.tensor(labels)
    model = network(kind=DIGITS if images.shape[1] == 8 else MNIST, variant=variant)
    optimiser = optim.Adam(model.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.ndim >= 2:
                        parameter.clamp_(-CLIP, CLIP)
        schedule.step()
    return model.eval()


def scores(model, images):
    """The network's own forward pass in double precision, (N, 10)."""
    with torch.no_grad():
        return model.double()(tensor(images).double()).numpy()
