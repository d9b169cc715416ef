"""Operators that pick, repeat and leave out elements: each part of their documents put to use, in every opset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from tests.frontend.attribute_cases import IMAGE, Case, K, cases_of, moved, net_of, on, pixels, tensor
from tests.frontend.onnx_nets import node


def _joined(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A convolution's result (1, 3, 6, 7) in parts, which are joined in another order."""
    parts = [name for name in case.outputs.split() if name != "-"]
    last = node("Concat", " ".join(reversed(parts)), "y", name="join", axis=1)
    return net_of(case, [node("Conv", "x k1", "h", name="conv"), odd, last], opset, shape=IMAGE, **K)


def _pair(**attributes: Any) -> dict[str, Any]:
    return {"starts": [1, 0], "ends": [5, 3], **attributes}


def _ups(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image (1, 4, 6, 7), whose output is the network's."""
    return net_of(case, [odd], opset, shape=IMAGE, output="e", **K)


def _transposed() -> list[Case]:
    two = {"strides": [2, 3]}
    return cases_of(
        "ConvTranspose", _ups, "x k3",
        ("in 0", {}), ("in 0", {}, on("k3 x")), ("in 1", {}, on("x x")), ("in 1", {}, on("x k2")),
        ("in 1", {}, on("x")), ("in 1", {}, on("x odd_")), ("in 2", {}, on("x k3 c4")), ("in 2", {}, on("x k3 x")),
        ("in 2", {}, on("x k3 c3")), ("in 3", {}, on("x k3 c4 c4")),
        *(("auto_pad", {**two, "auto_pad": mode}) for mode in ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", "odd")),
        ("auto_pad", {"auto_pad": "SAME_UPPER", "strides": [4, 1]}),
        ("dilations", {"dilations": [2, 3]}), ("dilations", {**two, "dilations": [3, 2]}),
        ("dilations", {"dilations": [0, 1]}), ("group", {"group": 2}), ("group", {"group": 3}),
        ("kernel_shape", {"kernel_shape": [3, 3]}), ("kernel_shape", {"kernel_shape": [2, 3]}),
        ("output_padding", {**two, "output_padding": [1, 2]}), ("output_padding", {**two, "output_padding": [-1, 0]}),
        ("output_padding", {**two, "output_padding": [1]}),
        ("output_shape", {**two, "output_shape": [11, 18]}), ("output_shape", {**two, "output_shape": [50, 18]}),
        ("output_shape", {**two, "output_shape": [11, 18], "auto_pad": "SAME_UPPER"}),
        ("output_shape", {**two, "output_shape": [11]}),
        ("pads", {"pads": [1, 0, 2, 1]}), ("pads", {**two, "pads": [2, 2, 1, 0]}), ("pads", {"pads": [1, 1]}),
        ("pads", {"pads": [-1, 0, 0, 0]}), ("pads", {"pads": [9, 9, 9, 9]}),
        ("strides", two), ("strides", {"strides": [1, 4]}), ("strides", {"strides": [0, 1]}),
        ("strides", {"strides": [1]}), ("strides", {"strides": [1 << 17, 1]}),
        odd_=np.zeros((4, 3), np.float32), c3=np.zeros(3, np.float32),
    )  # fmt: skip


def _slices() -> list[Case]:
    return cases_of(
        "Slice", moved, "h s e_ a",
        ("in 0", {}), ("in 1", {}, on("h back e_ a")), ("in 2", {}, on("h s far a")), ("in 3", {}, on("h s e_ neg")),
        ("in 3", {}, on("h four all")), ("in 3", {}, on("h s e_ twice")), ("in 3", {}, on("h s e_ wild")),
        ("in 4", {}, on("h s far a two")), ("in 4", {}, on("h last first a minus")), ("in 4", {}, on("h s e_ a zero")),
        ("in 1", {}, on("h h e_ a")), ("in 1", {}, on("h s e_")), ("in 2", {}, on("h s s a")),
        ("in 1", {}, on("h text e_ a")), ("in 4", {}, on("h one e_ a")), ("in 5", {}, on("h s e_ a two two")),
        ("starts", _pair(axes=[2, 3]), on("h", opsets=(1,))), ("ends", _pair(ends=[-1, 99]), on("h", opsets=(1,))),
        ("axes", _pair(axes=[3, 2]), on("h", opsets=(1,))), ("axes", _pair(axes=[-1, 2]), on("h", opsets=(1,))),
        ("starts", {"ends": [1]}, on("h", opsets=(1,))), ("ends", {"starts": [1]}, on("h", opsets=(1,))),
        s=np.asarray([1, 2]), e_=np.asarray([5, -1]), a=np.asarray([2, 3]), back=np.asarray([-5, -4]),
        far=np.asarray([2**62, 2**63 - 1]), neg=np.asarray([-1, -2]), twice=np.asarray([2, 2]),
        wild=np.asarray([2, 9]), two=np.asarray([2, 3]), minus=np.asarray([-1, -2]), zero=np.asarray([0, 1]),
        last=np.asarray([-1, -1]), first=np.asarray([-(2**63), 0]), one=np.asarray([1]),
        four=np.asarray([0, 1, 0, 2]), all=np.asarray([1, 3, 4, 9]),
        text=tensor("text", TensorProto.STRING, [b"0", b"1"]),
    )  # fmt: skip


def _splits() -> list[Case]:
    three = {"axis": 1}
    return cases_of(
        "Split", _joined, "h",
        ("in 0", three, {"outputs": "a c d"}), ("axis", three, {"outputs": "a c d"}),
        ("axis", {"axis": -3}, {"outputs": "a c d"}), ("axis", {"axis": 7}, {"outputs": "a c d"}),
        ("in 1", three, on("h sizes", outputs="a c", opsets=(13, 18))), ("in 1", three, on("h wrong", outputs="a c")),
        ("in 1", three, on("h h", outputs="a c")), ("in 1", three, on("h sizes", outputs="a c d")),
        ("split", {"axis": 1, "split": [2, 1]}, on("h", outputs="a c", opsets=(2, 11))),
        ("split", {"axis": 1, "split": [2, 2]}, on("h", outputs="a c", opsets=(2, 11))),
        ("num_outputs", {"axis": 1, "num_outputs": 2}, {"outputs": "a c"}),
        ("num_outputs", {"axis": 1, "num_outputs": 3}, {"outputs": "a c d"}),
        ("num_outputs", {"axis": 1, "num_outputs": 3}, {"outputs": "a c"}),
        ("axis", {}, {"outputs": "a c"}), ("in 2", three, on("h sizes sizes", outputs="a c")),
        sizes=np.asarray([1, 2]), wrong=np.asarray([1, 1]),
    )  # fmt: skip


def _gathers() -> list[Case]:
    return cases_of(
        "Gather", moved, "h i",
        ("in 0", {"axis": 2}), ("in 1", {"axis": 2}), ("in 1", {"axis": 3}, on("h two")),
        ("in 1", {"axis": 1}, on("h one")),
        ("in 1", {"axis": 2}, on("h far")), ("in 1", {"axis": 2}, on("h h")), ("in 1", {"axis": 2}, on("h real")),
        ("axis", {"axis": 2}), ("axis", {"axis": -1}), ("axis", {"axis": 4}), ("axis", {}, on("h none")),
        ("in 2", {"axis": 2}, on("h i i")),
        i=np.asarray([4, 0, -1, 4]), two=np.asarray([[0, 2], [5, -7]]), one=np.asarray(2), far=np.asarray([6]),
        real=np.asarray([0.0, 1.5], np.float32), none=np.asarray([0]),
    )  # fmt: skip


def _repeats() -> list[Case]:
    expand = cases_of(
        "Expand", _column, "h to",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("h more")), ("in 1", {}, on("h bad")), ("in 1", {}, on("h h")),
        ("in 1", {}, on("h huge")), ("in 1", {}, on("h one")), ("in 2", {}, on("h to to")),
        to=np.asarray([1, 4, 6, 5]), more=np.asarray([1, 1, 4, 6, 2]), bad=np.asarray([1, 4, 5, 1]),
        huge=np.asarray([1, 4, 6, 1 << 40]), one=np.asarray([1]),
    )  # fmt: skip
    tile = cases_of(
        "Tile", moved, "h times",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("h short")), ("in 1", {}, on("h none")), ("in 1", {}, on("h h")),
        ("in 1", {}, on("h huge")), ("in 2", {}, on("h three axis", opsets=(1,))), ("in 2", {}, on("h times times")),
        times=np.asarray([1, 2, 3, 1]), short=np.asarray([2]), none=np.asarray([1, 0, 1, 1]),
        huge=np.asarray([1, 1 << 40, 1 << 40, 1]), three=np.asarray([3]), axis=np.asarray([2]),
    )  # fmt: skip
    return [*expand, *tile]


