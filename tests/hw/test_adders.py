"""Graphs of adders: right for every input, of the fewest bits, the same in every process."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.hw.adders.codes import Levels, quantised
from hwgen.hw.adders.digits import digit_counts, signed_digits
from hwgen.hw.adders.luts import Cells, cells
from hwgen.hw.adders.pipeline import pipeline_of
from hwgen.hw.adders.rows import rows_of
from hwgen.hw.adders.search import graph_of
from hwgen.hw.adders.steps import AtLeast, Clip, Lookup, Netlist, Sum, Wire
from hwgen.ir.types import IntArray

BIT = Wire(1)


def netlist_of(matrix: IntArray, entering: Wire) -> Netlist:
    found = graph_of(matrix, entering)
    return found.builder.netlist([found.builder.plus(row, 0) for row in found.rows])


def all_inputs(count: int, entering: Wire) -> IntArray:
    numbers = range(entering.low, entering.low + (1 << entering.bits))
    return np.array(list(itertools.product(numbers, repeat=count)))


def test_digits() -> None:
    numbers = np.arange(-300, 300)
    digits = signed_digits(numbers).astype(np.int64)
    np.testing.assert_array_equal(digits @ (1 << np.arange(digits.shape[1])), numbers)
    assert not (digits[:, 1:] * digits[:, :-1]).any()
    np.testing.assert_array_equal(digit_counts(numbers), np.count_nonzero(digits, axis=1))


@pytest.mark.parametrize("entering", [BIT, Wire(1, signed=True), Wire(2), Wire(2, signed=True)], ids=str)
@pytest.mark.parametrize("values", [(-1, 1), (-1, 0, 1)], ids=["bipolar", "ternary"])
def test_every_small_matrix(values: tuple[int, ...], entering: Wire) -> None:
    """All matrices of two rows and three columns, on all inputs."""
    inputs = all_inputs(3, entering)
    for numbers in itertools.islice(itertools.product(values, repeat=6), 0, None, 7):
        matrix = np.array(numbers).reshape(2, 3)
        np.testing.assert_array_equal(netlist_of(matrix, entering).values(inputs), inputs @ matrix.T)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 14), st.integers(1, 8), st.integers(1, 6))
def test_any_matrix(seed: int, rows: int, columns: int, weight_bits: int, bits: int) -> None:
    """Of bipolar weights and of integers; every sum lies within its bits, every step is needed."""
    rng = np.random.default_rng(seed)
    reach = 1 << weight_bits - 1
    shape = rows, columns
    matrix = rng.choice([-1, 1], shape) if weight_bits == 1 else rng.integers(-reach, reach, shape)
    entering = Wire(bits, signed=bool(rng.integers(2)))
    netlist = netlist_of(matrix, entering)
    ends = entering.low, entering.low + (1 << bits) - 1
    inputs = rng.integers(ends[0], ends[1] + 1, (60, columns))
    signs = np.sign(matrix)
    inputs[:rows] = np.where(signs > 0, ends[1], ends[0])
    inputs[rows : 2 * rows] = np.where(signs > 0, ends[0], ends[1])
    np.testing.assert_array_equal(netlist.values(inputs), inputs @ matrix.T)
    read = {source for step in netlist.steps for source in step.sources} | set(netlist.outputs)
    assert read >= set(range(netlist.inputs, netlist.inputs + len(netlist.steps)))
    for step in netlist.steps:
        assert not isinstance(step, Sum) or (len(step.terms) <= 3 and len(step.carries) <= 2)


def test_rows_are_differences() -> None:
    """A matrix of two rows that are nearly one another's negative."""
    matrix = np.random.default_rng(2).choice([-1, 1], (2, 40))
    matrix[1] = -matrix[0]
    matrix[1, :3] *= -1
    first, second = rows_of(matrix, 1)
    assert (first.parent, second.parent, second.sign, second.shift) == (-1, first.index, -1, 1)
    assert np.count_nonzero(second.rest) == 3
    assert [row.parent for row in rows_of(matrix, 0)] == [-1, -1]


def test_pipeline() -> None:
    """Each number is made in its stage of what is there, as late as its readers allow."""
    netlist = netlist_of(np.random.default_rng(3).choice([-1, 1], (12, 50)), BIT)
    made = {}
    for span in (1, 2, 3):
        found = pipeline_of(netlist, span)
        made[span] = found.stages
        assert max(found.made) < found.stages and found.registers > 0
        for index, step in enumerate(netlist.steps):
            stage = found.made[netlist.inputs + index]
            assert all(found.made[source] <= stage <= found.read[source] for source in step.sources)
        assert all(found.read[source] == found.stages for source in netlist.outputs)
    assert made[2] == -(-made[1] // 2) and made[3] == -(-made[1] // 3)


def test_cells() -> None:
    """A table of five bits, an adder of three numbers, one of two with its carry out, and an inverted carry."""
    table = netlist_of(np.ones((1, 5), dtype=np.int64), BIT)
    assert cells(table) == Cells(2, 0)
    three = netlist_of(np.ones((1, 3), dtype=np.int64), Wire(8))
    assert cells(three) == Cells(10, 3)
    two = netlist_of(np.ones((1, 2), dtype=np.int64), Wire(8))
    assert cells(two) == Cells(8, 2)


def code_of(levels: Levels, matrix: IntArray, entering: Wire) -> Netlist:
    found = graph_of(matrix, entering)
    return found.builder.netlist([quantised(found.builder, found.rows[0], levels)])


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("to_even", [False, True])
def test_uniform_steps_are_a_clipped_shift(to_even: bool, falls: bool) -> None:
    """Steps of eight, ties to even or not, at every sum and beyond both ends; one step more is no such line."""
    matrix, inputs = np.array([[3, -5, 7]]), all_inputs(3, Wire(4, signed=True))
    codes = np.arange(-4, 5)
    thresholds = codes[1:] * 8 - 4 + (codes[1:] & to_even)
    table = codes[::-1] if falls else codes
    for moved, kinds in ((0, {Clip}), (1, {AtLeast, Lookup})):
        thresholds[3] += moved
        levels = Levels(thresholds, table, Wire(4, signed=True))
        netlist = code_of(levels, matrix, Wire(4, signed=True))
        reached = np.searchsorted(thresholds, inputs @ matrix[0], side="right")
        np.testing.assert_array_equal(netlist.values(inputs)[:, 0], table[reached])
        assert {type(step) for step in netlist.steps} - {Sum} == kinds


@pytest.mark.starts_process
def test_the_same_in_every_process() -> None:
    """Whatever order sets and hashes have."""
    code = (
        "import numpy as np; from hwgen.hw.adders.search import graph_of; from hwgen.hw.adders.steps import Wire;"
        "print(graph_of(np.random.default_rng(5).choice([-1, 1], (9, 20)), Wire(1)).builder.steps)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1 and "Sum(" in texts.pop()


def test_digits_of_all_integers_of_a_byte() -> None:
    numbers = np.arange(-128, 128, dtype=np.int8)
    assert np.array_equal(digit_counts(numbers), np.count_nonzero(signed_digits(numbers.astype(np.int64)), axis=-1))
