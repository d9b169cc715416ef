"""The symbolic walk over an ONNX graph: one handler for each operator, constants folded before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.frontend import ending, residual, shapes, windows
from hwgen.frontend.concatenation import surrounded
from hwgen.frontend.elements import require_exact, settle
from hwgen.frontend.embedding import index_type
from hwgen.frontend.layout import Layout, Relayout, for_parameter, image_layout, order_of_input, settled
from hwgen.frontend.operators import FUSED, OPERATORS, RANDOM, READ_CODES, Handler, Result, require_all_read
from hwgen.frontend.retype import one_type
from hwgen.frontend.source import QUANTISERS, SourceGraph, SourceInput, SourceNode, annotated_type
from hwgen.frontend.symbolic import (
    Build,
    CodedTensor,
    Const,
    Misplaced,
    Padded,
    QuantConst,
    Tensor,
    affine_steps,
    collapse,
    in_order,
    scattered,
)
from hwgen.frontend.truths import quantised
from hwgen.ir.graph import Affine, Graph, Input, Node, Output, Value
from hwgen.ir.names import legal_name
from hwgen.ir.ranges import too_wide
from hwgen.ir.types import DType, FloatArray, TensorType, WidthError

HANDLERS: Mapping[str, Handler] = {name: operator.handler for name, operator in OPERATORS.items()}

_FLOAT32 = np.finfo(np.float32)

_MOST_OPERANDS = 6
"""Operands of a Trunc; a handler finds None for each that a node leaves out."""

_ON_CONSTANTS = QUANTISERS | {"DequantizeLinear"}
"""Operators whose handlers keep constants as codes."""


def input_type_of(graph: SourceGraph, source: SourceInput, stated: DType | None) -> DType:
    """The type the hardware receives: as stated, or as the file annotates it. Raises: ModelError."""
    if stated is not None:
        return stated
    known = annotated_type(graph.annotations.get(source.name, "")) or index_type(graph, source)
    if known is None:
        raise ModelError(
            source.label,
            "the integer type that the hardware receives must be known",
            "no type in the file",
            f"State it, for pixels --input-type {'' if len(graph.inputs) == 1 else f'{source.port}='}uint8 "
            f"--input-scale {'' if len(graph.inputs) == 1 else f'{source.port}='}1/255",
        )
    return known


def _input_parameter(source: SourceInput, given: npt.ArrayLike | None, first: CodedTensor, what: str) -> FloatArray:
    """A scale or offset of the input, () or (C,) over the last axis of its value. Raises: ModelError."""
    shape = source.shape
    where, change = source.label, f"Give another input {what}"
    try:
        array = np.asarray({"scale": 1.0, "offset": 0.0}[what] if given is None else given, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise ModelError(where, f"its {what} must be a number, or one for each channel", str(error), change) from None
    if not np.all(np.isfinite(array)) or (what == "scale" and np.any(array <= 0)):
        must = "positive and finite" if what == "scale" else "finite"
        raise ModelError(where, f"its {what} must be {must}", f"{array.min():g}", change)
    kind = first.value.type
    if np.any(np.abs(array) > _FLOAT32.max) or (what == "scale" and np.any(array < _FLOAT32.smallest_subnormal)):
        raise ModelError(where, f"its {what} must be a float32, as models have", f"{array.flat[0]:g}", change)
    if array.ndim == 1 and len(kind.shape) == 3 and array.size == kind.channels:
        return collapse(array)
    if array.ndim == 1 and len(shape) > 1 and array.size == shape[1]:
        array = array.reshape((-1,) + (1,) * (len(shape) - 2))
    try:
        wide = np.broadcast_to(array, shape)
    except ValueError:
        must = f"its {what} must be one value, or one for each channel of shape {shape}"
        raise ModelError(where, must, f"shape {array.shape}", change) from None
    try:
        return scattered(first, wide, where)
    except Misplaced:
        must = f"its {what} must be one value, or one for each channel of {kind}"
        raise ModelError(where, must, "values that differ along its pixels", change) from None


def _layout(graph: SourceGraph, source: SourceInput) -> Layout:
    """An input's hardware shape and places, unless a convolution or pool needs another: channels innermost."""
    shape = source.shape
    last = any(node.channels_last for node in graph.nodes)
    if len(shape) == 4 and shape[0] == 1 and shape[3 if last else 1] > 1:
        return image_layout(shape, channels_last=last)
    places = in_order(shape)
    return (places.size,), places