def _column(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The greatest number of each row (1, 4, 6, 1), and the node, whose output is the network's."""
    before = node("MaxPool", "x", "h", name="pool", kernel_shape=[1, 7])
    return net_of(case, [before, odd], opset, shape=IMAGE, output="e")


def _blocks() -> list[Case]:
    depth = cases_of(
        "DepthToSpace", pixels, "x",
        ("in 0", {"blocksize": 2}), ("in 1", {"blocksize": 2}, on("x x")), ("blocksize", {"blocksize": 1}),
        ("blocksize", {"blocksize": 3}), ("blocksize", {"blocksize": -2}), ("blocksize", {}),
        ("mode", {"blocksize": 2, "mode": "DCR"}, on("h", frame=_wider)),
        ("mode", {"blocksize": 2, "mode": "CRD"}, on("h", frame=_wider)), ("mode", {"blocksize": 2, "mode": "odd"}),
    )  # fmt: skip
    space = cases_of(
        "SpaceToDepth", _wider, "h",
        ("in 0", {"blocksize": 2}), ("in 1", {"blocksize": 2}, on("h h")), ("blocksize", {"blocksize": 1}),
        ("blocksize", {"blocksize": 4}), ("blocksize", {"blocksize": 0}), ("blocksize", {}),
    )  # fmt: skip
    return [*depth, *space]


def _wider(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A layer, and the node on its result (1, 8, 6, 8), which is the network's."""
    nodes = [node("Conv", "x k8", "h", name="conv"), odd]
    k8 = np.arange(64, dtype=np.float32).reshape(8, 8, 1, 1) % 7 - 3
    return net_of(case, nodes, opset, shape=(1, 8, 6, 8), output="e", k8=k8)


_COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric")
_ROUNDINGS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def _resizes() -> list[Case]:
    every = [
        ("coordinate_transformation_mode", {"coordinate_transformation_mode": way, "nearest_mode": rounding}, given)
        for way in _COORDINATES
        for rounding in _ROUNDINGS
        for given in ({}, on("x - half"), on("x - - sizes"), on("x - third"), on("x none half", opsets=(11,)))
    ]
    scaled = on("x two", opsets=(10,))
    resize = cases_of(
        "Resize", pixels, "x - two", *every,
        *(("nearest_mode", {"nearest_mode": rounding}, on("x - third")) for rounding in _ROUNDINGS),
        *(("nearest_mode", {"nearest_mode": way, "coordinate_transformation_mode": "asymmetric"}, on("x - half"))
          for way in _ROUNDINGS),
        ("in 0", {}), ("in 1", {}, on("x none two")), ("in 1", {}, scaled), ("in 2", {}, on("x - half")),
        ("in 2", {}, on("x - x")), ("in 2", {}, on("x - short")), ("in 2", {}, on("x - minus")),
        ("in 2", {}, on("x - huge")),
        ("in 3", {}, on("x - - sizes")), ("in 3", {}, on("x - two sizes")), ("in 3", {}, on("x")),
        ("in 3", {}, on("x - none sizes")), ("in 4", {}, on("x - two - two")), ("in 1", {}, on("x half", opsets=(10,))),
        ("mode", {"mode": "nearest"}), ("mode", {"mode": "linear"}), ("mode", {"mode": "cubic"}),
        ("mode", {"mode": "linear"}, on("h - thrice", frame=_column)),
        ("mode", {"mode": "linear"}, scaled), ("nearest_mode", {"nearest_mode": "odd"}),
        ("coordinate_transformation_mode", {"coordinate_transformation_mode": "tf_crop_and_resize"}, on("x roi two")),
        ("axes", {"axes": [2, 3]}, on("x - pair")), ("axes", {"axes": [3, 2]}, on("x - pair")),
        ("axes", {"axes": [2, 2]}, on("x - pair")), ("axes", {"axes": [2]}, on("x - pair")),
        *(("keep_aspect_ratio_policy", {"keep_aspect_ratio_policy": way, "axes": [2, 3]}, on("x - - even"))
          for way in ("stretch", "not_larger", "not_smaller", "odd")),
        ("antialias", {"antialias": 0}, {"opsets": (18, 19)}), ("cubic_coeff_a", {"cubic_coeff_a": -0.5}),
        ("exclude_outside", {"exclude_outside": 0}), ("extrapolation_value", {"extrapolation_value": 1.0}),
        thrice=np.asarray([1, 1, 3, 1], np.float32), two=np.asarray([1, 1, 2, 3], np.float32),
        half=np.asarray([1, 1, 0.5, 2], np.float32),
        third=np.asarray([1, 1, 1.7, 0.6], np.float32), sizes=np.asarray([1, 4, 9, 14]),
        short=np.asarray([2], np.float32), minus=np.asarray([1, 1, -2, 1], np.float32),
        huge=np.asarray([1, 1, 1e9, 1], np.float32), pair=np.asarray([2, 3], np.float32), even=np.asarray([12, 14]),
        none=np.zeros(0, np.float32), roi=np.asarray([0, 0, 0, 0, 1, 1, 0.5, 1], np.float32),
    )  # fmt: skip
    upsample = cases_of(
        "Upsample", pixels, "x two",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("x part")), ("in 1", {}, on("x x")), ("in 2", {}, on("x two two")),
        ("mode", {"mode": "nearest"}), ("mode", {"mode": "linear"}),
        ("scales", {"scales": [1.0, 1.0, 2.0, 3.0]}, on("x", opsets=(7,))),
        ("scales", {"scales": [1.0, 1.0, 2.5, 1.0]}, on("x", opsets=(7,))),
        ("height_scale", {"height_scale": 2.0, "width_scale": 2.0}, on("x", opsets=(1,))),
        ("width_scale", {"height_scale": 2.0, "width_scale": 1.0}, on("x", opsets=(1,))),
        two=np.asarray([1, 1, 2, 3], np.float32), part=np.asarray([1, 1, 1.5, 1], np.float32),
    )  # fmt: skip
    newer = (13, 18, 19)  # opset 11 has no empty region
    return [
        *(case if case.opsets or "axes" in case.attributes else replace(case, opsets=newer) for case in resize),
        *(case if case.opsets else replace(case, opsets=(9,)) for case in upsample),
    ]


CASES: list[Case] = [*_transposed(), *_slices(), *_splits(), *_gathers(), *_repeats(), *_blocks(), *_resizes()]
