"""Train the digits network in a few seconds on scikit-learn's bundled digits."""

import torch
from model import digits_bnn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

TEST_DIGITS = 540


def digits():
    """(train images, test images, train labels, test labels); images are uint8 0..16 of shape (N, 8, 8)."""
    data = load_digits()
    return train_test_split(data.images.astype("uint8"), data.target, test_size=TEST_DIGITS, random_state=0)


def train(images, labels, epochs=25, seed=0):
    """The trained network in eval mode, for images (N, 8, 8) of 0..16 and labels (N,)."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the tensors are too small to share out
    x, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
    network = digits_bnn()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loss_of = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            loss_of(network(x[batch]), y[batch]).backward()
            optimiser.step()
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.clamp_(-2, 2)
        schedule.step()
    return network.eval()


def scores(network, images):
    """The network's own forward pass, (N, 10) in float32."""
    with torch.no_grad():
        return network(torch.tensor(images, dtype=torch.float32) / 16).numpy()