def _visit(build: Build, node: SourceNode, tensors: dict[str, Tensor], graph: SourceGraph) -> None:
    """Run the node's handler, or compute its constants, and record its results. Raises: ModelError."""
    missing = [name for name in node.inputs if name and name not in tensors]
    if node.op in RANDOM:
        raise ModelError(node.label, "it must give the same each time", node.op, "Export the model again")
    for name in node.inputs:
        tensor = tensors.get(name)
        if isinstance(tensor, Padded) and not windows.merges(node, tensor):
            tensors[name] = surrounded(build, node, tensor)
    args = [tensors.get(name) if name else None for name in node.inputs]
    if not missing and all(arg is None or isinstance(arg, Const) for arg in args) and node.op not in _ON_CONSTANTS:
        tensors.update(_computed(node, args, graph))
        return
    operator = {**OPERATORS, **FUSED}.get(node.op)
    if missing or operator is None:
        found = f"no value for {missing[0]!r}" if missing else node.op
        raise ModelError(node.label, "every operand must be computable from supported operators", found, "")
    require_all_read(node, operator)
    residual.require_no_planes(build, node, args)
    ending.require_last(node, args)
    _require_numbers(node, args)
    if node.op in READ_CODES:
        args = [quantised(build, node, arg) if isinstance(arg, CodedTensor) else arg for arg in args]
    handler = shapes.reshape_for(graph.batch) if node.op == "Reshape" else operator.handler
    args += [None] * (_MOST_OPERANDS - len(args))
    result = _handled(handler, build, node, args)
    results = result if isinstance(result, tuple) else (result,)
    settle(build, node, results)
    tensors.update({n: t for n, t in zip(node.outputs, results, strict=False) if n and t is not None})


