"""Images, and the training that all networks of the example share."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from hwgen.nn import ResidualSign
from hwgen.zoo import load_dataset
from hwgen.zoo.datasets import DIGITS, MNIST
from hwgen.zoo.horq import network

TEST_DIGITS = 540


def digits():
    """(train images, test images, train labels, test labels); images are (N, 1, 8, 8) of 0 to 16."""
    data = load_digits()
    images = data.images.astype("uint8")[:, None]
    return train_test_split(images, data.target, test_size=TEST_DIGITS, random_state=0)


def mnist(folder):
    """As `digits`, of MNIST, or of its first images; images are (N, 1, 28, 28) of 0 to 255. Raises: DataError."""
    data = load_dataset("mnist", folder)
    images, tests = (each[..., 0][:, None] for each in (data.images, data.test_images))
    return images, tests, data.labels, data.test_labels


def train(order, images, labels, *, epochs, seed=0, dynamic=False):
    """The trained network in eval mode, for images (N, 1, H, W) of whole numbers.

    HORQ's factors are learnt at a tenth of the rate: batch norm behind a layer takes any common scale out of them, so
    they wander. With `dynamic` every input has its own, as in the paper.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    x, y = torch.tensor(images, dtype=torch.float32) / int(images.max()), torch.tensor(labels)
    model = network(kind=DIGITS if images.shape[-1] == 8 else MNIST, order=order)
    for layer in model:
        if isinstance(layer, ResidualSign):
            layer.dynamic = dynamic
    factors = [parameter for name, parameter in model.named_parameters() if name.endswith(".beta")]
    others = [parameter for name, parameter in model.named_parameters() if not name.endswith(".beta")]
    groups = [{"params": others}, {"params": factors, "lr": 1e-3}] if factors else [{"params": others}]
    optimiser = torch.optim.Adam(groups, lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loss_of = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            loss_of(model(x[batch]), y[batch]).backward()
            optimiser.step()
        schedule.step()
    return model.eval()


def scores(model, images, largest):
    """The network's own forward pass, (N, 10) in float32."""
    with torch.no_grad():
        return model(torch.tensor(images, dtype=torch.float32) / largest).numpy()
