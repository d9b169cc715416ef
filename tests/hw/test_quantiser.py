"""Quantisers of the input that the host could apply: said where it is true, and then it is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow
from hwgen.cli.common import input_options
from hwgen.flow.accelerator import Accelerator
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.verify.vectors import DataWarning
from tests.frontend.onnx_nets import net, node

CHANNELS = 4


def model(path: Path, *between: Any, scale: float = 0.03, zero: float = 0.0, bits: float = 8.0, **given: Any) -> Path:
    """A QONNX file: `between`, a quantiser of the input, a dense layer of signs, scores."""
    rng = np.random.default_rng(int(bits))
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND", **given}
    nodes = [
        *between,
        node("Quant", f"{'m' if between else 'x'} s z b", "xq", name="q0", **attributes),
        node("BipolarQuant", "w0 one", "b0", name="weights0"),
        node("MatMul", "xq b0", "a0", name="dense0"),
        node("BipolarQuant", "a0 one", "s0", name="sign0"),
        node("BipolarQuant", "w1 one", "b1", name="weights1"),
        node("MatMul", "s0 b1", "y", name="dense1"),
    ]
    weights = {"w0": rng.normal(size=(CHANNELS, 16)), "w1": rng.normal(size=(16, 5))}
    path.write_bytes(
        net(nodes, shape=(1, CHANNELS), one=1.0, half=0.5, s=scale, z=zero, b=bits, **weights).SerializeToString()
    )
    return path


def built(path: Path, *words: str) -> Accelerator:
    """The project of a model with the options of its input as typed on a command line."""
    options = dict(zip(words[::2], words[1::2], strict=True))
    texts = (options.get(f"--input-{name}") for name in ("type", "scale", "offset"))
    received = input_options(*([text] if text else None for text in texts))
    return flow.compile(flow.load(path, **received)).write(path.parent / "out")


def said(accelerator: Accelerator) -> list[str]:
    return [line for line in accelerator.estimate().warnings if "a lane to quantise" in line]


PIXELS = ("--input-type", "uint8", "--input-scale", "1/255")
TRUE: dict[str, tuple[dict[str, Any], tuple[str, ...], int | str]] = {
    "int8": ({}, PIXELS, "a table of 256 codes"),
    "int4": ({"bits": 4.0, "scale": 0.1}, PIXELS, 15),
    "int2": ({"bits": 2.0, "scale": 0.5}, PIXELS, 3),
    "uint3": ({"bits": 3.0, "scale": 1 / 7, "signed": 0}, PIXELS, 7),
    "uint1": ({"bits": 1.0, "scale": 1.0, "signed": 0}, PIXELS, 1),
    "whole": ({"scale": 1.0}, ("--input-type", "int12", "--input-scale", "0.25"), "an addition"),
    "zero_point": (
        {"scale": 1.0, "zero": 3.0, "bits": 4.0, "signed": 0},
        ("--input-type", "int8", "--input-scale", "1/8", "--input-offset", "1/16"),
        "an addition",
    ),
    "the_same_type": (
        {"bits": 8.0, "scale": 0.03},
        ("--input-type", "int8", "--input-scale", "0.031"),
        "a table of 256 codes",
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_the_host_can_do_it(tmp_path: Path, name: str) -> None:
    """With what is said the unit is gone, and real numbers that both designs receive give the same scores."""
    attributes, words, found = TRUE[name]
    means = found if isinstance(found, str) else f"{found} comparators"
    path = model(tmp_path / "net.onnx", **attributes)
    before = built(path, *words)
    (line,) = said(before)
    kind = f"{'' if attributes.get('signed', 1) else 'u'}int{attributes.get('bits', 8.0):g}"
    match = re.fullmatch(
        rf"input_quant \(q0\) takes {means} a lane to quantise the input to {kind}; built with "
        r"(--input-type .*) the host quantises, and it costs nothing",
        line,
    )
    assert match is not None, line
    assert said(flow.open_project(tmp_path / "out")) == [line]
    after = built(path, *shlex.split(match[1]))
    assert isinstance(before.design.layers[0], ThresholdUnit)
    assert not any(isinstance(unit, ThresholdUnit) for unit in after.design.layers) and not said(after)
    encoding, count = before.graph.encoding, 2000
    codes = before.codes(count, seed=1)
    reals = codes * encoding.scale + encoding.offset
    assert np.array_equal(before.codes(reals), codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # what saturates in the one does in the other
        assert np.array_equal(before.outputs(codes), after.outputs(reals))


def test_a_scale_for_each_channel(tmp_path: Path) -> None:
    """Typed with commas."""
    rng = np.random.default_rng(0)
    nodes = [
        node("Quant", "x s z b", "xq", name="q0", signed=1, narrow=0, rounding_mode="ROUND"),
        node("BipolarQuant", "w0 one", "b0", name="weights0"),
        node("Conv", "xq b0", "a0", name="conv0", group=3, kernel_shape=[2, 2]),
        node("BipolarQuant", "a0 one", "y", name="sign0"),
    ]
    scale = np.array([0.1, 0.2, 1 / 3]).reshape(1, 3, 1, 1)
    weights = rng.normal(size=(3, 1, 2, 2))
    model = net(nodes, shape=(1, 3, 4, 4), one=1.0, s=scale, z=0.0, b=4.0, w0=weights)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    before = built(tmp_path / "net.onnx", *PIXELS)
    (line,) = said(before)
    words = re.findall(r"--input-\S+ \S+", line)
    assert words == ["--input-type int4", "--input-scale 0.10000000149011612,0.20000000298023224,0.3333333432674408"]
    after = built(tmp_path / "net.onnx", *" ".join(words).split())
    codes = before.codes(500, seed=1)
    reals = codes * before.graph.encoding.scale
    assert not any(isinstance(unit, ThresholdUnit) for unit in after.design.layers)
    with pytest.warns(DataWarning):
        assert np.array_equal(before.outputs(codes), after.outputs(reals))


HALF = node("Mul", "x half", "m", name="half0")
OTHERS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "floor": ((), {"rounding_mode": "FLOOR"}),
    "narrow": ((), {"narrow": 1}),
    "zero_point_and_scale": ((), {"zero": 3.0, "signed": 0}),
    "scaled_before": ((HALF,), {}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_where_it_is_not_the_same(tmp_path: Path, name: str) -> None:
    """Another rounding, fewer codes, or steps in front of the quantiser: nothing is said."""
    between, attributes = OTHERS[name]
    found = built(model(tmp_path / "net.onnx", *between, **attributes), *PIXELS)
    assert isinstance(found.design.layers[0], ThresholdUnit) and not said(found)


def test_a_second_reader_of_the_input(tmp_path: Path) -> None:
    """Another layer reads the input as it is: it would get rounded numbers."""
    rng = np.random.default_rng(0)
    nodes = [
        node("Quant", "x s z b", "xq", name="q0", signed=1, narrow=0, rounding_mode="ROUND"),
        node("BipolarQuant", "w0 one", "b0", name="weights0"),
        node("MatMul", "xq b0", "a0", name="dense0"),
        node("MatMul", "x b0", "a1", name="dense1"),
        node("BipolarQuant", "a0 one", "s0", name="sign0"),
        node("BipolarQuant", "a1 one", "s1", name="sign1"),
        node("Add", "s0 s1", "y", name="add0"),
    ]
    graph = net(nodes, shape=(1, 4), one=1.0, s=0.03, z=0.0, b=4.0, w0=rng.normal(size=(4, 16)))
    (tmp_path / "net.onnx").write_bytes(graph.SerializeToString())
    assert not said(built(tmp_path / "net.onnx", *PIXELS))
