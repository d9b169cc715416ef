"""Joins of branches of any scales: sums on a common grid, concatenations in front of layers, sums as they are."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Concat, Conv, MatMul, Sum
from hwgen.ir.types import IntType
from tests.frontend.join_nets import LAST, NETS, joined
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import node


def graph_of(model: onnx.ModelProto) -> Graph:
    return import_qonnx(model, input_type=IntType(5, signed=True), input_scale=0.25)


@pytest.mark.parametrize("name", NETS)
def test_joins_agree_with_the_reference_executor(name: str) -> None:
    assert agreement(NETS[name]()) == ""


def count(name: str, kind: type) -> int:
    return sum(isinstance(node.op, kind) for node in graph_of(NETS[name]()).nodes)


def test_a_narrow_grid_takes_one_layer_and_a_fine_one_a_layer_for_each_branch() -> None:
    assert count("concat_of_powers_of_two_into_a_layer", Conv) == 2
    assert count("concat_of_scales_into_a_layer", Conv) == 3
    assert count("concat_of_scales_into_a_layer", Concat) == 0
    assert count("concat_of_scales_into_a_dense_layer", MatMul) == 2
    assert count("concat_of_concats", Conv) == 5
    assert count("scales_into_a_layer", Conv) == 4
    assert count("three_scales_and_a_constant_into_a_layer", Conv) == 5
    assert count("scales_into_a_dense_layer", MatMul) == 2


def test_equal_scales_take_no_gains() -> None:
    (summed,) = (node.op for node in graph_of(NETS["sum_into_a_layer"]()).nodes if isinstance(node.op, Sum))
    assert summed.gains.size == 0


def test_scales_too_far_apart() -> None:
    model = joined(node("Mul", "a k", "m"), node("Add", "m c", "e", name="sum"), LAST, k=np.float32(2.0**-90))
    with pytest.raises(ModelError) as error:
        graph_of(model)
    assert str(error.value) == (
        "sum (Add): its operands must be whole multiples of one number, their sum at most 63 bits of it; found scales "
        "2.4233808e-28 from conv0_act (left_act) and 0.709999979 from conv1_act (right_act). Quantise with one shared "
        "quantiser, or with scales that are closer to each other."
    )


def test_a_maximum_of_scales_that_are_far_from_a_simple_ratio() -> None:
    with pytest.raises(ModelError) as error:
        graph_of(joined(node("Max", "a c", "e", name="max"), LAST))
    assert str(error.value) == (
        "max (Max): its operands must differ by at most 1,023 steps of their common grid; found up to 35,232,155. "
        "Quantise both with one shared quantiser."
    )
