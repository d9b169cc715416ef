"""Residual binary planes (HORQ, Li et al. 2017): recognised in the ONNX graph, and quantised in one step.

In a file they are plain QONNX, which all QONNX tools run: H_1 = BipolarQuant(x, b_1), R_1 = x - H_1,
H_2 = BipolarQuant(R_1, b_2), ..., and the sum of all H_i.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.quantisers import finish
from hwgen.frontend.source import SourceGraph, SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Tensor, real
from hwgen.ir.ops import Levels, Mul
from hwgen.ir.planes import MAX_ORDER, plane_thresholds
from hwgen.ir.types import Bipolar, DType, IntType

RESIDUAL = "residual planes"
"""The operator that replaces all of them; its name is not legal in a file."""

MAX_BETA_BITS = 12

READERS = frozenset(
    {"Conv", "ConvTranspose", "Dropout", "Flatten", "Gemm", "GlobalMaxPool", "Identity", "MatMul", "MaxPool", "Pad"}
    | {"DepthToSpace", "Expand", "Gather", "Reshape", "Resize", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile"}
    | {"Transpose", "Unsqueeze", "Upsample"}
)
"""Operators that may read planes: products, maxima, and those that only move elements."""


@dataclass(frozen=True)
class _Chain:
    """Quantisers of an input and of its residuals, and the subtractions between them."""

    quantisers: tuple[SourceNode, ...]
    subtractions: tuple[SourceNode, ...]


def fuse_residuals(graph: SourceGraph) -> SourceGraph:
    """`graph` with each sum of residual planes as one node that reads the input and all factors.

    Raises: ModelError where planes are not all summed, or read by anything else.
    """
    for first in graph.nodes:
        if first.op == "BipolarQuant" and len(first.inputs) == 2 and not _is_rest(graph, first.inputs[0]):
            chain = _chain(graph, first)
            if len(chain.quantisers) > 1:
                graph = _fused(graph, chain)
    return graph


def _is_rest(graph: SourceGraph, tensor: str) -> bool:
    """Whether `tensor` is a residual: a number minus its quantised value."""
    made = {output: node for node in graph.nodes for output in node.outputs}
    node = made.get(tensor)
    if node is None or node.op != "Sub" or len(node.inputs) != 2:
        return False
    plane = made.get(node.inputs[1])
    return plane is not None and plane.op == "BipolarQuant" and plane.inputs[:1] == node.inputs[:1]


def _chain(graph: SourceGraph, first: SourceNode) -> _Chain:
    """The quantisers that follow each other from `first` on."""
    quantisers: list[SourceNode] = [first]
    subtractions: list[SourceNode] = []
    while True:
        last = quantisers[-1]
        taken = [n for n in graph.nodes if n.op == "Sub" and n.inputs == (last.inputs[0], last.outputs[0])]
        rests = [node.outputs[0] for node in taken]
        found = [n for n in graph.nodes if n.op == "BipolarQuant" and len(n.inputs) == 2 and n.inputs[0] in rests]
        if len(found) != 1:
            return _Chain(tuple(quantisers), tuple(subtractions))
        subtractions += [node for node in taken if node.outputs[0] == found[0].inputs[0]]
        quantisers.append(found[0])


def _fused(graph: SourceGraph, chain: _Chain) -> SourceGraph:
    """`graph` with one node in place of those of `chain` and of the sum of its planes. Raises: ModelError."""
    first = chain.quantisers[0]
    parts = {node.outputs[0]: frozenset({index}) for index, node in enumerate(chain.quantisers)}
    whole, sums = frozenset(range(len(chain.quantisers))), []
    for node in graph.nodes:
        read = [parts.get(tensor, frozenset()) for tensor in node.inputs]
        if node.op == "Add" and len(read) == 2 and all(read) and not read[0] & read[1]:
            parts[node.outputs[0]] = read[0] | read[1]
            sums.append(node)
    total = next((node for node in sums if parts[node.outputs[0]] == whole), None)
    inner = {node.outputs[0] for node in (*chain.quantisers, *chain.subtractions, *sums)}
    outer = [node for node in graph.nodes if node.outputs[0] not in inner]
    read_outside = {tensor for node in outer for tensor in node.inputs} | set(graph.outputs)
    hidden = inner - set(total.outputs if total else ())
    if total is None or hidden & read_outside:
        raise ModelError(
            first.label,
            f"its {len(whole)} residual planes must all be summed, and nothing else may read them",
            "no sum of all" if total is None else f"a reader of {min(hidden & read_outside)!r}",
            "Quantise with hwgen.nn.ResidualSign",
        )
    inputs = (first.inputs[0], *(node.inputs[1] for node in chain.quantisers))
    fused = SourceNode(first.name, RESIDUAL, inputs, total.outputs, {})
    nodes = (fused if node is total else node for node in graph.nodes if node is total or node in outer)
    return replace(graph, nodes=tuple(nodes))


def residual_quant(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The planes of a stream, a code of a bit for each. Raises: ModelError."""
    stream = stream_of(node, args[0])
    betas = _betas(node, [tensor for tensor in args[1:] if tensor is not None])
    unit = _unit(node, betas)
    step = Levels(plane_thresholds([float(beta) for beta in betas]), 0, 1)
    order = len(betas)
    kind = IntType(order, signed=False)
    result = finish(build, node, stream, step=step, kind=kind, span=(0, kind.max)).then(Mul(np.asarray(float(unit))))
    return replace(result, planes=tuple(int(beta / unit) for beta in betas))


