"""Train the network, with gates or without, on scikit-learn's bundled digits."""

import torch
from network import lccl_resnet
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from hwgen.nn.lccl import gate_penalty

TEST_DIGITS, RATE = 540, 1e-2
PENALTY = 0.6
"""Weight of the gates' means in the loss at the end of training: what an open gate costs."""


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
    optimiser = torch.optim.Adam(parameters(network))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loss_of = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        price = penalty * epoch / epochs  # gates stay open while the network learns what is worth computing
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            (loss_of(network(x[batch]), y[batch]) + price * gate_penalty(network)).backward()
            optimiser.step()
        schedule.step()
    return network.eval()


def parameters(network):
    """What to train, and how fast: gates at a tenth of the rate, since one that flips changes a whole pixel."""
    names = [name for name, _ in network.named_parameters()]
    gates = [network.get_parameter(name) for name in names if ".gate_" in name]
    others = [network.get_parameter(name) for name in names if ".gate_" not in name]
    groups = [{"params": others, "lr": RATE}]
    return [*groups, {"params": gates, "lr": RATE / 10}] if gates else groups


def scores(network, images):
    """The network's own forward pass, (N, 10) in float32."""
    with torch.no_grad():
        return network(torch.tensor(images, dtype=torch.float32) / 16).numpy()
