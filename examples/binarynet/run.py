"""Train BinaryNet's networks on digits or MNIST, build them, and prove them on every back end.

    python run.py
    python run.py --mnist folder --network binarynet-mlp --epochs 10

Four small networks: the dense one; the convolutional one; the same trained with activations binarised at random; the
same with shift-based batch norm. Prints their test accuracies and what PyTorch, C simulation, DPI-C and RTL compute
otherwise than the golden model: nothing.
"""

from pathlib import Path

from hwgen.config import read_settings
from hwgen.zoo import script
from hwgen.zoo.proof import compiled

HERE = Path(__file__).resolve().parent
NETWORKS = ("binarynet-mlp", "binarynet-small", "binarynet-random", "binarynet-shift")


def accelerator(model, entry, kind):
    """The network's accelerator."""
    return compiled(model, entry, kind, read_settings(HERE / "settings.toml"))


def line(layer):
    """What expected.json says of a layer."""
    return f"{layer.kind}, {layer.cycles} cycles"


def main():
    script.run(__doc__, NETWORKS, accelerator, line)


if __name__ == "__main__":
    main()
