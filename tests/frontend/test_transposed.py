"""Transposed convolutions against the reference executors and PyTorch: strides, padding, groups and dilation."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
import torch

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import run
from hwgen.ir.ops import Conv, Gather
from hwgen.ir.types import IntType
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import net, node

INT5 = IntType(5, signed=True)
Array = np.typing.NDArray[Any]


def _window(rng: np.random.Generator, axes: int) -> dict[str, Any]:
    """Attributes that PyTorch and the executors take."""
    kernel, strides = rng.integers(1, 5, axes), rng.integers(1, 4, axes)
    dilations = rng.integers(1, 4, axes) if rng.random() < 0.3 else np.ones(axes, np.int64)
    spans = (kernel - 1) * dilations + 1
    window = {"kernel_shape": kernel, "strides": strides, "dilations": dilations}
    kind = rng.random()
    if kind < 0.6:
        window["pads"] = rng.integers(0, np.tile(spans, 2))
        window["output_padding"] = rng.integers(0, strides)
    elif kind < 0.7:
        window["auto_pad"] = rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
    elif kind < 0.8:
        window["output_shape"] = rng.integers(2, 9, axes)
    return {name: value if isinstance(value, str) else value.tolist() for name, value in window.items()}


def _random(seed: int) -> onnx.ModelProto:
    """A transposed convolution, whole or quantised weights, and what may follow it."""
    rng = np.random.default_rng(seed)
    axes, group, channels = int(rng.integers(1, 3)), int(rng.choice([1, 1, 2, 4])), 4
    outputs, size = group * int(rng.integers(1, 4)), rng.integers(2, 6, axes).tolist()
    window = _window(rng, axes)
    shape = (channels, outputs // group, *window["kernel_shape"])
    constants: dict[str, Any] = {"w": rng.integers(-3, 4, shape).astype(np.float32)}
    nodes, words = [], ["x", "w"]
    if rng.random() < 0.5:
        scale = np.float32(0.5) if rng.random() < 0.4 else rng.integers(1, 9, (1, shape[1], *(1,) * axes)) / 8
        constants |= {"ws": np.asarray(scale, np.float32), "wz": np.float32(0), "wb": np.float32(4)}
        nodes, words = [node("Quant", "w ws wz wb", "qw", signed=1, narrow=1)], ["x", "qw"]
    if rng.random() < 0.5:
        constants["c"] = (rng.integers(-8, 9, outputs) / 4).astype(np.float32)
        words.append("c")
    nodes.append(node("ConvTranspose", " ".join(words), "h", name="up", group=group, **window))
    if rng.random() < 0.3:
        nodes[-1].output[0] = "y"
        return net(nodes, shape=(1, channels, *size), **constants)
    constants |= {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
    nodes.append(node("Quant", "h s z b", "a", name="act", signed=1, narrow=0))
    constants["v"] = rng.integers(-2, 3, (2, outputs, *(1,) * axes)).astype(np.float32)
    nodes.append(node("Conv", "a v", "y", name="behind"))
    return net(nodes, shape=(1, channels, *size), **constants)


def test_random_ones() -> None:
    refused = []
    for seed in range(120):
        answer = agreement(_random(seed), INT5)
        refused += [answer] if answer else []
    print("\n".join(refused))
    assert len(refused) < 15 and all("(ConvTranspose)" in answer for answer in refused)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_output_padding_up_to_the_dilation_is_that_of_pytorch(axes: int, seed: int) -> None:
    """onnxruntime 1.x gives other numbers where the output padding reaches the stride."""
    rng = np.random.default_rng(seed)
    kernel, stride, dilation = rng.integers(1, 4, axes).tolist(), int(rng.integers(1, 3)), 3
    weights, group = rng.integers(-3, 4, (4, 3, *kernel)).astype(np.float32), int(rng.choice([1, 2]))
    size, added = rng.integers(2, 5, axes).tolist(), int(rng.integers(stride, dilation))
    options = {"strides": [stride] * axes, "dilations": [dilation] * axes, "output_padding": [added] * axes}
    model = net([node("ConvTranspose", "x w", "y", group=group, **options)], shape=(1, 4, *size), w=weights)
    graph = import_qonnx(model, input_type=INT5)
    codes = rng.integers(-16, 16, (3, 4, *size))
    function = (torch.nn.functional.conv_transpose1d, torch.nn.functional.conv_transpose2d)[axes - 1]
    wanted = function(
        torch.tensor(codes, dtype=torch.float32),
        torch.tensor(weights),
        stride=stride,
        dilation=dilation,
        output_padding=added,
        groups=group,
    ).numpy()
    found = graph.decode(run(graph, np.moveaxis(codes, 1, -1).reshape(3, *graph.input.type.shape)))
    np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (4, 2), (5, 3), (4, 4), (3, 1)])
def test_no_inserted_zero_is_multiplied(kernel: int, stride: int) -> None:
    """Each input pixel meets the window, rounded up to a multiple of the stride, for each pair of channels."""
    weights = np.random.default_rng(0).integers(1, 4, (3, 5, kernel, kernel)).astype(np.float32)
    up = node("ConvTranspose", "x w", "h", strides=[stride] * 2)
    last = [node("Quant", "h s z b", "a"), node("Conv", "a v", "y", name="behind")]
    quant = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
    model = net([up, *last], shape=(1, 3, 4, 4), w=weights, v=np.ones((1, 5, 1, 1), np.float32), **quant)
    assert not agreement(model, INT5)
    graph = import_qonnx(model, input_type=INT5)
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv)
    assert conv.weights.size == 3 * 5 * (-(-kernel // stride) * stride) ** 2
    moves = [each for each in graph.nodes if isinstance(each.op, Gather)]
    assert [each.inputs[0].type.dtype.bits for each in moves] == ([4] if stride > 1 else [])


def test_weights_of_few_channels_are_refused() -> None:
    model = net([node("ConvTranspose", "x w", "y", name="up")], shape=(1, 4, 3, 3), w=np.ones((3, 2, 2, 2), np.float32))
    with pytest.raises(ModelError) as caught:
        import_qonnx(model, input_type=INT5)
    assert str(caught.value) == (
        "up (ConvTranspose): its weights must have its channels, in whole groups; found 3 in 1 groups for 4 channels."
        " Check the layers."
    )