def _betas(node: SourceNode, tensors: Sequence[Tensor]) -> list[Fraction]:
    """The factors of the planes, exactly. Raises: ModelError."""
    if len(tensors) > MAX_ORDER:
        raise ModelError(node.label, f"its order must be 1 to {MAX_ORDER}", str(len(tensors)), "Use fewer planes")
    given = [real(constant_of(node, tensor, "factor of a plane"), node) for tensor in tensors]
    if any(beta.size != 1 for beta in given):
        raise ModelError(
            node.label, "each of its planes must have one factor", "one for each channel", "Calibrate it per layer"
        )
    betas = [Fraction(float(beta.flat[0])) for beta in given]
    found = ", ".join(f"{float(beta):g}" for beta in betas)
    if min(betas) <= 0:
        raise ModelError(node.label, "the factors of its planes must be positive", found, "Calibrate or train again")
    if betas != sorted(betas, reverse=True):
        raise ModelError(
            node.label, "the factors of its planes must not grow from plane to plane", found, "Calibrate or train again"
        )
    return betas


def _unit(node: SourceNode, betas: Sequence[Fraction]) -> Fraction:
    """The number that all factors are whole multiples of. Raises: ModelError where they are too large."""
    scale = math.lcm(*(beta.denominator for beta in betas))
    unit = Fraction(math.gcd(*(int(beta * scale) for beta in betas)), scale)
    if max(betas) / unit >= 1 << MAX_BETA_BITS:
        raise ModelError(
            node.label,
            f"the factors of its planes must be fixed-point numbers of at most {MAX_BETA_BITS} bits",
            ", ".join(f"{float(beta):.9g}" for beta in betas),
            "Round them as hwgen.nn.ResidualSign does",
        )
    return unit


def require_no_planes(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> None:
    """Planes must be read by products, or by operators that keep them. Raises: ModelError."""
    for tensor in args:
        if isinstance(tensor, CodedTensor) and tensor.planes and node.op not in READERS:
            raise unreadable(build, tensor, node.label)


def unreadable(build: Build, stream: CodedTensor, where: str) -> ModelError:
    """The error that says that `where` cannot read the planes of `stream`."""
    must = "residual planes must be read by layers with weights, or by a maximum in front of them"
    return ModelError(where, must, f"planes of {build.label(stream.value)}", "Quantise otherwise in front of it")


def require_bipolar(node: SourceNode, stream: CodedTensor, dtype: DType, *, single: bool = False) -> None:
    """A product of planes has bipolar weights, and more than one channel for each output. Raises: ModelError."""
    if stream.planes and (single or not isinstance(dtype, Bipolar)):
        raise ModelError(
            node.label,
            "what reads residual planes must have bipolar weights and more than one input channel a group",
            "a depthwise convolution" if single else f"{dtype} weights",
            "Binarise its weights, or quantise its input otherwise",
        )
