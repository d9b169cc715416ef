"""Operators with odd attributes, operands and outputs: what each part of an operator's document says, put to use.

A case belongs to a part of an operator, as `axis` (an attribute), `in 1` (an operand) or `out 1` (an output).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.frontend.onnx_nets import CHANNELS_LAST, net, node

W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
C3 = np.asarray([0.5, -0.25, 2.0], dtype=np.float32)
P3 = np.abs(C3)
QUANT = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
IMAGE = (1, 4, 6, 7)
_RNG = np.random.default_rng(5)
K = {
    "k3": _RNG.integers(-3, 4, (4, 4, 3, 3)).astype(np.float32),
    "k2": _RNG.integers(-3, 4, (4, 2, 3, 3)).astype(np.float32),
    "k1": _RNG.integers(-3, 4, (3, 4, 1, 1)).astype(np.float32),
    "c4": np.asarray([0.5, -0.25, 2.0, 1.0], dtype=np.float32),
}
DENSE = node("MatMul", "x w", "h", name="dense")
LAST = node("Quant", "e s z b", "y", name="last", signed=1, narrow=0)
BIPOLAR = node("BipolarQuant", "x s", "q", name="sign")

Frame = Callable[["Case", onnx.NodeProto, int], onnx.ModelProto]


@dataclass(frozen=True)
class Case:
    """One node, the network around it, and what it belongs to.

    Attributes:
        part: what of the operator the case is about.
        operands, outputs: words, `-` for one that is left out; the frame gives `h` and takes `e`.
        attributes: those of the node.
        frame: the network around the node.
        constants: more tensors.
        opsets: versions of the operator to try; by default all that the node fits.
    """

    op: str
    part: str
    operands: str
    frame: Frame
    attributes: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, npt.ArrayLike] = field(default_factory=dict)
    outputs: str = "e"
    opsets: tuple[int, ...] = ()
    domain: str = ""

    def model(self, opset: int) -> onnx.ModelProto:
        """The network in a file of that opset."""
        made = node(self.op, self.operands, self.outputs, name="odd", domain=self.domain, **self.attributes)
        return self.frame(self, made, opset)

    def plain(self, opset: int) -> onnx.ModelProto:
        """The network without the attribute that the case is about."""
        rest = {name: value for name, value in self.attributes.items() if name != self.part}
        made = node(self.op, self.operands, self.outputs, name="odd", domain=self.domain, **rest)
        return self.frame(self, made, opset)


def net_of(case: Case, nodes: list[onnx.NodeProto], opset: int, **given: Any) -> onnx.ModelProto:
    read = {name for item in nodes for name in item.input}
    constants = {name: value for name, value in {**QUANT, **given, **case.constants}.items() if name in read}
    tensors = [constants.pop(name) for name in list(constants) if isinstance(constants[name], onnx.TensorProto)]
    options = {name: value for name, value in given.items() if name in ("kind", "output", "shape")}
    version = 2 if case.op == "Trunc" and len(case.operands.split()) == 6 else 1
    model = net(nodes, opset=opset, version=version, types={"x": "INT5"}, **options, **constants)
    model.graph.initializer.extend(tensors)
    return model


def quantised(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, the node, a quantiser."""
    return net_of(case, [DENSE, odd, LAST], opset, w=W)


