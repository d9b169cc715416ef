"""The end of the network: the codes that leave the chip, and their meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import numbers_of
from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.joins import straightened
from hwgen.frontend.layout import settled
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Softened, Tensor, fold_affine, frame_shape, in_order
from hwgen.ir.ending import Ending, EndKind
from hwgen.ir.graph import Affine, Graph, Node, Output, Reading
from hwgen.ir.ops import ArgMax, Clip, Function, FunctionKind, Step
from hwgen.ir.order import Order
from hwgen.ir.ranking import UNORDERED, obstacle, ranked_on_chip
from hwgen.ir.types import TensorType, smallest_int

_ENDS = {FunctionKind.SIGMOID: EndKind.SIGMOID, FunctionKind.TANH: EndKind.TANH}


def _require_class_axis(node: SourceNode, stream: CodedTensor, default: int) -> None:
    """The axis must hold all elements. Raises: ModelError."""
    axis = node.integer("axis", default)
    if not -len(stream.shape) <= axis < len(stream.shape) or stream.shape[axis] != math.prod(stream.shape):
        raise ModelError(
            node.label,
            "its axis must be the one that holds the classes",
            f"axis {axis} of shape {stream.shape}",
            "Choose the class axis",
        )


def softmax(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Softmax and LogSoftmax at the network's end, which the host applies. Raises: ModelError."""
    stream = stream_of(node, args[0])
    shape, rank = stream.shape, len(stream.shape)
    axis = node.integer("axis", -1 if node.opset >= 13 else 1)
    summed = shape[axis : None if node.opset < 13 else axis % rank + 1] if -rank <= axis < rank else ()
    kind = EndKind.LOG_SOFTMAX if node.op == "LogSoftmax" else EndKind.SOFTMAX
    if math.prod(summed) == math.prod(shape) and summed:
        return replace(stream, ending=Softened(kind, shape, None))
    if math.prod(summed) == 1 or math.prod(summed) != shape[axis]:
        found, change = f"axis {axis} of shape {shape}", "Choose the class axis"
        raise ModelError(node.label, "its axis must be the one that holds the classes", found, change)
    return replace(stream, ending=Softened(kind, shape, axis % rank))


def _best(build: Build, node: SourceNode, stream: CodedTensor, *, keep: bool) -> Tensor:
    """The index of the best class, the class axis of the scores dropped or of size 1."""
    stream = settled(build, node, straight(build, node, stream))
    rank, classes = len(stream.shape), math.prod(stream.shape)
    kind = TensorType((1,), smallest_int(0, classes - 1))
    value = build.emit("top1", ArgMax(), (stream.value,), kind, node.name)
    build.rankings[value.name] = replace(stream, ending=None)
    return CodedTensor(value, 0, classes - 1, (), in_order((1,) * (rank if keep else rank - 1)), quantised=False)


