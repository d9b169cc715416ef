"""`check`: every node, all reasons at once, and the same answer as an import."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from hwgen.errors import ModelError
from hwgen.frontend import check, load
from hwgen.frontend.findings import Findings
from hwgen.ir.text import print_graph
from hwgen.ir.types import IntType
from tests.frontend.image_error_cases import CASES as IMAGE_CASES
from tests.frontend.onnx_nets import net, node
from tests.frontend.random_graphs import random_graph
from tests.frontend.random_qdq import random_qdq

INT5 = IntType(5, signed=True)
W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
Q = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}


def lines(findings: Findings) -> list[str]:
    """A line for each node, the way the command line says it."""
    return [
        f"{found.label}: {found.becomes or found.error or 'depends on ' + ', '.join(found.depends_on)}"
        for found in findings.nodes
    ]


def _bad() -> onnx.ModelProto:
    """Two branches with a reason each, a join of both, a third reason behind it."""
    nodes = [
        node("MatMul", "x w", "h", name="first"),
        node("Tan", "h", "e", name="odd"),
        node("Add", "e c", "f", name="bias"),
        node("MatMul", "x half", "g", name="second"),
        node("Quant", "f s z b", "q", name="act"),
        node("Sub", "q g", "d", name="difference"),
        node("Atan", "d", "u", name="other"),
        node("MatMul", "u v", "y", name="last"),
    ]
    constants = {"w": W, "half": W / np.float32(3), "c": np.ones(3, np.float32), "v": np.ones((3, 2), np.float32)}
    return net(nodes, opset=20, **Q, **constants)


def test_all_reasons_are_named_at_once() -> None:
    findings = check(_bad(), input_type=INT5)
    known = "Build the network from "
    assert [line.partition(known)[0] for line in lines(findings)] == [
        "first (MatMul): fc0: a dense layer",
        "odd (Tan): odd (Tan): every operator must be one that hwgen can build; found Tan. ",
        "bias (Add): depends on odd (Tan)",
        "second (MatMul): second (MatMul): its weights 'half' must be quantised or whole numbers; found weights off "
        "the grid: 8 of 12, first 0.333333 at (out, in) = (0, 0). Quantise the layer, a first or last one too: "
        "brevitas.nn.QuantLinear(..., weight_bit_width=8).",
        "act (Quant): depends on odd (Tan)",
        "difference (Sub): depends on odd (Tan), second (MatMul)",
        "other (Atan): other (Atan): every operator must be one that hwgen can build; found Atan. ",
        "last (MatMul): depends on other (Atan)",
    ]
    assert findings.refused == 3 and findings.graph is None and not findings.errors
    assert findings.nodes[6].depends_on == ("odd (Tan)", "second (MatMul)")


def test_reasons_about_the_file_come_too() -> None:
    model = _bad()
    del model.graph.node[4]
    model.graph.node[4].input[0] = "f"
    findings = check(model)
    assert [str(error).partition(";")[0] for error in findings.errors] == [
        "tiny: the network must be quantised",
        "input 'x': the integer type that the hardware receives must be known",
    ]
    assert findings.refused == 5


def test_what_nodes_become() -> None:
    nodes = [
        node("Reshape", "x to", "r", name="shape"),
        node("Quant", "w s z b", "wq", name="weights", signed=1, narrow=1),
        node("Conv", "r wq", "h", name="conv"),
        node("Relu", "h", "e", name="relu"),
        node("Quant", "e s z b", "q", name="act", signed=0),
        node("Flatten", "q", "f", name="flat"),
        node("MatMul", "f v", "m", name="dense"),
        node("Mul", "m s", "t", name="scale"),
        node("Softmax", "t", "y", name="softmax"),
    ]
    constants = {"w": W.reshape(3, 1, 2, 2), "v": np.ones((27, 2), np.float32), "to": [1, 1, 4, 4]}
    findings = check(net(nodes, shape=(1, 16), **Q, **constants), input_type=INT5)
    assert lines(findings) == [
        "shape (Reshape): no hardware, the elements of the input",
        "weights (Quant): a constant of int4",
        "conv (Conv): conv0: a convolution",
        "relu (Relu): a part of the activation behind conv0",
        "act (Quant): conv0_act: an activation",
        "flat (Flatten): no hardware, the elements of conv0_act",
        "dense (MatMul): fc1: a dense layer",
        "scale (Mul): a part of the activation behind fc1",
        "softmax (Softmax): no hardware, the elements of fc1",
    ]
    assert findings.refused == 0 and findings.graph is not None


def test_an_operator_that_is_rewritten_is_one_node() -> None:
    findings = check(random_qdq(8), input_type=IntType(8, signed=True), input_scale=1 / 8)
    operators = [found.label.partition(" ")[2] for found in findings.nodes]
    assert operators == ["(QuantizeLinear)", "(QLinearConv)", "(Flatten)", "(QLinearMatMul)", "(DequantizeLinear)"]
    assert findings.nodes[1].becomes == "conv0: a convolution, conv0_act: an activation"


def test_a_refused_operator_that_is_rewritten_is_one_node() -> None:
    model = random_qdq(8)
    shape = model.graph.input[0].type.tensor_type.shape
    shape.dim[1].dim_value += 1
    findings = check(model, input_type=IntType(8, signed=True), input_scale=1 / 8)
    assert findings.refused == 1 and findings.nodes[1].error is not None
    assert str(findings.nodes[1].error).startswith("QLinearConv_1 (QLinearConv): its weights must have")
    assert findings.nodes[1].depends_on == ()
    assert {found.depends_on for found in findings.nodes[2:]} == {("QLinearConv_1 (QLinearConv)",)}


@pytest.mark.parametrize("change", ["domain", "inputs", "shape"])
def test_files_that_are_odd_as_a_whole(change: str) -> None:
    model = net([node("MatMul", "x w", "h", name="first"), node("Relu", "h", "y", name="relu")], w=W)
    if change == "domain":
        model.graph.node[1].domain = "mine"
    elif change == "inputs":
        model.graph.input.append(helper.make_tensor_value_info("x2", 1, (1, 4)))
    else:
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "n"
    findings = check(model, input_type=INT5)
    assert findings.refused == 1
    error = next((found.error for found in findings.nodes if found.error), None) or findings.errors[0]
    starts = {
        "domain": "relu (Relu): every operator must be ONNX's own or a QONNX quantiser; found Relu of domain 'mine'",
        "inputs": "input 'x2': an operator must read it",
        "shape": "input 'x': its shape must be known",
    }
    assert str(error).startswith(starts[change])


def test_two_outputs_and_two_inputs() -> None:
    nodes = [node("MatMul", "x w", "h", name="first"), node("MatMul", "x2 w", "g", name="second")]
    model = net([*nodes, node("Add", "h g", "y", name="sum"), node("Neg", "h", "n", name="minus")], w=W)
    model.graph.input.append(helper.make_tensor_value_info("x2", 1, (1, 4)))
    model.graph.output.append(helper.make_tensor_value_info("n", 1, None))
    _agree(model, input_type={"x": INT5, "x2": IntType(3, signed=True)})
    findings = check(model, input_type={"x": INT5})
    assert [error.where for error in findings.errors] == ["input 'x2'"] and findings.refused == 1
    findings = check(model, input_type={"x": INT5, "x2": INT5, "x3": INT5})
    assert [error.where for error in findings.errors] == ["input_type"]


def _agree(model: onnx.ModelProto, **options: Any) -> None:
    """`check` accepts what `load` takes, gives the same network, and names the reason of a refusal among its own."""
    findings = check(model, **options)
    json.dumps(findings.to_json())
    try:
        graph = load(model, **options)
    except ModelError as error:
        reasons = [*findings.errors, *(found.error for found in findings.nodes if found.error)]
        assert str(error) in map(str, reasons), (str(error), list(map(str, reasons)))
        return
    assert findings.refused == 0 and findings.graph is not None
    assert all(found.becomes for found in findings.nodes)
    assert print_graph(findings.graph) == print_graph(graph)


@pytest.mark.parametrize("name", IMAGE_CASES)
def test_the_reason_of_an_import_is_among_them(name: str) -> None:
    _agree(IMAGE_CASES[name](), input_type=INT5)


def test_random_graphs_have_the_answer_of_an_import() -> None:
    for seed in range(120):
        model, kind, scale = random_graph(seed)
        _agree(model, input_type=kind, input_scale=scale)
