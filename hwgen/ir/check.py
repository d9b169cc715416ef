"""Legality of an integer network, checked before and after every pass."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hwgen.errors import CheckError
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Input, Node, Output
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Combine,
    Concat,
    Conv,
    Gather,
    Join,
    Levels,
    Magnitude,
    MatMul,
    Pool,
    PoolKind,
    Product,
    Quantise,
    Scale,
    Sign,
    Step,
    Sum,
    Threshold,
    arrays_of,
)
from hwgen.ir.planes import MAX_ORDER
from hwgen.ir.ranges import quantiser_range, ranges
from hwgen.ir.types import Bipolar, IntArray, IntType, holds


def check(graph: Graph) -> None:
    """Raise CheckError, naming the node, where `graph` breaks a rule of the integer network."""
    names = [node.name for node in graph.nodes]
    twice = {name for name in names if names.count(name) > 1}
    _must(not twice, graph.name, "node names must be unique", ", ".join(sorted(twice)))
    _check_ports(graph)
    defined = {each.value.name: each.value for each in graph.inputs}
    for node in graph.nodes:
        for value in node.inputs:
            _must(defined.get(value.name) == value, node.label, "an input must be defined before", value.name)
        _must(node.output.name not in defined, node.label, "a value must be produced once", node.output.name)
        defined[node.output.name] = node.output
        _check_node(node)
    for output in graph.outputs:
        made = output.value.name in graph.producers and defined[output.value.name] == output.value
        _must(made, graph.name, "the output must be produced", output.value.name)
        _must(math.prod(output.ranking or ()) == 1, graph.name, "a ranking must leave one index", output.ranking)
    _check_ranges(graph)


def _check_ports(graph: Graph) -> None:
    """Ports of a kind have names of their own, and orders that are permutations."""
    kinds: tuple[tuple[str, Sequence[Input | Output]], ...] = (("input", graph.inputs), ("output", graph.outputs))
    for what, ports in kinds:
        names = [each.name for each in ports]
        _must(0 < len(names) == len(set(names)), graph.name, f"every {what} must have a name of its own", names)
        for port in ports:
            if port.order is not None:
                elements = port.value.type.elements
                must = f"the model's order must be a permutation of the {elements} elements of the {what}"
                found = f"{port.order.places.size} places, shape {port.order.shape}"
                _must(port.order.is_permutation_of(elements), graph.name, must, found)
    values = [each.value.name for each in graph.inputs]
    _must(len(values) == len(set(values)), graph.name, "every input must have a value of its own", values)


def _must(condition: bool, where: str, must: str, found: object) -> None:
    if not condition:
        raise CheckError(where, must, str(found))


def _check_node(node: Node) -> None:
    if isinstance(node.op, Sum | Scale | Concat):
        _check_join(node, node.op)
        return
    _must(len(node.inputs) == 1, node.label, "inputs are read", len(node.inputs))
    source, target = node.inputs[0].type, node.output.type
    match node.op:
        case MatMul() as product:
            _check_matmul(node, product)
        case Conv() as conv:
            _check_conv(node, conv)
        case Pool(geometry=geometry, kind=kind, minimum=minimum):
            _check_window(node, geometry, source.channels)
            _must(minimum.shape in ((1,), (source.channels,)), node.label, "minima are per channel", minimum.shape)
            _must(kind is PoolKind.MAX or not minimum.any(), node.label, "a sum has no minimum", minimum)
        case Magnitude(elements=elements):
            per_pixel = elements == source.channels and target.shape == (*source.shape[:-1], 1)
            flat = elements == source.elements and target.shape == (1,)
            _must(per_pixel or flat, node.label, "it sums a pixel or the whole tensor", elements)
        case Gather(places=places):
            _check_gather(node, places)
        case Activation(steps=steps):
            _check_activation(node, steps)
        case Threshold() as threshold:
            _check_threshold(node, threshold)
        case ArgMax():
            _must(target.shape == (1,), node.label, "one index leaves", target)


def _check_matmul(node: Node, op: MatMul) -> None:
    source, target, weights = node.inputs[0].type, node.output.type, op.weights
    _must(weights.ndim == 2, node.label, "weights are (out, in)", weights.shape)
    out, fan_in = weights.shape
    per_pixel = fan_in == source.channels and target.shape == (*source.shape[:-1], out)
    flat = fan_in == source.elements and target.shape == (out,)
    _must(per_pixel or flat, node.label, "weights fit what goes in and comes out", weights.shape)
    _must(holds(op.weight_type, weights), node.label, f"weights are codes of {op.weight_type}", "others")
    _check_planes(node, op)
    _check_rows(node, op)


def _check_activation(node: Node, steps: Sequence[Step]) -> None:
    target = node.output.type
    _must(node.inputs[0].type.shape == target.shape, node.label, "the shape stays", target)
    for step in steps:
        _check_step(node, step)
    quantisers = [isinstance(step, Sign | Quantise | Levels) for step in steps]
    _must(bool(steps) and quantisers[-1], node.label, "the last step is a quantiser", steps[-1:])
    _must(sum(quantisers) == 1, node.label, "only the last step is a quantiser", sum(quantisers))


def _check_planes(node: Node, op: Product) -> None:
    """Planes are read by bipolar weights, from codes of as many bits."""
    planes, source = op.planes, node.inputs[0].type.dtype
    if not planes.size:
        return
    _must(planes.ndim == 1 and planes.size <= MAX_ORDER, node.label, f"planes are 1 to {MAX_ORDER}", planes.shape)
    _must(bool(np.all(planes > 0)), node.label, "factors of planes are positive", planes)
    _must(isinstance(op.weight_type, Bipolar), node.label, "weights of planes are bipolar", op.weight_type)
    _must(source == IntType(planes.size, signed=False), node.label, "a code has a bit for each plane", source)
    _must(not (isinstance(op, Conv) and op.is_depthwise), node.label, "planes are of several channels", "depthwise")


def _check_rows(node: Node, op: Product) -> None:
    """Rows number each output once, or are left out."""
    once = sorted(op.rows) == list(range(len(op.weights)))
    _must(not op.rows or once, node.label, "rows are a permutation of the outputs", op.rows)


def _check_join(node: Node, op: Join) -> None:
    least = 1 if isinstance(op, Sum) else 2
    _must(len(node.inputs) >= least, node.label, "inputs are read", len(node.inputs))
    shapes, target = [value.type.shape for value in node.inputs], node.output.type.shape
    found = [str(value.type) for value in node.inputs]
    match op:
        case Sum():
            _must(all(shape == target for shape in shapes), node.label, "all shapes are the same", found)
            gains, count = op.gains_of(len(shapes)), len(shapes)
            single = gains.shape in ((target[-1], 1), (math.prod(target), 1))
            fits = gains.shape == (1, count) or (count == 1 and single)
            _must(
                fits and bool(gains.any(axis=0).all()), node.label, "a gain for each input that is not 0", gains.shape
            )
        case Scale():
            fits = shapes[0] == target and shapes[1:] in ([target], [(*target[:-1], 1)])
            _must(fits, node.label, "a tensor and one number for each of its pixels or elements go in", found)
        case Concat(axis=axis):
            _must(-len(target) <= axis < 0, node.label, f"it joins one of the {len(target)} axes", axis)
            rest = {(*shape[:axis], *shape[len(shape) + axis + 1 :]) for shape in (*shapes, target)}
            total = sum(shape[axis] for shape in shapes)
            _must(len(rest) == 1 and total == target[axis], node.label, "all else agrees and the axis adds up", found)
            one = {value.type.dtype for value in (*node.inputs, node.output)}
            _must(len(one) == 1, node.label, "all types are the same", found)


def _check_gather(node: Node, places: IntArray) -> None:
    source, target = node.inputs[0].type, node.output.type
    _must(places.shape == (target.elements,), node.label, "each element that goes out has a place", places.shape)
    inside = bool(np.all((places >= 0) & (places < source.elements)))
    _must(inside, node.label, f"places are of the {source.elements} elements that go in", "others")
    _must(source.dtype == target.dtype, node.label, "the type stays", target)


def _check_threshold(node: Node, op: Threshold) -> None:
    source, target = node.inputs[0].type, node.output.type
    thresholds, descending, step = op.thresholds, op.descending, op.step
    channels = (1, source.channels)
    _must(source.shape == target.shape, node.label, "the shape stays", target)
    _must(thresholds.shape[0] in channels, node.label, "thresholds are per channel", thresholds.shape)
    _must(descending.shape[0] in channels, node.label, "directions are per channel", descending.shape)
    _must(thresholds.shape[1] >= 1, node.label, "there is a threshold", thresholds.shape)
    _must(bool(np.all(np.diff(thresholds, axis=1) >= 0)), node.label, "thresholds ascend", thresholds)
    bipolar = isinstance(target.dtype, Bipolar)
    _must(step == (2 if bipolar else 1), node.label, "codes are adjacent", step)
    codes = op.codes
    if codes.size:
        _must(codes.shape == (thresholds.shape[1] + 1,), node.label, "there is a code for each count", codes.shape)
        least = int(codes.min()) == op.base and not np.any((codes - op.base) % step)
        _must(least, node.label, f"codes are {op.base} and {step} more each", codes)


def _check_conv(node: Node, op: Conv) -> None:
    source, out = node.inputs[0].type, op.weights.shape[0]
    per_group = source.channels // op.groups
    _must(op.groups >= 1 and source.channels % op.groups == 0, node.label, "groups divide the channels", op.groups)
    _must(out % op.groups == 0, node.label, "groups divide the outputs", op.groups)
    _must(op.weights.shape == (out, *op.geometry.kernel, per_group), node.label, "weights fit", op.weights.shape)
    _must(holds(op.weight_type, op.weights), node.label, f"weights are codes of {op.weight_type}", "others")
    _check_window(node, op.geometry, out)
    dtype = source.dtype
    _check_planes(node, op)
    _check_rows(node, op)
    nothing = isinstance(dtype, Bipolar) or op.planes.size > 0
    zero = op.pad == 0 if nothing else dtype.min <= op.pad <= dtype.max
    _must(zero or not op.geometry.pads, node.label, f"a padded tap holds a code of {dtype}", op.pad)


def _check_window(node: Node, geometry: Geometry, channels: int) -> None:
    """The input is an image, the output has a pixel for each window."""
    source, target = node.inputs[0].type, node.output.type
    _must(len(source.shape) == 3, node.label, "the input is (H, W, C)", source)
    top, left, bottom, right = geometry.padding
    less = max(top, bottom) < geometry.extent[0] and max(left, right) < geometry.extent[1]
    _must(less, node.label, "padding is less than the window", geometry)
    height, width = source.shape[0], source.shape[1]
    down, across = geometry.output_size(height, width)
    fits = down >= 1 and across >= 1 and target.shape == (down, across, channels)
    _must(fits, node.label, f"the output is {down}x{across}x{channels}", target)


def _check_step(node: Node, step: Step) -> None:
    channels = node.inputs[0].type.channels
    if isinstance(step, Combine):
        for part in (*step.left, *step.right):
            plain = not isinstance(part, Sign | Quantise | Levels)
            _must(plain, node.label, "only the last step is a quantiser", type(part).__name__)
            _check_step(node, part)
        return
    for name, value in arrays_of(step):
        rest = value.shape[1:] if isinstance(step, Levels) else ()
        sizes = ((1, *rest), (channels, *rest)) if isinstance(step, Levels) else ((), (channels,))
        _must(value.shape in sizes, node.label, f"{name} is per channel or one for all", value.shape)


def _check_ranges(graph: Graph) -> None:
    known = ranges(graph)
    for node in graph.nodes:
        bounds, dtype = known[node.output.name], node.output.type.dtype
        fits = dtype.min <= bounds.min and bounds.max <= dtype.max
        _must(fits, node.label, f"every code fits {dtype}", f"[{bounds.min}, {bounds.max}]")
        if isinstance(node.op, Activation | Threshold) and isinstance(dtype, Bipolar):
            codes = quantiser_range(node.op)
            _must(codes == (-1, 1), node.label, "bipolar codes are -1 and +1", codes)
