"""Train one network in the numbers of DoReFa-Net, QNN, ternary networks and BinaryConnect, and prove each.

    python run.py
    python run.py --mnist folder --network twn --epochs 5

Prints the test accuracy of each beside plain W1A1, trained the same way, and what PyTorch, C simulation, DPI-C and RTL
compute otherwise than the golden model: nothing.
"""

from pathlib import Path

from hwgen.config import read_settings
from hwgen.zoo import script
from hwgen.zoo.few_bits import METHODS
from hwgen.zoo.proof import compiled

HERE = Path(__file__).resolve().parent
NETWORKS = tuple(METHODS)


def accelerator(model, entry, kind):
    """The network's accelerator at the settings beside this script."""
    return compiled(model, entry, kind, read_settings(HERE / "settings.toml"))


def line(layer):
    """What expected.json says of a layer."""
    return f"{layer.kind}, {layer.weight_type} weights"


def main():
    script.run(__doc__, NETWORKS, accelerator, line)


if __name__ == "__main__":
    main()
