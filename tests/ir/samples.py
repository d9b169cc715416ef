"""One value of every operation and step, and networks that hold them all."""

from __future__ import annotations

import numpy as np

from hwgen.ir import ops
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Affine, Graph, Node
from hwgen.ir.types import IntType, TensorType
from tests.builders import B, chain, value

UINT3 = IntType(3, signed=False)
QUANTISE = ops.Quantise(np.asarray(0.1), np.asarray(-0.5), 0, 7, ops.Rounding.HALF_UP)
STEPS: tuple[ops.Step, ...] = (
    ops.Mul(np.array([1.5, -2.0])),
    ops.Add(np.asarray(1e-300)),
    ops.Div(np.array([3.0, -0.1])),
    ops.BatchNorm(np.ones(2), np.zeros(2), np.array([0.1, 0.2]), np.array([1.0, 2.0]), 1e-5),
    ops.Clip(np.asarray(0.0), np.asarray(np.inf)),
    ops.LeakyRelu(np.asarray(0.01)),
    ops.Function(ops.FunctionKind.TANH),
    ops.Compare(np.array([0.5, -0.5]), strict=True),
    ops.Combine(ops.Operator.MUL, (), (ops.Add(np.array([1.0, 2.0])), ops.Function(ops.FunctionKind.SIGMOID))),
)
LEVELS = ops.Levels(np.array([[-0.5, 0.5, 1.5]]), 0, 1)


def _image_graph() -> Graph:
    """A convolution, pools and branches that meet."""
    x, image, wide = value("x", (6, 5, 2), IntType(3, signed=True)), (4, 4, 2), IntType(8, signed=True)
    geometry = Geometry((3, 2), (2, 1), (1, 1), (1, 0, 2, 0))
    weights = np.arange(12).reshape(2, 3, 2, 1) - 6
    conv = Node("conv0", ops.Conv(weights, IntType(4, signed=True), geometry, 2, 1), (x,), value("c", image, wide))
    most = ops.Pool(Geometry((2, 2), padding=(1, 0, 0, 1)), ops.PoolKind.MAX, np.array([0, 1]))
    pool = Node("pool0", most, (conv.output,), value("m", image, wide))
    both = Node("add0", ops.Sum(), (conv.output, pool.output), value("s", image, IntType(9, signed=True)))
    size = Node("size0", ops.Magnitude(2), (both.output,), value("z", (4, 4, 1), IntType(10, signed=False)))
    scaled = Node("scale0", ops.Scale(), (both.output, size.output), value("k", image, IntType(19, signed=True)))
    join = Node("concat0", ops.Concat(), (conv.output, pool.output), value("j", (4, 4, 4), wide))
    upside_down = ops.Gather(np.arange(64).reshape(4, 4, 4)[::-1].ravel())
    flipped = Node("gather0", upside_down, (join.output,), value("g", (4, 4, 4), wide))
    tall = Node("concat1", ops.Concat(axis=-3), (join.output, flipped.output), value("t", (8, 4, 4), wide))
    total = ops.Pool(Geometry((4, 4)), ops.PoolKind.SUM, np.zeros(1))
    means = [
        Node(f"pool{i}", total, (given,), value(f"p{i}", (1, 1, given.type.channels), IntType(24, signed=True)))
        for i, given in enumerate((scaled.output, join.output), start=1)
    ]
    return Graph.of("image", x, (conv, pool, both, size, scaled, join, flipped, tall, *means), means[1].output)


def sample_graphs() -> list[Graph]:
    """Networks of every operation, step, quantiser, rounding and kind of type."""
    x = value("x", (3, 2), IntType(5, signed=True))
    graphs = [_image_graph()]
    for last, out in ((ops.Sign(), B), (QUANTISE, UINT3), (LEVELS, IntType(2, signed=False))):
        act = ("a", ops.Activation((*STEPS, last)), TensorType((3, 2), out))
        graphs.append(chain("g", x, act, encoding=Affine(np.array([0.5, 0.25]), np.asarray(-1.0))))
    for mode in ops.Rounding:
        last = ops.Quantise(np.asarray(1.0), np.asarray(0.0), 0, 7, mode)
        graphs.append(chain("g", x, ("a", ops.Activation((last,)), TensorType((3, 2), UINT3))))
    flat = value("x", 4, B)
    weights = np.array([[1, -1, 1, 1], [-1, -1, -1, 1]])
    wide = IntType(40, signed=True)
    graphs.append(
        chain(
            "deep",
            flat,
            ("fc0", ops.MatMul(weights, B), TensorType((2,), IntType(4, signed=True))),
            ("t0", ops.Threshold(np.array([[-2, 0], [3, 4]]), np.array([0, 1]), 0, 1), TensorType((2,), UINT3)),
            ("t1", ops.Threshold(np.array([[2, 3]]), np.zeros(1), 1, 1, codes=[2, 1, 4]), TensorType((2,), UINT3)),
            ("fc1", ops.MatMul(np.array([[1 << 30, -7], [0, 300]]), IntType(32, signed=True)), TensorType((2,), wide)),
            ("top", ops.ArgMax(), TensorType((1,), IntType(1, signed=False))),
        )
    )
    return graphs
