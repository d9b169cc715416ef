"""A smaller case with the same fault, found greedily: fewer frames, runs, settings and nodes, smaller foldings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import onnx
from onnx import TensorProto, helper

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.text import parse_graph, print_graph
from hwgen.passes.pipeline import integer_network
from tests.end_to_end.cases import JUDGES, Case, Verdict, network_of, verdict_of


def shrunk(case: Case, found: Verdict, seconds: float) -> Case:
    """The smallest case that greedy steps reach in about so many seconds; its fault is like the one found."""
    end, stages = time.monotonic() + seconds, [found.stage]
    steps = smaller(case)
    while (each := next(steps, None)) is not None and time.monotonic() < end:
        if verdict_of(each, stages).is_like(found):
            case, steps = each, smaller(each)
    return case


def smaller(case: Case) -> Iterator[Case]:
    """Cases with less of one thing, those with much less first."""
    if case.module is not None:
        yield replace(case, module=None)
    half = len(case.frames) // 2
    for kept in (slice(half), slice(half, None)) if half else ():
        yield replace(case, frames=case.frames[kept])
    for index in range(len(case.runs)):
        yield replace(case, runs=[*case.runs[:index], *case.runs[index + 1 :]])
    for settings in _less(case.settings):
        yield replace(case, settings=settings)
    for network in _smaller_models(case.model) if case.kind in JUDGES else _smaller_texts(case.network.decode()):
        yield _fitted(replace(case, network=network))
    for name, folding in case.settings.get("folding", {}).items():
        for key, lanes in folding.items():
            if lanes > 1:
                each = {**case.settings["folding"], name: {**folding, key: lanes // 2}}
                yield replace(case, settings={**case.settings, "folding": each})


def _less(entries: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Without each entry, then with less in each entry that is a mapping."""
    for name in entries:
        yield {other: value for other, value in entries.items() if other != name}
    for name, value in entries.items():
        if isinstance(value, Mapping):
            yield from ({**entries, name: less} for less in _less(value) if less)


def _fitted(case: Case) -> Case:
    """The case without foldings of layers that the network does not have."""
    try:
        names = {node.name for node in integer_network(network_of(case)[0]).nodes}
    except Exception:  # the network is none that is like the one before
        return case
    folding = {name: each for name, each in case.settings.get("folding", {}).items() if name in names}
    return replace(case, settings={**case.settings, "folding": folding}) if "folding" in case.settings else case


def _smaller_models(model: onnx.ModelProto) -> Iterator[bytes]:
    """Models that end at an earlier node, then models in which what reads a node reads the node's operand instead."""
    constants = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node[:-1]:
        yield _pruned(model, node.output[0], {})
    for node in model.graph.node:
        operand = next((name for name in node.input if name and name not in constants), "")
        if operand:
            yield _pruned(model, model.graph.output[0].name, {node.output[0]: operand})


def _pruned(model: onnx.ModelProto, end: str, instead: Mapping[str, str]) -> bytes:
    """The model up to the tensor `end`, with tensors in the place of others."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    end = instead.get(end, end)
    for node in made.graph.node:
        node.input[:] = [instead.get(name, name) for name in node.input]
    wanted, kept = {end}, list[onnx.NodeProto]()
    for node in reversed(made.graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted.update(node.input)
    tensors = [tensor for tensor in made.graph.initializer if tensor.name in wanted]
    kind = model.graph.output[0].type.tensor_type.elem_type if end == model.graph.output[0].name else TensorProto.FLOAT
    for field, entries in (("node", kept[::-1]), ("initializer", tensors)):
        made.graph.ClearField(field)
        getattr(made.graph, field).extend(entries)
    made.graph.ClearField("output")
    made.graph.output.append(helper.make_tensor_value_info(end, kind, None))
    return bytes(made.SerializeToString())


def _smaller_texts(text: str) -> Iterator[bytes]:
    """The same of an integer network; a node is left out where its operand has the type of its result."""
    graph = parse_graph(text)
    for node in graph.nodes[:-1]:
        yield _cut(graph, node.output, {})
    for node in graph.nodes:
        for operand in node.inputs:
            if operand.type == node.output.type:
                yield _cut(graph, graph.output, {node.output: operand})


def _cut(graph: Graph, end: Value, instead: Mapping[Value, Value]) -> bytes:
    """The network up to the value `end`, with values in the place of others."""
    end = instead.get(end, end)
    wanted, kept = {end}, list[Node]()
    for node in reversed(graph.nodes):
        if node.output in wanted:
            kept.append(replace(node, inputs=tuple(instead.get(each, each) for each in node.inputs)))
            wanted.update(kept[-1].inputs)
    output = graph.outputs[0] if end == graph.output else replace(graph.outputs[0], value=end, order=None, ranking=None)
    return print_graph(replace(graph, nodes=tuple(kept[::-1]), outputs=(output,))).encode()
