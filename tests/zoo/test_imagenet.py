"""Networks at their papers' sizes: the layers, weights and multiply-accumulates that the papers give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn

from hwgen import flow
from hwgen.config import settings
from hwgen.frontend.writer import Writer
from hwgen.ir.text import print_graph
from hwgen.ir.types import IntType
from hwgen.zoo import ENTRIES, Entry, find
from hwgen.zoo.build import imported, starting_settings
from hwgen.zoo.datasets import KINDS
from tests.tiers import tiered

DRAWN = [entry for entry in ENTRIES if not entry.trainable]


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, ...]]:
    """The shapes of weights by their names, of networks that are written from now on; none is drawn."""
    found: dict[str, tuple[int, ...]] = {}

    def weights(net: Writer, bits: int, shape: tuple[int, ...]) -> str:
        name = f"{bits}-bit {len(found)}"
        found[name] = shape
        return name

    monkeypatch.setattr(Writer, "weights", weights)
    return found


def layers(net: Writer) -> Iterator[tuple[str, int]]:
    """The weights of each layer, and the pixels that meet them."""
    from onnx import helper

    sizes = {"pixels": net.shape[2]}
    for node in net.nodes:
        size = sizes.get(node.input[0], 0)
        given = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type in ("Conv", "MaxPool"):
            size = (size + 2 * given["pads"][0] - given["kernel_shape"][0]) // given["strides"][0] + 1
        sizes[node.output[0]] = 1 if node.op_type in ("GlobalAveragePool", "Flatten") else size
        if node.op_type in ("Conv", "MatMul"):
            yield node.input[1], size**2


WORK = {
    "xnor-alexnet": (8, 62_367_776, 1_135_256_096),
    "xnor-resnet18": (21, 11_678_912, 1_814_073_344),
    "lccl-resnet18": (37, 11_678_912 + 3_392, 1_814_073_344 + 1_417_472),
    "resnet50-w1a2": (54, 25_502_912, 4_089_184_256),
    "mobilenetv1-w4a4": (28, 4_209_088, 568_740_352 - (112**2 - 111**2) * (864 + 288 + 2048)),
}
"""Layers with weights, these weights, and multiply-accumulates of a frame.

Those of LCCL's gates are added to ResNet-18's; FINN's MobileNet does not pad its first layer, which leaves 111 x 111
pixels to three layers in place of 112 x 112.
"""


@pytest.mark.parametrize("entry", DRAWN, ids=[entry.name for entry in DRAWN])
def test_published_layers(shapes: dict[str, tuple[int, ...]], entry: Entry) -> None:
    settings(**entry.settings)
    found = list(layers(entry.drawn()))
    weights = [math.prod(shapes[name]) for name, _ in found]
    macs = sum(count * pixels for count, (_, pixels) in zip(weights, found, strict=True))
    assert (len(found), sum(weights), macs) == WORK[entry.name]
    assert found[0][0].startswith("8-bit")


TRAINABLE = {
    "binarynet-cifar10": (14_022_016, 616_966_144),
    "horq-cifar10": (14_022_016, 616_966_144),
    "horq-mnist": (36_806_656, 36_806_656),
    "lccl-resnet20": (271_520, 40_979_072),
}


@pytest.mark.parametrize("name", TRAINABLE)
def test_published_layers_of_networks_to_train(name: str) -> None:
    entry, counted = find(name), []
    kind = KINDS[entry.folder]
    model = entry.network(kind).eval()

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        counted.append((layer.weight.numel(), output[0].numel() // len(layer.weight)))

    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.no_grad():
        model(torch.zeros(kind.example_shape))
    weights, macs = sum(each for each, _ in counted), sum(each * pixels for each, pixels in counted)
    assert (weights, macs) == TRAINABLE[name]


SMALL = {"size": 32, "blocks": (1, 1), "gated": True, "classes": 10}


@pytest.mark.parametrize(
    "entry", [replace(find("lccl-resnet18"), options=SMALL), find("tfc")], ids=lambda entry: entry.name
)
def test_weights_are_those_of_their_seed(entry: Entry) -> None:
    one, same, other = (print_graph(imported(entry, seed=seed)) for seed in (0, 0, 1))
    assert one == same != other
    if not entry.trainable:
        graph = imported(entry)
        assert print_graph(graph) == one and graph.inputs[0].type.dtype == IntType(8, signed=False)


@pytest.mark.parametrize("name", tiered(["xnor-resnet18", "lccl-resnet18"], "xnor-resnet18"))
def test_a_small_one_becomes_hardware(name: str) -> None:
    entry = find(name)
    entry = replace(entry, options={**entry.options, "size": 16, "blocks": (1,), "classes": 10})
    built = flow.compile_with(imported(entry), starting_settings(entry, {}).overridden({"target_interval": 20_000}))
    report = built.estimate()
    assert report.interval_cycles <= 20_000 and report.part == "u250"
    assert len(report.gated) == (2 if name == "lccl-resnet18" else 0)
