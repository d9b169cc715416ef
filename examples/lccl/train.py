"""Train the network, with gates or without, on scikit-learn's bundled digits."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from hwgen.nn.lccl import gate_penalty
from hwgen.zoo.datasets import DIGITS
from hwgen.zoo.lccl import resnet

TEST_DIGITS = 540
PRICE = 0.3
"""What open gates cost in the loss; it rises from nothing to 1.4 times as much."""


def digits():
    """(train images, test images, train labels, test labels); images are uint8 0..16 of shape (N, 1, 8, 8)."""
    data = load_digits()
    images = data.images.astype("uint8")[:, None]
    return train_test_split(images, data.target, test_size=TEST_DIGITS, random_state=0)


def train(images, labels, *, gated=True, bits=2, epochs=20, price=PRICE, seed=0):
    """The trained network in eval mode, for images (N, 1, 8, 8) of 0..16 and labels (N,)."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the tensors are too small to share out
    x, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
    network = resnet(kind=DIGITS, gated=gated, bits=bits)
    gates = [parameter for name, parameter in network.named_parameters() if ".gate_" in name]
    others = [parameter for name, parameter in network.named_parameters() if ".gate_" not in name]
    optimiser = torch.optim.Adam([{"params": others, "lr": 1e-2}, {"params": gates, "lr": 5e-3}])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loss_of = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        asked = price * max(0.0, 2 * epoch / epochs - 0.6)  # nothing, until it has learned what is worth computing
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            (loss_of(network(x[batch]), y[batch]) + asked * gate_penalty(network)).backward()
            optimiser.step()
        schedule.step()
    return network.eval()


def scores(network, images):
    """The network's own forward pass, (N, 10) in float32."""
    with torch.no_grad():
        return network(torch.tensor(images, dtype=torch.float32) / 16).numpy()