def arg_max(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ArgMax, the lowest index of equal ones: over the classes, or by the host of each pixel. Raises: ModelError."""
    stream = stream_of(node, args[0])
    if node.integer("select_last_index", 0):
        raise ModelError(
            node.label, "ties must go to the lowest index", "select_last_index = 1", "Set select_last_index = 0"
        )
    axis, rank, keep = node.integer("axis", 0), len(stream.shape), bool(node.integer("keepdims", 1))
    if rank > 2 and -rank <= axis < rank and 1 < stream.shape[axis] < math.prod(stream.shape):
        return replace(stream, ending=Softened(EndKind.ARGMAX, stream.shape, axis % rank, keep))
    _require_class_axis(node, stream, 0)
    return _best(build, node, stream, keep=keep)


def top_k(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> tuple[Tensor | None, Tensor]:
    """TopK with k = 1, largest first; only the index can be used. Raises: ModelError."""
    stream = stream_of(node, args[0])
    _require_class_axis(node, stream, -1)
    given = numbers_of(node, args[1], "k") if args[1] is not None else node.attributes.get("k")
    k = given if given is None or isinstance(given, int) else given[0] if len(given) == 1 else given
    if k != 1 or not node.integer("largest", 1):
        found = f"k = {k}, largest = {node.integer('largest', 1)}"
        raise ModelError(node.label, "it must pick the one largest class", found, "Set k = 1 and largest = 1")
    return None, _best(build, node, stream, keep=True)


def require_last(node: SourceNode, args: Sequence[Tensor | None]) -> None:
    """Nothing may read the index of each pixel's best class. Raises: ModelError."""
    if any(isinstance(each, CodedTensor) and each.ending and each.ending.kind is EndKind.ARGMAX for each in args):
        raise ModelError(
            node.label, "nothing may follow the ArgMax of several pixels", node.op, "End the network there"
        )


def straight(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """What leaves the chip: where the host does not apply its chain, the sum of its pieces. Raises: ModelError."""
    if _host_function(stream)[0] is not None:
        return stream
    return replace(straightened(build, node, replace(stream, ending=None)), ending=stream.ending)


def _host_function(stream: CodedTensor) -> tuple[Affine | None, EndKind | None]:
    """What the host makes of the codes, and the function that it applies to that; no affine one where it is another."""
    kind = None if stream.ending or not stream.steps else _end_of(stream.steps[-1])
    return fold_affine(stream.steps[:-1] if kind else stream.steps), kind


def _decoding_of(stream: CodedTensor, where: str) -> Affine:
    """The meaning of the codes of an output. Raises: ModelError where the remaining chain is not affine."""
    meaning, kind = _host_function(stream)
    if meaning is None:
        raise ModelError(
            where,
            "the chain behind the last layer must have straight pieces, but for a sigmoid, tanh or softmax at its end",
            "another function with no quantiser behind it",
            "Quantise the output, or leave the activation to the host",
        )
    ending = Ending(kind) if kind else _softmax_of(stream, where)
    return Affine(np.asarray(meaning.scale), np.asarray(meaning.offset), ending)


def _end_of(step: Step) -> EndKind | None:
    """The function that the host applies for a last step; None where it applies none."""
    if isinstance(step, Clip) and np.all(step.low == 0) and np.all(step.high == np.inf):
        return EndKind.RELU
    return _ENDS.get(step.function) if isinstance(step, Function) else None


def _softmax_of(stream: CodedTensor, where: str) -> Ending | None:
    """The softmax at the end of a stream, by the axis of a frame. Raises: ModelError where elements move behind it."""
    found = stream.ending
    if found is None:
        return None
    if found.axis is None:
        return Ending(found.kind)
    if stream.shape != found.shape:
        raise ModelError(
            where,
            "a softmax of several pixels must be the last operator",
            f"shape {found.shape} moved to {stream.shape}",
            "Move the softmax to the end",
        )
    return Ending(found.kind, found.axis - (len(found.shape) - len(frame_shape(found.shape))), found.keep)


def _order_of(stream: CodedTensor) -> Order | None:
    """The order of the output's elements; None where it is the model's."""
    order = Order(frame_shape(stream.shape), stream.places)
    same = order.shape == stream.value.type.shape and bool(np.all(np.diff(order.places) == 1))
    return None if same else order


def finished(build: Build, graph: Graph, ends: Sequence[CodedTensor]) -> Graph:
    """`graph` with the meaning of the codes of each of `ends`, and each ranking assigned to the chip or the host.

    Raises: ModelError where the chain behind a last layer is not affine, or layers follow a ranking that the chip
    cannot do.
    """
    where = ["the network's output" if len(ends) == 1 else f"output {output.name!r}" for output in graph.outputs]
    rankings = {name: _scores(graph, name, scores) for name, scores in build.rankings.items()}
    graph = replace(
        graph,
        outputs=tuple(
            replace(output, decoding=_decoding_of(end, named), order=_order_of(end))
            for output, end, named in zip(graph.outputs, ends, where, strict=True)
        ),
    )
    for name, scores in rankings.items():
        node = graph.producers[name]
        ranked = ranked_on_chip(graph, node, scores)
        last = [output.value.name == name for output in graph.outputs]
        followed = name in graph.users or any(end.steps for end, leaves in zip(ends, last, strict=True) if leaves)
        if ranked is None and (followed or not any(last)):
            raise ModelError(
                node.label,
                "nothing may follow a ranking that is left to the host",
                obstacle(scores) or UNORDERED,
                "End the network with it, or give all classes one scale and one offset",
            )
        graph = ranked or _left_to_host(graph, node, scores, [frame_shape(end.shape) for end in ends])
    return graph


def _scores(graph: Graph, name: str, stream: CodedTensor) -> Reading:
    """The meaning of the codes that the ranking of the value `name` reads. Raises: ModelError."""
    node = graph.producers[name]
    where = "the network's output" if len(graph.outputs) == 1 else f"the input of {node.label}"
    return Reading(node.inputs[0].type, _decoding_of(stream, where), _order_of(stream))


def _left_to_host(graph: Graph, node: Node, scores: Reading, shapes: Sequence[tuple[int, ...]]) -> Graph:
    """The network without a ranking at an end, which is left to the host; `shapes` are those of the outputs."""

    def left(output: Output, index: tuple[int, ...]) -> Output:
        if output.value != node.output:
            return output
        return replace(output, value=node.inputs[0], decoding=scores.affine, order=scores.order, ranking=index)

    kept = tuple(each for each in graph.nodes if each != node)
    outputs = tuple(map(left, graph.outputs, shapes))
    return replace(graph, nodes=kept, outputs=outputs)
