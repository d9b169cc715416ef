"""What becomes of every node of a file, and all reasons why some of it is refused: the walk without its stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hwgen.errors import ModelError
from hwgen.frontend import residual
from hwgen.frontend.layout import Relayout
from hwgen.frontend.order import dynamic_nodes
from hwgen.frontend.source import SourceGraph, SourceNode
from hwgen.frontend.supported import behind_softmax, require_handler, require_known, require_quantised
from hwgen.frontend.symbolic import Absolute, CodedTensor, Const, Padded, QuantConst, Tensor
from hwgen.frontend.walk import InputOptions, Walk, input_type_of, layouts_of, of_input
from hwgen.ir.graph import Graph
from hwgen.ir.types import DType, IntType


@dataclass(frozen=True)
class NodeFinding:
    """One node of the file.

    Attributes:
        becomes: what it is in hardware, empty where it is refused or cannot be judged.
        error: why it is refused.
        depends_on: refused nodes that its operands come from.
    """

    label: str
    becomes: str = ""
    error: ModelError | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """All nodes of a file, in order, and reasons that are about the file as a whole.

    Attributes:
        graph: the network, where nothing is refused.
    """

    name: str
    nodes: tuple[NodeFinding, ...] = ()
    errors: tuple[ModelError, ...] = ()
    graph: Graph | None = None

    @property
    def refused(self) -> int:
        """How many reasons there are."""
        return len(self.errors) + sum(finding.error is not None for finding in self.nodes)

    def to_json(self) -> dict[str, Any]:
        """For scripts: `nodes` and `errors`, each error as where, must, found and change."""
        return {
            "network": self.name,
            "accepted": not self.refused,
            "errors": [_parts(error) for error in self.errors],
            "nodes": [
                {
                    "node": finding.label,
                    "becomes": finding.becomes or None,
                    "error": _parts(finding.error) if finding.error else None,
                    "depends_on": list(finding.depends_on),
                }
                for finding in self.nodes
            ],
        }


def _parts(error: ModelError) -> dict[str, str]:
    return {"where": error.where, "must": error.must, "found": error.found, "change": error.change}


def findings_of(graph: SourceGraph, name: str, options: InputOptions, known: Sequence[ModelError] = ()) -> Findings:
    """Walk over the whole graph, whatever is refused on the way.

    Args:
        known: reasons about the file that were met before.
    """
    errors = list(known)
    try:
        require_quantised(graph)
    except ModelError as error:
        errors.append(error)
    options = _with_types(graph, options, errors)
    try:
        fused = residual.fuse_residuals(graph)
    except ModelError as error:
        errors.append(error)
        fused = graph
    try:
        report = _reported(graph, fused.nodes, options)
    except ModelError as error:
        return Findings(name, errors=(*errors, error))
    network = None
    if not errors and not report.refused:
        try:
            network = report.walk.finished(name)
        except ModelError as error:
            errors.append(error)
    return Findings(name, tuple(report.found.values()), tuple(errors), network)


def _with_types(graph: SourceGraph, options: InputOptions, errors: list[ModelError]) -> InputOptions:
    """The options, with a type of 8 bits for each input that has none; that is added to `errors`."""
    types: dict[str, DType] = {}
    for source in graph.inputs:
        try:
            types[source.name] = input_type_of(graph, source, of_input(options.type, source))
        except ModelError as error:
            errors.append(error)
            types[source.name] = IntType(8, signed=True)
    try:
        options.require_known(graph.inputs)
    except ModelError as error:
        errors.append(error)
    return replace(options, type=types)


def _reported(graph: SourceGraph, nodes: Sequence[SourceNode], options: InputOptions) -> _Report:
    """All nodes visited, inputs in the layouts that they need. Raises: ModelError."""
    layouts = layouts_of(graph, options)
    while True:
        report = _Report(Walk.started(graph, options, layouts))
        try:
            report.visit_all(nodes)
            return report
        except Relayout as other:
            layouts.change(other)


class _Report:
    """The nodes visited so far, by label, and tensors that are not known because a node is refused."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.found: dict[str, NodeFinding] = {}
        self.starts: dict[str, int] = {}
        self.unknown: dict[str, tuple[str, ...]] = {}

    @property
    def refused(self) -> bool:
        return any(finding.error for finding in self.found.values())

    def visit_all(self, nodes: Sequence[SourceNode]) -> None:
        """Visit all nodes in order. Raises: Relayout."""
        live = dynamic_nodes(nodes, self.walk.graph.input_names)
        soft = {id(node): error for node, error in behind_softmax(live)}
        moving = set(map(id, live))
        for node in nodes:
            self._add(node, self._visited(node, soft.get(id(node)), live=id(node) in moving))

    def _visited(self, node: SourceNode, known: ModelError | None, *, live: bool) -> NodeFinding:
        origins = dict.fromkeys(label for name in node.inputs for label in self.unknown.get(name, ()))
        before = len(self.walk.build.nodes)
        before = self.starts.setdefault(node.label, before) if node.whole else before
        error = known
        try:
            require_known(node)
            if live:
                require_handler(node)
            if not origins and not known:
                self.walk.visit(node)
        except ModelError as own:
            error = own
        if not origins and error is None:
            return NodeFinding(node.label, self._becomes(node, before))
        causes = (node.label,) if error else tuple(origins)
        self.unknown.update({name: causes for name in node.outputs if name})
        return NodeFinding(node.label, error=error, depends_on=tuple(origins))

    def _add(self, node: SourceNode, finding: NodeFinding) -> None:
        """Add a finding to that of other parts of the same node of the file."""
        first = self.found.get(node.label)
        if first is None or not node.whole:
            key = node.label if first is None else f"{node.label} -> {', '.join(node.outputs)}"
            self.found[key] = finding
            return
        others = [label for label in (*first.depends_on, *finding.depends_on) if label != node.label]
        error, depends_on = first.error or finding.error, tuple(dict.fromkeys(others))
        becomes = "" if error or depends_on else finding.becomes
        self.found[node.label] = NodeFinding(node.label, becomes, error, depends_on)

    def _becomes(self, node: SourceNode, before: int) -> str:
        """What a node that was visited is in hardware."""
        made = self.walk.build.nodes[before:]
        if made:
            return ", ".join(
                f"{each.name}: {_KINDS.get(type(each.op).__name__, type(each.op).__name__)}" for each in made
            )
        tensors = self.walk.tensors
        results = [tensors[name] for name in node.outputs if name in tensors]
        return self._without_hardware(node, results[0]) if results else "nothing that is read"

    def _without_hardware(self, node: SourceNode, result: Tensor) -> str:
        match result:
            case QuantConst(dtype=dtype):
                return f"a constant of {dtype}"
            case Const():
                return "a constant"
            case Padded():
                return "padding of the layer behind it"
            case Absolute():
                return "a part of the sum behind it"
        assert isinstance(result, CodedTensor)
        sources = [self.walk.tensors.get(name) for name in node.inputs]
        moved = any(isinstance(source, CodedTensor) and source.steps == result.steps for source in sources)
        where = self.walk.build.producer(result.value) or "the input"
        return f"no hardware, the elements of {where}" if moved else f"a part of the activation behind {where}"


_KINDS: Mapping[str, str] = {
    "Activation": "an activation",
    "ArgMax": "top 1",
    "Concat": "a concatenation",
    "Conv": "a convolution",
    "Gather": "a move of elements",
    "Magnitude": "a sum of magnitudes",
    "MatMul": "a dense layer",
    "Pool": "a pool",
    "Scale": "a product",
    "Sum": "a sum",
    "Threshold": "a comparison",
}
"""Operations of the network, in the user's words."""
