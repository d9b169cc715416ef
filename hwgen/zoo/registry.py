"""The networks of the zoo, one ordered table: what each is, what it is trained on and how it is built."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hwgen.errors import ConfigError
from hwgen.zoo.datasets import KINDS, Kind
from hwgen.zoo.training import Recipe, require_torch

if TYPE_CHECKING:
    from torch import nn

FINN = "FINN, FPGA 2017"

TRAINED = frozenset(
    {"tfc", "tfc-w1a2", "tfc-w2a2", "sfc", "binarynet-mlp", "binarynet-small", "binarynet-shift"}
    | {"xnor-small", "horq-2", "lccl-resnet"}
)
"""Networks whose parameters lie in `trained/`: FINN's, trained on MNIST's first 10,000 images, others on digits."""


@dataclass(frozen=True)
class Entry:
    """A network of the zoo.

    Attributes:
        paper: where it comes from.
        summary: its layers in a line.
        dataset: the images it is trained on where the user gives no folder; a name of `datasets.KINDS`.
        folder: the images that a folder given with --data holds.
        build: module and function of `hwgen.zoo` that make the untrained network, `module.function`; it takes
            `kind`, the images' kind, and `options`.
        recipe: how it is trained.
        settings: fields of `hwgen.config.Settings` that its accelerator starts from.
    """

    name: str
    paper: str
    summary: str
    build: str
    options: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = "digits"
    folder: str = "mnist"
    recipe: Recipe = field(default_factory=Recipe)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stored(self) -> bool:
        """Whether hwgen brings trained parameters."""
        return self.name in TRAINED

    def network(self, kind: Kind | None = None, seed: int = 0) -> nn.Module:
        """The untrained network for images of `kind`. Raises: ToolError where PyTorch or Brevitas is missing."""
        require_torch()
        import torch

        module, function = self.build.split(".")
        torch.manual_seed(seed)
        made: nn.Module = getattr(importlib.import_module(f"hwgen.zoo.{module}"), function)(
            kind=kind or KINDS[self.dataset], **self.options
        )
        return made

    def to_json(self) -> dict[str, Any]:
        """What `hwgen zoo list` says, as plain JSON values."""
        keys = ("name", "paper", "summary", "dataset", "folder", "stored")
        return {key: getattr(self, key) for key in keys}


def _fully_connected(name: str, precision: str) -> Entry:
    width = {"tfc": 64, "sfc": 256, "lfc": 1024}[name]
    bits = f"W{precision[1]}A{precision[3]}"
    return Entry(
        name if precision == "w1a1" else f"{name}-{precision}",
        FINN,
        f"three dense layers of {width} and one of 10, {bits}",
        "finn.fully_connected",
        {"name": name, "precision": precision},
        recipe=Recipe(epochs=30, rate=0.03),
    )


def _cnv(precision: str) -> Entry:
    return Entry(
        "cnv" if precision == "w1a1" else f"cnv-{precision}",
        FINN,
        f"six convolutions of 64 to 256 channels, three dense layers, W{precision[1]}A{precision[3]}",
        "finn.cnv",
        {"precision": precision},
        dataset="coloured-digits",
        folder="cifar10",
        recipe=Recipe(epochs=10),
        settings={"target_interval": 32768},
    )


def _binarynet(name: str, summary: str, build: str, **options: Any) -> Entry:
    return Entry(
        f"binarynet-{name}",
        "BinaryNet, 2016",
        summary,
        build,
        options,
        dataset="coloured-digits" if name in ("cifar10", "svhn") else "digits",
        folder="cifar10" if name in ("cifar10", "svhn") else "mnist",
        recipe=Recipe(epochs=25),
    )


def _few_bits(method: str, paper: str, numbers: str) -> Entry:
    return Entry(
        method,
        paper,
        f"two convolutions of 16 channels, dense layers of 32 and 10; {numbers}",
        "few_bits.small",
        {"method": method},
        recipe=Recipe(epochs=15, rate=0.02),
    )


def _xnor(name: str, variant: str, summary: str) -> Entry:
    return Entry(
        name,
        "XNOR-Net, 2016",
        f"convolutions of 8, 16 and 16 channels, a dense layer; {summary}",
        "xnor.network",
        {"variant": variant},
        recipe=Recipe(rate=0.01, batch=64, loss="cross_entropy"),
    )


def _horq(order: int) -> Entry:
    return Entry(
        f"horq-{order}",
        "HORQ, 2017",
        f"convolutions of 16 and 32 channels, a dense layer; residual planes of order {order}",
        "horq.network",
        {"order": order},
        recipe=Recipe(epochs=16, batch=64, loss="cross_entropy", clip=None, slower=((".beta", 10),)),
    )


def _lccl(name: str, summary: str, **options: Any) -> Entry:
    return Entry(
        name,
        "LCCL, 2017",
        f"a residual network of 8, 16 and 32 channels, W1A2; {summary}",
        "lccl.resnet",
        options,
        recipe=Recipe(batch=64, loss="cross_entropy", clip=None, slower=((".gate_", 2),), gate_price=0.3),
        settings={"folding": _GATED_FOLDING} if options.get("gated", True) else {},
    )


_GATED_FOLDING = {
    name: {"pe": 1, "simd": simd}
    for name, simd in {"conv2": 8, "conv4": 8, "conv7": 4, "conv9": 8, "conv12": 4, "conv14": 8}.items()
}
"""A gated layer gains most with folded neurons: a skipped pixel takes the cycles of reading its window."""

_SMALL = {"width": 16, "dense": 128}
_RANDOM = {**_SMALL, "stochastic": "training"}
_PRECISIONS = ("w1a1", "w1a2", "w2a2")

ENTRIES: tuple[Entry, ...] = (
    *(_fully_connected("tfc", precision) for precision in _PRECISIONS),
    *(_fully_connected("sfc", precision) for precision in _PRECISIONS),
    *(_fully_connected("lfc", precision) for precision in _PRECISIONS),
    *(_cnv(precision) for precision in _PRECISIONS),
    _binarynet("mnist", "three dense layers of 4096 and one of 10", "binarynet.mlp"),
    _binarynet("mlp", "three dense layers of 128 and one of 10", "binarynet.mlp", hidden=128),
    _binarynet("cifar10", "six convolutions of 128 to 512 channels, three dense layers", "binarynet.convolutional"),
    _binarynet("svhn", "six convolutions of 64 to 256 channels, three dense", "binarynet.convolutional", width=64),
    _binarynet("small", "six convolutions of 16 to 64 channels, three dense", "binarynet.convolutional", **_SMALL),
    _binarynet("random", "the small one, activations random in training", "binarynet.convolutional", **_RANDOM),
    _binarynet("shift", "the small one with shift-based batch norm", "binarynet.convolutional", **_SMALL, shift=True),
    _xnor("xnor-small", "xnor_k", "signs times K"),
    _xnor("xnor-no-k", "xnor", "signs"),
    _xnor("bwn-small", "bwn", "binary weights, 4-bit activations"),
    *(_horq(order) for order in (1, 2, 3, 4)),
    _lccl("lccl-resnet", "a gate beside every 3x3 convolution"),
    _lccl("lccl-ungated", "the same without gates", gated=False),
    _few_bits("small-w1a1", "for comparison", "all -1 and +1"),
    _few_bits("dorefa-w1a2", "DoReFa-Net, 2016", "binary weights, 2-bit activations"),
    _few_bits("dorefa-w2a2", "DoReFa-Net, 2016", "2-bit weights and activations"),
    _few_bits("qnn-w4a4", "QNN, 2016", "4-bit weights and activations"),
    _few_bits("qnn-shift", "QNN, 2016", "weights powers of two, 4-bit activations"),
    _few_bits("twn", "Ternary Weight Networks, 2016", "ternary weights, 4-bit activations"),
    _few_bits("ternary-connect", "Lin et al., 2016", "ternary weights, random in training, 4-bit activations"),
    _few_bits("binaryconnect", "BinaryConnect, 2015", "binary weights, 8-bit activations"),
)
"""In the order that `hwgen zoo list` shows."""


def find(name: str) -> Entry:
    """The network called `name`. Raises: ConfigError with the nearest names."""
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    names = [entry.name for entry in ENTRIES]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    change = f"Did you mean {' or '.join(near)}?" if near else "See `hwgen zoo list`"
    raise ConfigError(f"network {name!r}", "must be one of the zoo", "none of that name", change)