def _handled(handler: Handler, build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Result:
    """What a handler makes of its operands, laid out for its parameters where these need it. Raises: ModelError."""
    before = len(build.nodes)
    try:
        return handler(build, node, args)
    except Misplaced as found:
        del build.nodes[before:]
        args = [for_parameter(build, node, arg, found) for arg in args]
    try:
        return handler(build, node, args)
    except Misplaced as found:
        raise found.error from None


_MAY_BE_EMPTY = frozenset(
    {"ReduceL1", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "Reshape", "Resize", "Squeeze", "Unsqueeze"}
)
"""Operators whose axes, target shape or region may be none."""


def _require_numbers(node: SourceNode, args: Sequence[Tensor | None]) -> None:
    """Constants that become hardware must hold numbers. Raises: ModelError."""
    for arg in args:
        if isinstance(arg, Const | QuantConst) and 0 in arg.shape and node.op not in _MAY_BE_EMPTY:
            found = f"shape {arg.shape}"
            raise ModelError(node.label, f"its constant {arg.name!r} must not be empty", found, "Correct the model")


def _computed(node: SourceNode, args: Sequence[Tensor | None], graph: SourceGraph) -> Mapping[str, Const]:
    """The outputs of a node whose operands are all constant. Raises: ModelError."""
    training = node.op == "Dropout" and any(isinstance(arg, Const) and np.any(arg.value) for arg in args[2:])
    if graph.compute is None or node.channels_last or training:
        must = "its input must come from the network's input"
        raise ModelError(node.label, must, "a constant", "Fold constants before export")
    arrays = graph.compute(node, [arg.value if isinstance(arg, Const) else None for arg in args])
    pairs = zip(node.outputs, arrays, strict=False)
    return {n: Const(a, n, annotated_type(graph.annotations.get(n, ""))) for n, a in pairs if n}


def _output(name: str, label: str, tensors: Mapping[str, Tensor], build: Build) -> CodedTensor:
    """An output of the network. Raises: ModelError where it is not computed, such as the values of a TopK."""
    end = tensors.get(name)
    if not isinstance(end, CodedTensor):
        raise ModelError(
            label,
            "it must be the scores, a quantised tensor or the index of the best class",
            "another result of the last operator",
            "Export one of these",
        )
    if end.planes:
        raise residual.unreadable(build, end, "the network's output")
    return end


def _read(build: Build, ends: Sequence[CodedTensor]) -> list[Node]:
    """The nodes that the outputs depend on: a layer may read a concatenation's branches in its place."""
    wanted, kept = {*(end.value.name for end in ends), *build.rankings}, []
    for node in reversed(build.nodes):
        if node.output.name in wanted:
            wanted.update(value.name for value in node.inputs)
            kept.append(node)
    return kept[::-1]


@dataclass(frozen=True)
class InputOptions:
    """The user's options for the network's inputs: for all of them, or by the name of an input."""

    type: DType | Mapping[str, DType] | None
    scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None
    offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None

    def require_known(self, inputs: Sequence[SourceInput]) -> None:
        """Names in the options must be those of `inputs`. Raises: ModelError."""
        known = [each.port for each in inputs]
        for what, given in (("type", self.type), ("scale", self.scale), ("offset", self.offset)):
            for name in given if isinstance(given, Mapping) else ():
                if name not in (*known, *(each.name for each in inputs)):
                    must = f"must name inputs of the network: {', '.join(known)}"
                    raise ModelError(f"input_{what}", must, repr(name), "Correct the name")


def of_input(given: Any, source: SourceInput) -> Any:
    """What an option says of one input."""
    if not isinstance(given, Mapping):
        return given
    return given.get(source.port, given.get(source.name))


@dataclass
class Layouts:
    """The layouts of all inputs; each changes once.

    Attributes:
        changed: the inputs that have changed.
    """

    of: list[Layout]
    changed: frozenset[int] = frozenset()

    def change(self, other: Relayout) -> None:
        """Let an input take another layout."""
        index = int(other.value.name.removeprefix("in"))
        self.of[index] = other.layout
        self.changed |= {index}


def walk(graph: SourceGraph, name: str, options: InputOptions) -> Graph:
    """The integer network of an ONNX graph. Raises: ModelError."""
    layouts = layouts_of(graph, options)
    while True:
        try:
            return _walk(graph, name, options, layouts)
        except Relayout as other:
            layouts.change(other)


def layouts_of(graph: SourceGraph, options: InputOptions) -> Layouts:
    """The layouts of all inputs to begin with. Raises: ModelError where `options` name an unknown input."""
    options.require_known(graph.inputs)
    return Layouts([_layout(graph, source) for source in graph.inputs])


def _entering(
    graph: SourceGraph, options: InputOptions, layouts: Layouts
) -> tuple[tuple[Input, ...], tuple[CodedTensor, ...]]:
    """The ports that codes enter, and the real numbers behind them. Raises: ModelError."""
    ports, tensors = [], []
    for index, (source, (shape, places)) in enumerate(zip(graph.inputs, layouts.of, strict=True)):
        kind = input_type_of(graph, source, of_input(options.type, source))
        value = Value(f"in{index}", TensorType(shape, kind))
        first = CodedTensor(value, kind.min, kind.max, (), places, quantised=True)
        encoding = Affine(
            _input_parameter(source, of_input(options.scale, source), first, "scale"),
            _input_parameter(source, of_input(options.offset, source), first, "offset"),
        )
        tensors.append(first.then(*affine_steps(encoding.scale, encoding.offset)))
        require_exact(source.label, tensors[-1], source.element)
        ports.append(Input(value, encoding, order_of_input(source.shape, shape, places), source.port))
    return tuple(ports), tuple(tensors)


def _walk(graph: SourceGraph, name: str, options: InputOptions, layouts: Layouts) -> Graph:
    """The integer network whose inputs have the hardware shapes and places `layouts`. Raises: ModelError, Relayout."""
    started = Walk.started(graph, options, layouts)
    for node in graph.nodes:
        if node.op in QUANTISERS:  # of residual planes too, which become one node
            require_all_read(node, OPERATORS[node.op])
    for node in residual.fuse_residuals(graph).nodes:
        started.visit(node)
    return started.finished(name)


@dataclass(frozen=True)
class Walk:
    """A walk over a graph: the network under construction, what each tensor is, and the ports that codes enter."""

    graph: SourceGraph
    build: Build
    tensors: dict[str, Tensor]
    ports: tuple[Input, ...]

    @classmethod
    def started(cls, graph: SourceGraph, options: InputOptions, layouts: Layouts) -> Walk:
        """The walk in front of the first node. Raises: ModelError."""
        ports, entering = _entering(graph, options, layouts)
        starts = {port.value: places for port, (_, places) in zip(ports, layouts.of, strict=True)}
        build = Build(starts, frozenset(ports[index].value.name for index in layouts.changed))
        constants, notes = graph.constants.items(), graph.annotations
        tensors: dict[str, Tensor] = {k: Const(a, k, annotated_type(notes.get(k, ""))) for k, a in constants}
        tensors |= zip(graph.input_names, entering, strict=True)
        build.elements |= {source.name: source.element for source in graph.inputs}
        return cls(graph, build, tensors, ports)

    def visit(self, node: SourceNode) -> None:
        """Give the node's outputs their meaning. Raises: ModelError, Relayout."""
        try:
            _visit(self.build, node, self.tensors, self.graph)
        except WidthError as error:
            raise too_wide(node.label, error) from None

    def finished(self, name: str) -> Graph:
        """The network, once all nodes are visited. Raises: ModelError."""
        graph, build = self.graph, self.build
        labelled = zip(graph.outputs, graph.labels, strict=True)
        ends = [_output(output, label, self.tensors, build) for output, label in labelled]
        named = [SourceNode(port, "output", (), (), {}) for port in graph.ports]
        ends = [settled(build, node, ending.straight(build, node, end)) for node, end in zip(named, ends, strict=True)]
        nodes = one_type(_read(build, ends))
        values = {value.name: value for value in (*build.starts, *(node.output for node in nodes))}
        outputs = tuple(Output(values[end.value.name], name=port) for end, port in zip(ends, graph.ports, strict=True))
        network = ending.finished(build, Graph(legal_name(name), self.ports, nodes, outputs), ends)
        if not network.nodes:
            must = "the network must have at least one layer"
            raise ModelError(graph.name, must, "none", "Add a quantised layer")
        _require_joined(graph, network)
        return network


def _require_joined(graph: SourceGraph, network: Graph) -> None:
    """Every output must be made by a layer, and all be parts of one network. Raises: ModelError."""
    for output, label in zip(network.outputs, graph.labels, strict=True):
        if output.value.name not in network.producers:
            must, change = "a layer must compute it", "Take it from the input that you give"
            raise ModelError(label, must, "an input as it is", change)
    parts: list[set[str]] = []
    for node in network.nodes:
        joined = {node.output.name, *(value.name for value in node.inputs)}
        apart = [part for part in parts if part.isdisjoint(joined)]
        parts = [*apart, joined.union(*(part for part in parts if part not in apart))]
    if len(parts) > 1:
        ends = [", ".join(each.name for each in network.outputs if each.value.name in part) for part in parts]
        must, found = "all outputs must belong to one network", f"networks of their own for {' and for '.join(ends)}"
        raise ModelError(graph.name, must, found, "Build each by itself")
