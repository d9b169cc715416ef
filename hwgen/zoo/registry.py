"""The networks of the zoo, one ordered table: what each is, what it is trained on and how it is built."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hwgen.errors import ConfigError
from hwgen.zoo.datasets import KINDS, Kind
from hwgen.zoo.training import Recipe, require_torch

if TYPE_CHECKING:
    from torch import nn

    from hwgen.frontend.writer import Writer

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
        build: module and function of `hwgen.zoo` that make the network, `module.function`; it takes `options`, and
            `kind`, the images' kind, or where hwgen does not train the network the `seed` of its weights.
        trainable: whether hwgen trains it; else its weights are always random.
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
    trainable: bool = True
    recipe: Recipe = field(default_factory=Recipe)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stored(self) -> bool:
        """Whether hwgen brings trained parameters."""
        return self.name in TRAINED

    def network(self, kind: Kind | None = None, seed: int = 0) -> nn.Module:
        """The untrained network for images of `kind`.

        Raises:
            ConfigError: hwgen does not train it.
            ToolError: PyTorch or Brevitas is missing.
        """
        self.require_trainable()
        require_torch()
        import torch

        torch.manual_seed(seed)
        made: nn.Module = self._make(kind=kind or KINDS[self.dataset])
        return made

    def require_trainable(self) -> None:
        """hwgen trains this network. Raises: ConfigError."""
        if not self.trainable:
            change = "Train it elsewhere, and give its QONNX file to `hwgen build`"
            raise ConfigError(f"network {self.name}", "must be one that hwgen trains", "random weights only", change)

    def drawn(self, seed: int = 0) -> Writer:
        """The network with random weights, of one that hwgen does not train."""
        made: Writer = self._make(seed=seed)
        return made

    def _make(self, **given: Any) -> Any:
        module, function = self.build.split(".")
        return getattr(importlib.import_module(f"hwgen.zoo.{module}"), function)(**given, **self.options)

    def to_json(self) -> dict[str, Any]:
        """What `hwgen zoo list` says, as plain JSON values."""
        keys = ("name", "paper", "summary", "dataset", "folder", "stored", "trainable")
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


def _at(part: str, interval: int) -> dict[str, Any]:
    """Settings of a network on a part that it fits at so many cycles a frame."""
    return {"part": part, "target_interval": interval}


_PUBLISHED = {"mnist": _at("u250", 16_384), "cifar10": _at("zcu102", 65_536), "svhn": _at("zcu102", 65_536)}
"""Settings of BinaryNet's networks at the paper's size."""


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
        settings=_PUBLISHED.get(name, {}),
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


def _imagenet(name: str, paper: str, summary: str, build: str, interval: int, **options: Any) -> Entry:
    return Entry(
        name,
        paper,
        summary,
        f"imagenet.{build}",
        options,
        dataset="imagenet",
        folder="imagenet",
        trainable=False,
        settings=_at("u250", interval),
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


def _horq_published(name: str, summary: str, build: str) -> Entry:
    large = name == "cifar10"
    return replace(
        _horq(2),
        name=f"horq-{name}",
        summary=f"BinaryNet's network on residual planes of order 2: {summary}",
        build=f"horq.{build}",
        dataset="coloured-digits" if large else "digits",
        folder=name,
        settings=_PUBLISHED[name],
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


def _lccl_published(layers: int) -> Entry:
    blocks = (layers - 2) // 6
    return replace(
        _lccl(f"lccl-resnet{layers}", "", width=16, blocks=blocks, pooled=True),
        summary=f"ResNet-{layers} of 16, 32 and 64 channels, W1A2, a gate beside every 3x3 convolution of a block",
        dataset="coloured-digits",
        folder="cifar10",
        settings=_at("zcu102", 65_536),
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
    _imagenet(
        "xnor-alexnet",
        "XNOR-Net, 2016",
        "AlexNet of signs without K, the first and last layer of 8 bits",
        "alexnet",
        1_000_000,
    ),
    _imagenet(
        "xnor-resnet18",
        "XNOR-Net, 2016",
        "ResNet-18 of signs without K, the first and last layer of 8 bits",
        "resnet",
        1_000_000,
    ),
    *(_horq(order) for order in (1, 2, 3, 4)),
    _horq_published("mnist", "three dense layers of 4096 and one of 10", "perceptron"),
    _horq_published("cifar10", "six convolutions of 128 to 512 channels, three dense", "vgg"),
    _lccl("lccl-resnet", "a gate beside every 3x3 convolution"),
    _lccl("lccl-ungated", "the same without gates", gated=False),
    *(_lccl_published(layers) for layers in (20, 32, 44)),
    _imagenet(
        "lccl-resnet18",
        "LCCL, 2017",
        "ResNet-18, W1A1, a gate beside every 3x3 convolution",
        "resnet",
        1_000_000,
        gated=True,
    ),
    _imagenet(
        "mobilenetv1-w4a4", "finn-examples", "MobileNetV1 1.0, W4A4, a first layer of 8 bits", "mobilenet", 394_272
    ),
    _imagenet(
        "resnet50-w1a2",
        "FINN, ResNet50-PYNQ",
        "ResNet-50, W1A2, the first and last layer of 8 bits",
        "resnet50",
        1_000_000,
    ),
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
