"""Train the network, with gates or without, on scikit-learn's bundled digits."""

import torch
from network import lccl_resnet
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from hwgen.nn.lccl import gate_penalty

TEST_DIGITS = 540
PENALTY = 0.3
"""Weight of the gates' means in the loss: what an open gate costs."""


def digits():
    """(train images, test images, train labels, test labels); images are uint8 0..16 of shape (N, 1, 8, 8)."""
    data = load_digits()
    images = data.images.astype("uint8")[:, None]
    return train_test_split(images, data.target, test_size=TEST_DIGITS, random_state=0)


def train(images, labels, *, gated=True, bits=2, epochs=20, penalty=PENALTY, seed=0):
    """The trained network in eval mode, for images (N, 1, 8, 8) of 0..16 and labels (N,)."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the tensors are too small to share out
    x, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
    network = lccl_resnet(gated=gated, bits=bits)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loss_of = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        price = penalty * epoch / epochs  # gates stay open while the network learns what is worth computing
        for batch in torch.randperm(len(x)).split(128):
            optimiser.zero_grad()
            loss = loss_of(network(x[batch]), y[batch])
            (loss + price * gate_penalty(network)).backward()
            optimiser.step()
        schedule.step()
    return network.eval()


def scores(network, images):
    """The network's own forward pass, (N, 10) in float32."""
    with torch.no_grad():
        return network(torch.tensor(images, dtype=torch.float32) / 16).numpy()