def scores(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer and the node, whose output is the network's."""
    return net_of(case, [DENSE, odd], opset, w=W, output="e")


def alone(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node and nothing else."""
    return net_of(case, [odd], opset, output="e")


def index(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer and the node, whose output is an index."""
    return net_of(case, [DENSE, odd], opset, w=W, output="e", kind=TensorProto.INT64)


def first(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node, then a dense layer."""
    return net_of(case, [odd, node("MatMul", "e w", "y", name="dense")], opset, w=W)


def pixels(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, a quantiser."""
    return net_of(case, [odd, LAST], opset, shape=IMAGE, **K)


def pooled(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, whose output is the network's, a layer before it."""
    nodes = [node("Conv", "x k3", "c", name="conv"), node("Quant", "c s z b", "h", signed=1, narrow=0), odd]
    return net_of(case, nodes, opset, shape=IMAGE, output="e", **K)


def moved(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A convolution's result (1, 3, 6, 7), moved about by the node, whose output is the network's."""
    return net_of(case, [node("Conv", "x k1", "h", name="conv"), odd], opset, shape=IMAGE, output="e", **K)


def padded(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, then a convolution."""
    return net_of(case, [odd, node("Conv", "e k3", "y", name="conv")], opset, shape=IMAGE, **K)


def padded_same(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, then a convolution that leaves one window for each stride."""
    conv = node("Conv", "e k3", "y", name="conv", auto_pad="SAME_UPPER", strides=[2, 2])
    return net_of(case, [odd, conv], opset, shape=IMAGE, **K)


def maximum(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, then a maximum over windows."""
    last = node("MaxPool", "e", "m", name="pool", kernel_shape=[2, 2])
    return net_of(case, [odd, last, node("Conv", "m k3", "y", name="conv")], opset, shape=IMAGE, **K)


def branches(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on two images."""
    q = node("Quant", "l s z b", "h", signed=1, narrow=0)
    p = node("Quant", "r s z b", "g", name="other", signed=1, narrow=0)
    nodes = [node("Conv", "x k1", "l", name="one"), node("Conv", "x k1", "r0", name="two"), node("Neg", "r0", "r")]
    needed = [*nodes, q, p] if "g" in case.operands else [nodes[0], q]
    return net_of(case, [*needed, odd], opset, shape=IMAGE, output="e", **K)


def reshaped(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A convolution's result, in a shape that the node computes."""
    sizes = node("Concat", "e minus", "to", name="sizes", axis=0)
    nodes = [node("Conv", "x k1", "h", name="conv"), odd, sizes, node("Reshape", "h to", "y")]
    return net_of(case, nodes, opset, shape=IMAGE, minus=[-1], **K)


def last_channels(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image whose channels are last, a quantiser."""
    shape = (1, 6, 7, 4)
    constants = {name: np.moveaxis(value, 1, -1) if value.ndim == 4 else value for name, value in K.items()}
    return net_of(case, [odd, LAST], opset, shape=shape, **constants)


_LAST_CHANNELS = {"frame": last_channels, "domain": CHANNELS_LAST, "constants": {"p4": np.abs(K["c4"])}}
_LAYOUTS = ("", "NCHW", "NHWC", "nhwc", "NC")


def tensor(name: str, kind: int, values: list[Any], dims: list[int] | None = None) -> onnx.TensorProto:
    """A constant of any element type."""
    return helper.make_tensor(name, kind, [len(values)] if dims is None else dims, values)


def cases_of(op: str, frame: Frame, operands: str, *parts: tuple[Any, ...], **constants: Any) -> list[Case]:
    """Cases of one operator: (part, attributes, changes of `Case`)."""
    made = []
    for part, attributes, *rest in parts:
        change = dict(rest[0]) if rest else {}
        own = {**constants, **change.pop("constants", {})}
        made.append(
            Case(op, part, **{"operands": operands, "frame": frame, "constants": own, **change}, attributes=attributes)
        )
    return made


def on(operands: str, **change: Any) -> dict[str, Any]:
    """Other operands."""
    return {"operands": operands, **change}


_SEVERAL = dict(c=C3, d=-2 * C3, one=np.float32(0.5), wide=C3.reshape(1, 1, 1, 3), row=C3.reshape(1, 3))


def _arithmetic(op: str) -> list[Case]:
    old, divisor = {"opsets": (1, 6)}, {"frame": positive} if op == "Div" else {}
    both = [
        ("in 1", {}, on("h g", frame=branches)),
        ("in 1", {}, on("h h", frame={"Mul": quantised, "Div": positive}.get(op, branches))),
    ]
    return cases_of(
        op, scores, "h c",
        ("in 0", {}), ("in 0", {}, on("c h", **divisor)), ("in 1", {}, on("h one")), ("in 1", {}, on("h row")),
        ("in 1", {}, on("h wide")), ("in 1", {}, on("wide h", **divisor)), ("in 1", {}, on("h tall")),
        ("in 1", {}, on("h text")),
        ("in 1", {}, on("h big")), ("in 1", {}, on("h none")), ("in 1", {}, on("h half")), ("in 1", {}, on("h brain")),
        ("in 1", {}, on("h nan")), ("in 2", {}, on("h c one")), ("in 1", {}, on("h -")),
        ("axis", {"axis": 1, "broadcast": 1}, old), ("broadcast", {"broadcast": 1}, old),
        ("consumed_inputs", {"consumed_inputs": [0, 0]}, {"opsets": (1,)}), ("alpha", {"alpha": 2.0}),
        *both,
        **_SEVERAL, tall=np.ones((2, 3), np.float32), text=tensor("text", TensorProto.STRING, [b"2", b"3", b"4"]),
        big=tensor("big", TensorProto.INT64, [2**53 + 1]), none=tensor("none", TensorProto.FLOAT, [], [0]),
        half=tensor("half", TensorProto.FLOAT16, [0.5, 2.0, -1.5]), nan=np.float32(np.nan),
        brain=tensor("brain", TensorProto.BFLOAT16, [0.5, 2.0, -1.5]),
    )  # fmt: skip


_INT8, _FLOAT = TensorProto.INT8, TensorProto.FLOAT
_SKIP = {"consumed_inputs": [0]}
OLD = {"opsets": (1,)}


def _activations() -> list[Case]:
    relu = [
        *cases_of("Relu", quantised, "h", ("in 0", {}), ("in 1", {}, on("h c")), ("consumed_inputs", _SKIP, OLD), c=C3),
        *cases_of("Neg", scores, "h", ("in 0", {}), ("in 1", {}, on("h c")), ("consumed_inputs", _SKIP, OLD), c=C3),
        *cases_of("Identity", scores, "h", ("in 0", {}), ("in 1", {}, on("h c")), c=C3),
    ]
    leaky = cases_of(
        "LeakyRelu", quantised, "h",
        ("in 0", {}), ("alpha", {"alpha": 0.375}), ("alpha", {"alpha": -0.5}), ("alpha", {"alpha": 0.0}),
        ("alpha", {"alpha": float("nan")}), ("alpha", {"alpha": 2}), ("consumed_inputs", _SKIP, OLD),
    )  # fmt: skip
    prelu = cases_of(
        "PRelu", quantised, "h c",
        ("in 0", {}), ("in 1", {}, on("h one")), ("in 1", {}, on("h row")), ("in 1", {}, on("h wide")),
        ("in 1", {}, on("x c4", frame=pixels)), ("in 1", {}, on("x tall", frame=pixels)), ("in 1", {}, on("h h")),
        ("in 1", {}, on("h")), ("consumed_inputs", {"consumed_inputs": [0, 0]}, OLD),
        **_SEVERAL, tall=K["c4"].reshape(4, 1, 1),
    )  # fmt: skip
    clip = cases_of(
        "Clip", quantised, "h",
        ("in 0", {}), ("min", {"min": -0.75}), ("max", {"max": 1.25}), ("min", {"min": 1.0, "max": -1.0}),
        ("max", {"max": -float("inf")}), ("min", {"min": float("inf")}), ("in 1", {}, on("h lo")),
        ("in 2", {}, on("h - hi")), ("in 2", {}, on("h lo hi")), ("in 1", {}, on("h hi lo")), ("in 1", {}, on("h h")),
        ("in 2", {}, on("h lo inf")), ("in 1", {}, on("h inf")), ("in 1", {}, on("h nan")),
        ("in 3", {}, on("h lo hi lo")),
        ("consumed_inputs", _SKIP, OLD),
        lo=np.float32(-0.75), hi=np.float32(1.25), inf=np.float32(np.inf), nan=np.float32(np.nan),
    )  # fmt: skip
    return [*relu, *leaky, *prelu, *clip]


def _functions() -> list[Case]:
    """Functions of one number; roots of absolute values, logarithms of positive ones."""
    plain = ("Cos", "Cosh", "Erf", "Exp", "HardSwish", "Log", "Mish", "Reciprocal", "Sigmoid", "Sign", "Sin", "Sinh")
    plain += ("Softplus", "Softsign", "Sqrt", "Tanh")
    old = {"opsets": (1,)}
    numbers: dict[str, tuple[dict[str, float], ...]] = {
        "Celu": ({"alpha": 0.75}, {"alpha": -0.5}, {"alpha": float("nan")}),
        "Elu": ({"alpha": 0.75}, {"alpha": -0.5}, {"alpha": 0.0}),
        "HardSigmoid": ({"alpha": 0.375}, {"beta": 0.25}, {"alpha": -0.5, "beta": 1.0}),
        "Selu": ({"alpha": 0.75}, {"gamma": -2.0}, {"alpha": -1.0, "gamma": 0.5}),
        "Shrink": ({"bias": 0.5}, {"lambd": 0.0}, {"lambd": -1.0}, {"bias": -0.25, "lambd": 1.5}),
        "ThresholdedRelu": ({"alpha": 0.75}, {"alpha": -1.0}),
    }
    made = []
    for op in (*plain, *numbers, "Gelu"):
        frame = {"Log": above_zero, "Reciprocal": above_zero, "Sqrt": rooted}.get(op, quantised)
        given = [(name, values) for values in numbers.get(op, ()) for name in values]
        made += cases_of(op, frame, "h", ("in 0", {}), ("in 1", {}, on("h c")), *given, c=C3)
        if op in ("Elu", "Exp", "HardSigmoid", "Log", "Reciprocal", "Selu", "Sigmoid", "Sqrt", "Tanh"):
            made += cases_of(op, frame, "h", ("consumed_inputs", _SKIP, old))
    kinds = ({"approximate": "none"}, {"approximate": "tanh"}, {"approximate": "sigmoid"})
    return [*made, *cases_of("Gelu", quantised, "h", *(("approximate", kind) for kind in kinds))]


def rooted(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, absolute values, the node, a quantiser."""
    dense = node("MatMul", "x w", "g", name="dense")
    return net_of(case, [dense, node("Abs", "g", "h", name="size"), odd, LAST], opset, w=W)


def above_zero(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, absolute values from 3/4 on, the node, a quantiser."""
    before = [node("MatMul", "x w", "g", name="dense"), node("Abs", "g", "a", name="size"), node("Max", "a m", "h")]
    return net_of(case, [*before, odd, LAST], opset, w=W, m=np.float32(0.75))


def positive(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, its exponentials, the node, a quantiser."""
    dense = node("MatMul", "x w", "g", name="dense")
    return net_of(case, [dense, node("Exp", "g", "h", name="exp"), odd, LAST], opset, w=W)


def _powers() -> list[Case]:
    old = {"opsets": (1, 6)}
    exponents = {"two": 2.0, "three": 3.0, "none": 0.0, "third": 1 / 3, "many": 65.0, "less": -1.0}
    constants = {name: np.float32(number) for name, number in exponents.items()}
    rows = [("in 1", {}, on(f"h {name}")) for name in (*exponents, "row", "c", "h", "wide") if name != "less"]
    rows += [("in 1", {}, on(f"h {name}", frame=positive)) for name in ("less", "half")]
    half = [("in 1", {}, on(f"h {name}", frame=rooted)) for name in ("half", "one_and_half")]
    flags = [("axis", {"axis": 1, "broadcast": 1}, old), ("broadcast", {"broadcast": 1}, old)]
    constants |= {"half": np.float32(0.5), "one_and_half": np.float32(1.5), "row": np.full((1, 3), 2, np.float32)}
    constants["wide"] = np.full((1, 1, 1, 3), 2, np.float32)
    cases = ("in 0", {}), ("in 0", {}, on("two h")), *rows, *half, *flags, ("in 2", {}, on("h two two"))
    return cases_of("Pow", quantised, "h two", *cases, **constants, c=C3)


def compared(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, a comparison as a number, a quantiser."""
    minus = [node("Neg", "h", "n", name="minus")] if "n" in case.operands.split() else []
    return net_of(case, [DENSE, *minus, odd, node("Cast", "t", "e", name="number", to=1), LAST], opset, w=W)


def _comparisons(op: str) -> list[Case]:
    old = {"opsets": (1,)}
    rows = [("in 1", {}, on(f"h {name}")) for name in ("one", "row", "wide", "n", "h", "nan", "inf")]
    flags = (
        []
        if op.endswith("OrEqual")
        else [("axis", {"axis": 1, "broadcast": 1}, old), ("broadcast", {"broadcast": 1}, old)]
    )
    cases = ("in 0", {}), ("in 0", {}, on("c h")), *rows, *flags, ("in 2", {}, on("h c c"))
    plain = cases_of(op, compared, "h c", *cases, **_SEVERAL, nan=np.float32(np.nan), inf=np.float32(np.inf))
    return [replace(case, outputs="t") for case in plain]


def chosen(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, a condition and what it chooses from, a quantiser."""
    named = {"t": node("Greater", "h half", "t", name="test"), "n": node("Neg", "h", "n", name="minus")}
    needed = [made for name, made in named.items() if name in case.operands.split()]
    return net_of(case, [DENSE, *needed, odd, LAST], opset, w=W, half=np.float32(0.5))


def inverted(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, a condition, the node, a quantiser."""
    nodes = [DENSE, node("Less", "h half", "t", name="test"), odd, node("Cast", "u", "e", name="number", to=1)]
    return net_of(case, [*nodes, LAST], opset, w=W, half=np.float32(0.5))


def doubted(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, two conditions, the node, a quantiser."""
    tests = [node("Less", "h half", "t", name="test"), node("Greater", "h less", "o", name="other")]
    nodes = [DENSE, *tests, odd, node("Cast", "u", "e", name="number", to=1), LAST]
    return net_of(case, nodes, opset, w=W, half=np.float32(0.5), less=np.float32(-2))


def _truths(op: str) -> list[Case]:
    old = {"opsets": (1,)}
    flags = [("axis", {"axis": 1, "broadcast": 1}, old), ("broadcast", {"broadcast": 1}, old)]
    rows = [("in 0", {}), ("in 1", {}, on("o t")), ("in 2", {}, on("t o o")), *flags]
    return [replace(case, outputs="u") for case in cases_of(op, doubted, "t o", *rows)]


def _choices() -> list[Case]:
    pairs = ("h n", "n h", "c h", "h c", "c d", "one h", "h wide", "row one", "h inf")
    rows = [(f"in {place}", {}, on(f"t {pair}")) for place in (1, 2) for pair in pairs]
    rows += [("in 0", {}, on("t h n")), ("in 0", {}, on("always h n")), ("in 3", {}, on("t h n n"))]
    where = cases_of(
        "Where", chosen, "t h n", *rows, **_SEVERAL, always=np.array([True, False, True]), inf=np.float32(np.inf)
    )
    flips = cases_of("Not", inverted, "t", ("in 0", {}), ("in 1", {}, on("t t")))
    return [*where, *(replace(case, outputs="u") for case in flips)]


def _extrema(op: str) -> list[Case]:
    return cases_of(
        op, quantised, "h c",
        ("in 0", {}), ("in 0", {}, on("c h")), ("in 0", {}, on("h")), ("in 0", {}, on("h c d")),
        ("in 0", {}, on("d h one c")), ("in 0", {}, on("c d h")), ("in 0", {}, on("h h")), ("in 0", {}, on("h c x")),
        ("in 0", {}, on("h wide")), ("in 0", {}, on("h nan")), ("in 0", {}, on("h inf")), ("in 0", {}, on("h least")),
        ("in 0", {}, on("h text")), ("in 0", {}, on("c d", outputs="k", frame=_constant_sum)),
        ("consumed_inputs", {"consumed_inputs": [0, 0]}, OLD),
        **_SEVERAL, nan=np.float32(np.nan), inf=np.float32(np.inf), least=np.float32(-np.inf),
        text=tensor("text", TensorProto.STRING, [b"2"]),
    )  # fmt: skip


def _constant_sum(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on constants of which one is quantised, added to a dense layer."""
    quant = node("Quant", "c s z b", "q", name="parameter", signed=1, narrow=0)
    made = node(case.op, case.operands.replace("c", "q"), "k", name="odd", **case.attributes)
    return net_of(case, [DENSE, quant, made, node("Add", "h k", "e", name="sum")], opset, w=W, output="e")


def _norms() -> list[Case]:
    given = dict(g=C3, o=C3[::-1].copy(), m=2 * C3, v=np.asarray([0.25, 1.0, 4.0], np.float32))
    plain = {"is_test": 1, "consumed_inputs": [0, 0]}
    return cases_of(
        "BatchNormalization", scores, "h g o m v",
        *((f"in {i}", {}) for i in range(5)),
        ("in 1", {}, on("h one o m v", constants={"one": np.ones(4, np.float32)})), ("in 5", {}, on("h g o m v v")),
        ("in 1", {}, on("h h o m v")), ("in 4", {}, on("h g o m")), ("in 4", {}, on("h g o m least")),
        ("epsilon", {"epsilon": 0.75}), ("epsilon", {"epsilon": float("nan")}), ("epsilon", {"epsilon": -0.25}),
        ("momentum", {"momentum": 0.1}), ("training_mode", {"training_mode": 1}),
        ("training_mode", {"training_mode": 0}),
        ("training_mode", {"training_mode": 1}, on("h g o m v", outputs="e rm rv")),
        ("spatial", {"spatial": 0}, on("h g o m v", opsets=(7,))),
        ("spatial", {"spatial": 1}, on("h g o m v", opsets=(7,))),
        ("spatial", {"spatial": 0}, on("x c4 c4 c4 p4", frame=pixels, opsets=(7,), constants={"p4": np.abs(K["c4"])})),
        ("is_test", plain, OLD), ("is_test", {"is_test": 0, "consumed_inputs": [0]}, OLD),
        ("is_test", {"is_test": 1}, {"opsets": (6,)}), ("is_test", {}, {"opsets": (6,)}),
        ("consumed_inputs", plain, OLD),
        ("out 0", {}, on("x c4 c4 c4 p4", **_LAST_CHANNELS)),
        *((f"out {i}", {}, on("h g o m v", outputs=f"{'a i c d '[: 2 * i]}e")) for i in range(1, 5)),
        *((f"out {i}", {}, on("h g o m v", outputs="e a i c d"[: 2 * i + 1])) for i in range(1, 5)),
        **given, least=np.asarray([0.25, -1.0, 4.0], np.float32),
    )  # fmt: skip


def _windows(op: str, frame: Frame, operands: str, *parts: tuple[Any, ...], **base: Any) -> list[Case]:
    """Cases that convolutions and pools share, the attributes of `base` in each."""
    shared = [
        ("pads", {"pads": [1, 0, 2, 1]}), ("pads", {"pads": [1, 1]}), ("pads", {"pads": [-1, 0, 0, 0]}),
        ("pads", {"pads": [1.0, 1.0, 1.0, 1.0]}), ("strides", {"strides": [2, 3]}), ("strides", {"strides": [0, 1]}),
        ("strides", {"strides": 2}), ("auto_pad", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ("auto_pad", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ("auto_pad", {"auto_pad": "VALID"}),
        ("auto_pad", {"auto_pad": "SAME"}), ("auto_pad", {"auto_pad": 1}), ("dilations", {"dilations": [2, 3]}),
        ("dilations", {"dilations": [2, 1], "pads": [1, 1, 1, 1]}), ("dilations", {"dilations": [0, 1]}),
    ]  # fmt: skip
    kept = [(part, {**base, **attributes}, *rest) for part, attributes, *rest in [*shared, *parts]]
    return cases_of(op, frame, operands, *kept)


def _layers() -> list[Case]:
    conv = _windows(
        "Conv", pixels, "x k3",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("x x")), ("in 1", {}, on("x")), ("in 2", {}, on("x k3 c4")),
        ("in 2", {}, on("x k3 one", constants={"one": np.ones(1, np.float32)})), ("in 3", {}, on("x k3 c4 c4")),
        ("in 2", {}, on("x k3 row", constants={"row": K["c4"].reshape(1, 4)})), ("in 2", {}, on("x k3 x")),
        ("group", {"group": 2}, on("x k2")), ("group", {"group": 3}), ("group", {"group": 0}), ("group", {"group": 2}),
        ("kernel_shape", {"kernel_shape": [3, 3]}), ("kernel_shape", {"kernel_shape": [2, 2]}),
        ("kernel_shape", {"kernel_shape": [3]}), ("kernel_shape", {"kernel_shape": [3, 3, 3]}),
        ("out 0", {"kernel_shape": [3, 3], "pads": [1, 0, 1, 0]}, on("x k3", **_LAST_CHANNELS)),
    )  # fmt: skip
    gemm = cases_of(
        "Gemm", alone, "x g c",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("x x c")), ("in 2", {}, on("x g")), ("in 2", {}, on("x g one")),
        ("in 2", {}, on("x g row")), ("in 2", {}, on("x g tall")), ("in 2", {}, on("x g x")),
        ("in 3", {}, on("x g c c")),
        ("alpha", {"alpha": 0.5}), ("alpha", {"alpha": -2.0}), ("alpha", {"alpha": 0.0}),
        ("alpha", {"alpha": float("inf")}),
        ("beta", {"beta": 2.0}), ("beta", {"beta": 0.0}), ("transA", {"transA": 1}),
        ("transB", {"transB": 1}, on("x t c")),
        ("transB", {"transB": 1}), ("broadcast", {"broadcast": 1}, {"opsets": (1, 6)}),
        **_SEVERAL, g=W, t=W.T.copy(), tall=np.ones((2, 3), np.float32),
    )  # fmt: skip
    matmul = cases_of(
        "MatMul", alone, "x g",
        ("in 0", {}), ("in 1", {}), ("in 0", {}, on("t x")), ("in 1", {}, on("x v")), ("in 1", {}, on("x x")),
        ("in 1", {}, on("x many")), ("in 1", {}, on("x whole")), ("in 1", {}, on("x large")), ("in 2", {}, on("x g g")),
        ("in 1", {}, on("x text")), ("transB", {"transB": 1}),
        g=W, t=W.T.copy(), v=W[:, 0].copy(), many=np.stack([W, W]), large=W * np.float32(2**60),
        whole=tensor("whole", _INT8, [int(v) for v in W.flat], [4, 3]),
        text=tensor("text", TensorProto.STRING, [str(int(v)).encode() for v in W.flat], [4, 3]),
    )  # fmt: skip
    return [*conv, *gemm, *matmul]


def _pools() -> list[Case]:
    maximum_pool = _windows(
        "MaxPool", pooled, "h",
        ("in 0", {}), ("in 1", {}, on("h c4")), ("kernel_shape", {"kernel_shape": [1, 3]}),
        ("kernel_shape", {"kernel_shape": [2]}), ("ceil_mode", {"ceil_mode": 1, "strides": [2, 2]}),
        ("ceil_mode", {"ceil_mode": 1}), ("ceil_mode", {"ceil_mode": 1, "strides": [2, 2], "kernel_shape": [2, 3]}),
        ("storage_order", {"storage_order": 1}), ("storage_order", {"storage_order": 1}, on("h", outputs="f e")),
        ("out 1", {}, on("h", outputs="f e")), ("out 1", {}, on("h", outputs="e f")),
        ("out 0", {"pads": [1, 0, 1, 0], "strides": [1, 1]}, on("x", **_LAST_CHANNELS)),
        kernel_shape=[2, 2],
    )  # fmt: skip
    average = _windows(
        "AveragePool", pooled, "h",
        ("in 0", {}), ("in 1", {}, on("h c4")), ("kernel_shape", {"kernel_shape": [1, 3]}),
        ("kernel_shape", {"kernel_shape": [2]}), ("ceil_mode", {"ceil_mode": 1, "strides": [2, 2]}),
        ("ceil_mode", {"ceil_mode": 1}), ("count_include_pad", {"count_include_pad": 1, "pads": [1, 0, 1, 1]}),
        ("count_include_pad", {"count_include_pad": 0, "pads": [1, 0, 1, 1]}),
        ("count_include_pad", {"count_include_pad": 1}),
        ("count_include_pad", {"count_include_pad": 1, "auto_pad": "SAME_UPPER"}),
        ("count_include_pad", {"count_include_pad": 1, "ceil_mode": 1, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("count_include_pad", {"count_include_pad": 1, "dilations": [2, 2], "pads": [1, 1, 1, 1]}),
        kernel_shape=[2, 2],
    )  # fmt: skip
    whole = [
        case
        for op in ("GlobalAveragePool", "GlobalMaxPool")
        for case in cases_of(op, pooled, "h", ("in 0", {}), ("in 1", {}, on("h c4")), ("keepdims", {"keepdims": 0}))
    ]
    return [*maximum_pool, *average, *whole]


def _reductions() -> list[Case]:
    made = []
    for op in ("ReduceMean", "ReduceSum", "ReduceL1", "ReduceMax", "ReduceMin"):
        spatial = op in ("ReduceMean", "ReduceMax", "ReduceMin")
        frame, axes, other = (pooled, [2, 3], [3]) if spatial else (_magnitudes, [1], [1, 2, 3])
        frame = pooled if op == "ReduceL1" else frame
        made += cases_of(
            op, frame, "h",
            ("in 0", {"axes": axes}), ("axes", {"axes": other}), ("axes", {"axes": [a - 4 for a in axes]}),
            ("axes", {"axes": [5]}), ("axes", {"axes": [axes[0], axes[0] - 4]}), ("axes", {"axes": [0]}),
            ("axes", {}), ("keepdims", {"keepdims": 0, "axes": axes}), ("keepdims", {"keepdims": 1, "axes": axes}),
            ("in 1", {}, on("h ax")), ("in 1", {}, on("h other")), ("in 1", {}, on("h far")),
            ("in 1", {}, on("h none")),
            ("in 1", {}, on("h twice")), ("in 1", {}, on("h h")), ("in 1", {}, on("h text")),
            ("in 2", {}, on("h ax ax")),
            ("keepdims", {"keepdims": 0}, on("h ax")), ("noop_with_empty_axes", {"noop_with_empty_axes": 1}),
            ("noop_with_empty_axes", {"noop_with_empty_axes": 1}, on("h none")),
            ("noop_with_empty_axes", {"noop_with_empty_axes": 1}, on("h ax")),
            ax=np.asarray(axes), other=np.asarray(other), far=np.asarray([7]), none=np.zeros(0, np.int64),
            twice=np.asarray([axes[0], axes[0]]), text=tensor("text", TensorProto.STRING, [b"1"]),
        )  # fmt: skip
    made += cases_of(
        "ReduceSum", pooled, "h",
        ("axes", {"axes": [2, 3]}), ("axes", {"axes": [-1]}), ("axes", {"axes": [1]}),
        ("in 1", {}, on("h ax")), ("in 1", {"keepdims": 0}, on("h ax")), ax=np.asarray([2, 3]),
    )  # fmt: skip
    absolute = cases_of(
        "Abs", _mean_of, "h", ("in 0", {}), ("in 1", {}, on("h c4")), ("consumed_inputs", _SKIP, OLD),
    )  # fmt: skip
    return [*made, *absolute]


def _magnitudes(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on the absolute values of an image."""
    quant = node("Quant", "x s z b", "q", name="first", signed=1, narrow=0)
    return net_of(case, [quant, node("Abs", "q", "h", name="abs"), odd], opset, shape=IMAGE, output="e", **K)


def _mean_of(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """The node on an image, then a mean over channels."""
    quant = node("Quant", "x s z b", "h", name="first", signed=1, narrow=0)
    attributes: dict[str, Any] = {"axes": [1]} if opset < 18 else {}
    mean = node("ReduceMean", "e" if attributes else "e channels", "y", name="mean", **attributes)
    return net_of(case, [quant, odd, mean], opset, shape=IMAGE, channels=[1], **K)


def _moves() -> list[Case]:
    flatten = cases_of(
        "Flatten", moved, "h",
        ("in 0", {}), ("in 1", {}, on("h c4")), *(("axis", {"axis": axis}) for axis in (-5, -4, -2, 0, 2, 3, 4, 5)),
        ("axis", {"axis": [1]}),
    )  # fmt: skip
    transpose = cases_of(
        "Transpose", moved, "h",
        ("in 0", {}), ("in 1", {}, on("h c4")), ("perm", {"perm": [0, 2, 3, 1]}), ("perm", {"perm": [3, 1, 0, 2]}),
        ("perm", {"perm": [0, 2, 3]}), ("perm", {"perm": [0, 2, 2, 1]}), ("perm", {"perm": [0, 1, 2, 4]}),
    )  # fmt: skip
    reshape = cases_of(
        "Reshape", moved, "h to",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("h zeros")), ("in 1", {}, on("h two")), ("in 1", {}, on("h h")),
        ("in 1", {}, on("h real")), ("in 1", {}, on("h text")), ("in 1", {}, on("h bad")), ("in 2", {}, on("h to to")),
        ("in 1", {}, on("h none")), ("shape", {"shape": [1, 3, -1]}, on("h", opsets=(1,))),
        ("allowzero", {"allowzero": 1}), ("allowzero", {"allowzero": 1}, on("h zeros")),
        ("allowzero", {"allowzero": 0}, on("h zeros")),
        ("consumed_inputs", {"shape": [1, 3, -1], "consumed_inputs": [0]}, on("h", opsets=(1,))),
        to=np.asarray([1, 6, 21]), zeros=np.asarray([0, 0, -1]), two=np.asarray([1, -1, -1]),
        bad=np.asarray([1, 5, -1]),
        real=np.asarray([1.0, 6.0, 21.5], np.float32), none=np.zeros(0, np.int64),
        text=tensor("text", TensorProto.STRING, [b"1", b"6", b"21"]),
    )  # fmt: skip
    squeeze = cases_of(
        "Squeeze", moved, "h",
        ("in 0", {}), ("axes", {"axes": [0]}), ("axes", {"axes": [-4]}), ("axes", {"axes": [4]}),
        ("axes", {"axes": [1]}),
        ("axes", {"axes": [0, -4]}), ("in 1", {}, on("h zero")), ("in 1", {}, on("h far")), ("in 1", {}, on("h one")),
        ("in 1", {}, on("h h")), ("in 1", {}, on("h text")), ("in 2", {}, on("h zero zero")),
        ("in 1", {}, on("h none")),
        zero=np.asarray([0]), far=np.asarray([-5]), one=np.asarray([1]), none=np.zeros(0, np.int64),
        text=tensor("text", TensorProto.STRING, [b"0"]),
    )  # fmt: skip
    unsqueeze = cases_of(
        "Unsqueeze", moved, "h",
        ("in 0", {"axes": [0]}), ("axes", {"axes": [2, -1]}), ("axes", {"axes": [6]}), ("axes", {"axes": [0, 0]}),
        ("axes", {}), ("in 1", {}, on("h zero")), ("in 1", {}, on("h far")),
        ("in 1", {}, on("h two")), ("in 1", {}, on("h twice")), ("in 1", {}, on("h h")),
        ("in 2", {}, on("h zero zero")),
        zero=np.asarray([0]), far=np.asarray([-6]), two=np.asarray([3, 1]), twice=np.asarray([1, 1]),
    )  # fmt: skip
    shape = cases_of(
        "Shape", reshaped, "h", ("in 0", {"end": 1}), ("in 1", {"end": 1}, on("h c4")),
        ("start", {"start": 1, "end": 3}),
        ("end", {"end": 2}), ("end", {"end": -2}), ("start", {"start": -3, "end": -1}),
        ("start", {"start": -9, "end": 2}),
        ("start", {"start": 3}), ("end", {"end": 9, "start": 2}), ("start", {"start": 3, "end": 1}),
    )  # fmt: skip
    size = cases_of(
        "Size", _sized, "h", ("in 0", {}, {"opsets": (13, 19, 21)}), ("in 1", {}, on("h c4")), ("start", {"start": 1}),
    )  # fmt: skip
    concat = cases_of(
        "Concat", branches, "h g",
        ("in 0", {"axis": 1}), ("axis", {"axis": -3}), ("axis", {"axis": 2}), ("axis", {"axis": 0}),
        ("axis", {"axis": 4}),
        ("axis", {"axis": -5}), ("axis", {}), ("in 0", {"axis": 1}, on("h h")), ("in 0", {"axis": 1}, on("h")),
        ("in 0", {"axis": 1}, on("h g h")), ("in 0", {"axis": 1}, on("h k")), ("axis", {"axis": 1.0}),
        k=np.ones((1, 3, 6, 7), np.float32),
    )  # fmt: skip
    return [*flatten, *transpose, *reshape, *squeeze, *unsqueeze, *shape, *size, *concat]


def _sized(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A convolution's result in a shape of as many elements as the node counts."""
    nodes = [node("Conv", "x k1", "h", name="conv"), odd, node("Reshape", "e one", "to", name="list")]
    return net_of(case, [*nodes, node("Reshape", "h to", "y")], opset, shape=IMAGE, one=[1], **K)


def _pads() -> list[Case]:
    zero = {"pads": [0, 0, 1, 0, 0, 0, 1, 1]}
    return cases_of(
        "Pad", padded, "x",
        ("in 0", zero), ("pads", zero, on("x", frame=padded_same)), ("in 1", {}, on("x p", frame=padded_same)),
        ("pads", zero), ("pads", {"pads": [0, 1, 0, 0, 0, 0, 0, 0]}), ("pads", {"pads": [0, 0, 1, 1]}),
        ("pads", {"pads": [0, 0, -1, 0, 0, 0, 1, 1]}), ("pads", {"pads": [0] * 8}), ("pads", {}),
        ("paddings", {"paddings": zero["pads"]}), ("value", {**zero, "value": 1.0}), ("value", {**zero, "value": 0.0}),
        ("value", {**zero, "value": -9.0}, on("x", frame=maximum)),
        ("value", {**zero, "value": 9.0}, on("x", frame=maximum)),
        ("mode", {**zero, "mode": "reflect"}), ("mode", {**zero, "mode": "edge"}),
        ("mode", {**zero, "mode": "constant"}),
        ("mode", {"mode": "wrap"}, on("x p")), ("mode", {"mode": "odd"}, on("x p")),
        ("in 1", {}, on("x p")), ("in 1", {}, on("x x")), ("in 1", {}, on("x short")), ("in 1", {}, on("x text")),
        ("in 2", {}, on("x p nine")), ("in 2", {}, on("x p low", frame=maximum)),
        ("in 2", {}, on("x p nine", frame=maximum)),
        ("in 2", {}, on("x p inf", frame=maximum)), ("in 2", {}, on("x p nan", frame=maximum)),
        ("in 2", {}, on("x p two")),
        ("in 3", {}, on("x p2 - ax")), ("in 3", {}, on("x p2 - last")), ("in 3", {}, on("x p2 - twice")),
        ("in 3", {}, on("x p2 - far")), ("in 3", {}, on("x p - ax")), ("in 4", {}, on("x p2 nine ax ax")),
        p=np.asarray(zero["pads"]), short=np.asarray([1, 1]), nine=np.float32(9), low=np.float32(-9),
        inf=np.float32(-np.inf), nan=np.float32(np.nan), two=np.ones(2, np.float32), p2=np.asarray([1, 0, 1, 1]),
        ax=np.asarray([2, 3]), last=np.asarray([-1, 1]), twice=np.asarray([2, -2]), far=np.asarray([2, 4]),
        text=tensor("text", TensorProto.STRING, [b"0"] * 8),
    )  # fmt: skip


def _types() -> list[Case]:
    kinds = [*range(1, 24)]
    cast = cases_of(
        "Cast", _recast, "h",
        ("in 0", {"to": 1}), ("in 1", {"to": 1}, on("h c")), *(("to", {"to": kind}) for kind in kinds), ("to", {}),
        *(("to", {"to": kind}, {"frame": _real_cast}) for kind in (2, 7, 9, 10, 11, 16)),
        *(("to", {"to": kind}, {"frame": _positive_cast}) for kind in (2, 3, 9, 10, 12)),
        *(("to", {"to": kind}, {"frame": _halved}) for kind in (3, 6, 7, 10, 1)),
        ("to", {"to": "FLOAT"}, OLD), ("saturate", {"to": 1, "saturate": 0}), ("saturate", {"to": 17, "saturate": 0}),
        c=C3,
    )  # fmt: skip
    dropout = cases_of(
        "Dropout", scores, "h",
        ("in 0", {}), ("ratio", {"ratio": 0.9}, {"opsets": (7, 10)}), ("is_test", {"is_test": 1}, {"opsets": (1, 6)}),
        ("is_test", {"is_test": 0}, {"opsets": (1, 6)}), ("is_test", {}, {"opsets": (1, 6)}),
        ("ratio", {"ratio": 0.9}, {"opsets": (1, 6)}), ("seed", {"seed": 7}),
        ("consumed_inputs", {"is_test": 1, **_SKIP}, OLD),
        ("in 1", {}, on("h ratio")), ("in 1", {}, on("h text")), ("in 2", {}, on("h ratio yes")),
        ("in 2", {}, on("h ratio no")),
        ("in 2", {}, on("h - yes")), ("in 2", {}, on("h - no")), ("in 2", {}, on("h - h")),
        ("in 3", {}, on("h ratio no no")),
        ("out 1", {}, on("h", outputs="e mask")), ("out 1", {}, on("h", outputs="mask e")),
        ratio=np.float32(0.75), yes=tensor("yes", TensorProto.BOOL, [1], []),
        no=tensor("no", TensorProto.BOOL, [0], []),
        text=tensor("text", TensorProto.STRING, [b"0"], []),
    )  # fmt: skip
    return [*cast, *dropout]


def _recast(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """Whole numbers below zero and above, cast, and cast back."""
    codes = node("Quant", "x s z b", "q", name="codes", signed=1, narrow=0)
    nodes = [codes, node("MatMul", "q w", "h", name="dense"), odd, node("Cast", "e", "y", name="back", to=1)]
    return net_of(case, nodes, opset, w=W, s=np.float32(1))


def _real_cast(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """Thirds of whole numbers, cast, and cast back."""
    nodes = [DENSE, node("Mul", "k third", "h", name="third"), odd, node("Cast", "e", "y", name="back", to=1)]
    nodes[0] = node("MatMul", "x w", "k", name="dense")
    return net_of(case, nodes, opset, w=W, third=np.float32(1 / 3))


def _positive_cast(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """Codes from 0 to 3, cast, and cast back."""
    nodes = [
        node("MatMul", "x w", "k", name="dense"), node("MultiThreshold", "k t", "h", name="mt", out_dtype="UINT2"),
        odd, node("Cast", "e", "y", name="back", to=1),
    ]  # fmt: skip
    return net_of(case, nodes, opset, w=W, t=np.asarray([[-1.0, 0.5, 1.0]], np.float32))


def _halved(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """Codes from 0 to 3, cast, divided by two in the type that they then have, and cast back."""
    nodes = [
        node("MatMul", "x w", "k", name="dense"), node("MultiThreshold", "k t", "h", name="mt", out_dtype="UINT2"),
        odd, node("Div", "e two", "f", name="half"), node("Cast", "f", "y", name="back", to=1),
    ]  # fmt: skip
    kind = case.attributes["to"]
    two = numpy_helper.from_array(np.asarray(2, helper.tensor_dtype_to_np_dtype(kind)), "two")
    model = net_of(case, nodes, opset, w=W, t=np.asarray([[-1.0, 0.5, 1.0]], np.float32))
    model.graph.initializer.append(two)
    return model


def _endings() -> list[Case]:
    made = []
    for op in ("Softmax", "LogSoftmax"):
        made += cases_of(
            op, _softened, "h",
            ("in 0", {}), ("in 1", {}, on("h c")), ("axis", {"axis": 1}), ("axis", {"axis": -1}), ("axis", {"axis": 0}),
            ("axis", {"axis": 2}), c=C3,
        )  # fmt: skip
    best = cases_of(
        "ArgMax", index, "h",
        ("in 0", {"axis": 1}), ("in 1", {"axis": 1}, on("h c")), ("axis", {"axis": -1}), ("axis", {"axis": 0}),
        ("axis", {}),
        ("axis", {"axis": 3}), ("keepdims", {"axis": 1, "keepdims": 0}), ("keepdims", {"axis": 1, "keepdims": 1}),
        ("select_last_index", {"axis": 1, "select_last_index": 1}),
        ("select_last_index", {"axis": 1, "select_last_index": 0}),
        c=C3,
    )  # fmt: skip
    top = cases_of(
        "TopK", index, "h one",
        ("in 0", {}, on("h one", outputs="v e")), ("in 1", {}, on("h two", outputs="v e")),
        ("in 1", {}, on("h real", outputs="v e")), ("in 1", {}, on("h text", outputs="v e")),
        ("in 1", {}, on("h", outputs="v e")), ("in 2", {}, on("h one one", outputs="v e")),
        ("k", {"k": 1}, on("h", outputs="v e", opsets=(1,))), ("k", {"k": 2}, on("h", outputs="v e", opsets=(1,))),
        ("axis", {"axis": 1}, on("h one", outputs="v e")), ("axis", {"axis": 0}, on("h one", outputs="v e")),
        ("largest", {"largest": 0}, on("h one", outputs="v e")),
        ("largest", {"largest": 1}, on("h one", outputs="v e")),
        ("sorted", {"sorted": 0}, on("h one", outputs="v e")), ("out 0", {}, on("h one", outputs="e i")),
        ("out 1", {}, on("h one", outputs="- e")),
        one=np.asarray([1]), two=np.asarray([2]), real=np.asarray([1.5], np.float32),
        text=tensor("text", TensorProto.STRING, [b"1"]),
    )  # fmt: skip
    return [*made, *best, *top]


def _softened(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, the node, and the index of its largest result."""
    last = node("ArgMax", "e", "y", name="best", axis=1)
    return net_of(case, [DENSE, odd, last], opset, w=W, kind=TensorProto.INT64)


def _quantisers() -> list[Case]:
    made = []
    for op in ("Quant", "IntQuant"):
        made += cases_of(
            op, scores, "h s z b",
            *((f"in {i}", {}) for i in range(4)), ("in 1", {}, on("h p z b")), ("in 1", {}, on("h h z b")),
            ("in 1", {}, on("h zero z b")), ("in 1", {}, on("h text z b")), ("in 1", {}, on("h c z b")),
            ("in 2", {}, on("h s two b")), ("in 2", {}, on("h s c b")), ("in 3", {}, on("h s z p")),
            ("in 3", {}, on("h s z h")),
            ("in 3", {}, on("h s z ones")), ("in 3", {}, on("h s z")), ("in 4", {}, on("h s z b b")),
            *(("signed", {"signed": signed, "narrow": narrow}) for signed in (0, 1) for narrow in (0, 1)),
            ("narrow", {"narrow": 1}), ("narrow", {"narrow": 0}), ("signed", {"signed": 0}), ("signed", {"signed": 2}),
            ("signed", {"signed": 1.0}), ("signed", {"signed": 1}, on("h s z ones")),
            *(("rounding_mode", {"rounding_mode": mode}) for mode in _MODES), ("other", {"other": 1}),
            zero=np.float32(0), two=np.float32(2), p=P3, c=C3, ones=np.float32(1),
            text=tensor("text", TensorProto.STRING, [b"0.5"], []),
        )  # fmt: skip
    bipolar = cases_of(
        "BipolarQuant", scores, "h s",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("h p")), ("in 1", {}, on("h h")), ("in 1", {}, on("h c")),
        ("in 1", {}, on("h")), ("in 2", {}, on("h s s")), ("signed", {"signed": 0}), p=P3, c=C3,
    )  # fmt: skip
    levels = cases_of(
        "MultiThreshold", scores, "h t",
        ("in 0", {}), ("in 1", {}), ("in 1", {}, on("h rows")), ("in 1", {}, on("h flat")), ("in 1", {}, on("h h")),
        ("in 1", {}, on("h wrong")), ("in 1", {}, on("h nan")), ("in 2", {}, on("h t t")),
        ("out_scale", {"out_scale": 0.5}), ("out_scale", {"out_scale": -2.0}), ("out_scale", {"out_scale": 0.0}),
        ("out_scale", {"out_scale": 2}), ("out_bias", {"out_bias": -2.0}), ("out_bias", {"out_bias": 0.3}),
        ("out_bias", {"out_bias": 1e30}), ("out_bias", {"out_bias": float("nan")}),
        ("out_dtype", {"out_dtype": "INT4"}),
        ("out_dtype", {"out_dtype": "BIPOLAR"}), ("out_dtype", {"out_dtype": "NONSENSE"}),
        ("out_dtype", {"out_dtype": 3}),
        *(("data_layout", {"data_layout": layout}, on("h rows")) for layout in ("", "NC", "NHWC", "nc", "NX", "CN")),
        *(("data_layout", {"data_layout": layout}, on("x c4s", frame=pixels)) for layout in _LAYOUTS),
        ("other", {"other": 1}),
        t=np.asarray([[-1.0, 0.25, 1.5]], np.float32), rows=np.asarray([[-1, 0.5], [0, 1], [2, 3]], np.float32),
        flat=np.zeros(3, np.float32), wrong=np.zeros((2, 3), np.float32), nan=np.full((1, 2), np.nan, np.float32),
        c4s=np.asarray([[-1, 0.5], [0, 1], [2, 3], [-2, 2]], np.float32),
    )  # fmt: skip
    trunc = cases_of(
        "Trunc", _truncated, "h s z b8 b4",
        *((f"in {i}", {}) for i in range(5)), ("in 4", {}, on("h s z b8 b3")), ("in 3", {}, on("h s z b6 b4")),
        ("in 2", {}, on("h s two b8 b4")), ("in 1", {}, on("h two z b8 b4")), ("in 1", {}, on("h h z b8 b4")),
        ("in 5", {}, on("h s z b8 out b4")), ("in 5", {}, on("h s z b8 out b3")), ("in 4", {}, on("h s z b8 s b4")),
        ("in 6", {}, on("h s z b8 out b4 b4")), ("in 4", {}, on("h s z b8")),
        *((part, {part: 1 - v}, on("h s z b8 out b3")) for part, v in (("signed", 1), ("narrow", 0))),
        ("signed", {"signed": 0}), ("narrow", {"narrow": 1}), ("other", {"other": 1}),
        *(("rounding_mode", {"rounding_mode": mode}) for mode in _MODES),
        *(("rounding_mode", {"rounding_mode": mode}, on("h s z b8 out b4")) for mode in _MODES),
        b8=np.float32(8), b6=np.float32(6), b4=np.float32(4), b3=np.float32(3), out=np.float32(4), two=np.float32(2),
    )  # fmt: skip
    return [*made, *bipolar, *levels, *trunc]


_MODES = ("ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "floor", "DICE")


def _truncated(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer on half steps, and the node."""
    nodes = [node("Mul", "x two_", "x2", name="twice"), node("MatMul", "x2 w", "h", name="dense"), odd]
    return net_of(case, nodes, opset, w=W, two_=np.float32(2), output="e")


def _decoded(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, the node, and the numbers that its codes stand for."""
    zero = {"h us": "", "h us byte": "byte", "h us wide": "wide"}.get(case.operands, "uz")
    behind = node("DequantizeLinear", f"e us {zero}", "y", name="behind")
    return net_of(case, [DENSE, odd, behind], opset, w=W)


def _encoded(case: Case, odd: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    """A dense layer, its codes, and the node."""
    before = node("QuantizeLinear", "h us uz", "g", name="before")
    return net_of(case, [DENSE, before, odd], opset, w=W, output="e")


def _linears() -> list[Case]:
    own = dict(us=np.float32(0.5), cs=P3, scales=P3.reshape(1, 3), uz=tensor("uz", _INT8, [3], []))
    own |= dict(cz=tensor("cz", _INT8, [3, -1, 7]), mixed=tensor("mixed", _INT8, [3, 2, 0]))
    own |= dict(byte=tensor("byte", TensorProto.UINT8, [128], []), wide=tensor("wide", TensorProto.INT16, [0], []))
    parameters = [
        ("in 0", {}), ("in 1", {}, on("{0} cs cz")), ("in 1", {}, on("{0} scales uz")), ("in 2", {}, on("{0} us")),
        ("in 1", {}, on("{0} h uz")), ("in 2", {}, on("{0} us h")), ("in 2", {}, on("{0} us wide")),
        ("axis", {"axis": 1}, on("{0} cs cz")), ("axis", {"axis": -1}, on("{0} cs cz")),
        ("axis", {"axis": 0}, on("{0} cs cz")), ("axis", {"axis": 2}, on("{0} cs cz")),
        ("block_size", {"block_size": 1}), ("in 2", {}, on("{0} us uz us")),
    ]  # fmt: skip
    made: list[Case] = []
    for op, name, frame in (("QuantizeLinear", "h", _decoded), ("DequantizeLinear", "g", _encoded)):
        given = [
            (part, what, *({"operands": each["operands"].format(name)} for each in rest))
            for part, what, *rest in parameters
        ]
        made += cases_of(op, frame, f"{name} us uz", *given, **own)
    return [
        *made,
        *cases_of(
            "QuantizeLinear", _decoded, "h us uz",
            ("saturate", {"saturate": 0}), ("output_dtype", {"output_dtype": 3}), ("in 2", {}, on("h us mixed")),
            ("in 2", {}, on("h us byte")), **own,
        ),
    ]  # fmt: skip


CASES: list[Case] = [
    *(case for op in ("Add", "Sub", "Mul", "Div") for case in _arithmetic(op)),
    *_activations(),
    *_functions(),
    *_powers(),
    *(case for op in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual") for case in _comparisons(op)),
    *(case for op in ("And", "Or") for case in _truths(op)),
    *_choices(),
    *(case for op in ("Max", "Mean", "Min", "Sum") for case in _extrema(op)),
    *_norms(),
    *_layers(),
    *_pools(),
    *_reductions(),
    *_moves(),
    *_pads(),
    *_types(),
    *_endings(),
    *_quantisers(),
    *_linears(),
]
