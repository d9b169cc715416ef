"""Deliberate mistakes in the library, one or more for each kernel: the comparison must see every one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import MismatchError
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design
from hwgen.hw.packing import to_words
from hwgen.hw.pipeline import NO_REGISTERS, PipelineRegisters
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from hwgen.verify.bench import Stalls
from tests.gated_cases import PATTERNS, frames_of, many_folds
from tests.rtl_lib.planes import planes_unit
from tests.rtl_lib.test_joins import concat_of, sum_of
from tests.rtl_lib.test_scale import magnitude, multiplied, scaled
from tests.rtl_support import (
    assert_cycles,
    assert_streams,
    depthwise,
    design_of,
    draw,
    mvtu,
    parallel_window,
    pool,
    simulate,
    window,
    write,
)
from tests.tiers import tiered

B, U3, U8 = Bipolar(), IntType(3, signed=False), IntType(8, signed=False)
I4, I8 = IntType(4, signed=True), IntType(8, signed=True)


@dataclass(frozen=True)
class Mutation:
    """`old` becomes `new` in a library module."""

    module: str
    old: str
    new: str


def padded() -> Design:
    return design_of(window(I4, (5, 5, 3), 2, Geometry((3, 2), (2, 1), padding=(1, 1, 1, 0)), pad=3, rows=1))


def whole() -> Design:
    return design_of(parallel_window(I4, (5, 5, 4), 2, Geometry((3, 2), (2, 1), padding=(1, 1, 1, 0)), pad=3))


def grouped() -> Design:
    rng = np.random.default_rng(7)
    return design_of(mvtu(rng, I4, U3, (4, 6), (3, 2), result=U3, taps=3, groups=2, pixels=2))


def pairs(weight: DType = B, registers: PipelineRegisters = NO_REGISTERS) -> Design:
    unit = mvtu(np.random.default_rng(7), weight, I4, (40, 5), (2, 20), pixels=2)
    return design_of(replace(unit, arithmetic=Arithmetic.PAIRS, registers=registers))


def packed(registers: PipelineRegisters = NO_REGISTERS) -> Design:
    unit = mvtu(np.random.default_rng(7), I8, U8, (40, 5), (2, 20), pixels=2)
    return design_of(replace(unit, arithmetic=Arithmetic.PACKED, registers=registers))


def residual(*, folded: bool) -> Design:
    return design_of(planes_unit((5, 3), (13, 5), (2, 4), folded=folded, pixels=2))


def xnor(registers: PipelineRegisters = NO_REGISTERS) -> Design:
    """A group of 15 bits, a carry and a group of 7."""
    return design_of(replace(mvtu(np.random.default_rng(7), B, B, (46, 4), (2, 23)), registers=registers))


def fours(registers: PipelineRegisters = NO_REGISTERS) -> Design:
    """Of 16 lanes a popcount takes 15, the accumulator the last one."""
    return design_of(replace(mvtu(np.random.default_rng(7), B, B, (32, 4), (2, 16)), registers=registers))


def pooled() -> Design:
    return design_of(pool(I4, (4, 6, 5), 2, (2, 3), minimum=np.array([1, 0, 0, 1, 1])))


def taps() -> Design:
    return design_of(depthwise(np.random.default_rng(7), B, B, (7, 9), 3, result=B, pixels=3))


def whole_taps() -> Design:
    return design_of(depthwise(np.random.default_rng(7), B, B, (6, 9), 3, result=B, pixels=3, simd=9))


def silence_assertions(project: Path) -> None:
    """Leave it to the comparison to see what is wrong."""
    for path in (project / "lib").iterdir():
        path.write_text(path.read_text().replace("`ifdef HWGEN_ASSERT", "`ifdef HWGEN_SILENT"))


CASES = {
    "no_release": (padded(), Mutation("hwgen_window_lines", "release_i ? freed_i", "release_i ? -level_t'(1)")),
    "early_row": (
        padded(),
        Mutation("hwgen_window_lines", "enough_o = !spare_q[LevelBits-1]", "enough_o = spare_q > -2"),
    ),
    "one_row_less": (
        padded(),
        Mutation("hwgen_window_lines", "s_ready_o = room_q[LevelBits-1]", "s_ready_o = room_q < -1"),
    ),
    "wrong_pad": (padded(), Mutation("hwgen_window_places", "offset_q < 0 ||", "")),
    "wrong_frame_step": (padded(), Mutation("hwgen_window_places", "last_row_i ? FrameStep : RowStep", "RowStep")),
    "early_space": (whole(), Mutation("hwgen_parallel_window_levels", "!(&lead_q)", "1'b1")),
    "early_beat": (whole(), Mutation("hwgen_parallel_window_levels", "lead_q >= 0", "lead_q >= -1")),
    "wrong_rows": (whole(), Mutation("hwgen_parallel_window_levels", "-released_at(row_behind(row))", "-1")),
    "wrong_row": (whole(), Mutation("hwgen_parallel_window_slots", "last_row ? FrameStep : RowStep", "RowStep")),
    "wrong_edge": (whole(), Mutation("hwgen_parallel_window_slots", "Before && column < 0", "Behind && 1'b0")),
    "lost_columns": (whole(), Mutation("hwgen_parallel_window_slots", "ScannedColumns - LastLeft - 1", "1")),
    "first_group_again": (
        grouped(),
        Mutation("hwgen_mvtu_slots", "(!repeat_i && last_neuron)", "(!repeat_i && last_slot)"),
    ),
    "sign_of_a_row": (pairs(), Mutation("hwgen_pair_chain", "chosen[ValueBits] ^ Signed", "chosen[ValueBits]")),
    "positive_top_digit": (pairs(I4), Mutation("hwgen_dot_pairs", "WeightSigned && !WeightBipolar", "1'b0")),
    "excess_kept": (pairs(I4), Mutation("hwgen_neuron", "first_i ? SumBits'(Start)", "first_i ? '0")),
    "inputs_not_taken_off": (pairs(), Mutation("hwgen_dot_pairs", "twice - shared_i", "twice")),
    "pair_too_early": (
        pairs(I4, PipelineRegisters(0, 2, 0)),
        Mutation("hwgen_pairs", ".Cycles(hwgen_steps_pkg::row_cycles(", ".Cycles(0 * hwgen_steps_pkg::row_cycles("),
    ),
    "parity_ignored": (packed(), Mutation("hwgen_dot_packed", "^ parities[chain*Fields+field]", "")),
    "carry_kept": (packed(), Mutation("hwgen_dot_packed", "= !into[chain*Fields+field]", "= 1'b1")),
    "inputs_not_summed": (packed(), Mutation("hwgen_packed", ".terms_i  (values)", ".terms_i  ('0)")),
    "block_too_early": (
        packed(PipelineRegisters(0, 2, 0)),
        Mutation("hwgen_packed", "hwgen_steps_pkg::block_cycles(lane / Chains, Span)", "0"),
    ),
    "last_plane_dropped": (
        residual(folded=False),
        Mutation("hwgen_dot_residual", "betas[plane*BetaBits+digit] ?", "plane < 1 && betas[plane*BetaBits+digit] ?"),
    ),
    "last_plane_fold_dropped": (
        residual(folded=True),
        Mutation("hwgen_mvtu_planes", "beta2_q <= Betas[", "beta2_q <= plane1_q == '1 ? '0 : Betas["),
    ),
    "weights_go_on": (
        residual(folded=True),
        Mutation("hwgen_mvtu_slots", "last_synapse_o && repeat_i", "1'b0"),
    ),
    "group_carry_lost": (
        xnor(),
        Mutation("hwgen_group_count", ".data_i(bits[First+3:First])", ".data_i(bits[First+3:First] & 4'b1110)"),
    ),
    "tree_carry_lost": (xnor(), Mutation("hwgen_popcount", ".data_i(bits[First])", ".data_i(1'b0)")),
    "last_lane_lost": (fours(), Mutation("hwgen_dot", "Counted < Simd && equal[Simd-1]", "1'b0")),
    "last_lane_too_early": (
        fours(PipelineRegisters(0, 1, 0)),
        Mutation("hwgen_dot", "1 + hwgen_steps_pkg::popcount_cycles(Counted, 0, Span)", "1"),
    ),
    "read_before_it_is_kept": (fours(), Mutation("hwgen_ram", "if (Through) begin", "if (1'b0) begin")),
    "minimum_ignored": (pooled(), Mutation("hwgen_pool", "larger != minimum1_q[lane]", "larger")),
    "partials_shared": (pooled(), Mutation("hwgen_pool", "partials[index1_q] <=", "partials[index1_q >> 1] <=")),
    "carry_too_early": (
        xnor(PipelineRegisters(0, 1, 0)),
        Mutation("hwgen_popcount", "1 + GroupCycles + BelowCycles", "1"),
    ),
    "sum_too_early": (
        xnor(PipelineRegisters(1, 2, 0)),
        Mutation("hwgen_mvtu_core", "2 + OperandStages + SumStages", "2 + SumStages"),
    ),
    "block_forgotten": (taps(), Mutation("hwgen_depthwise", "weight_addr_o = slot_q", "weight_addr_o = 6'(tap_q)")),
    "tap_of_a_neighbour": (
        whole_taps(),
        Mutation("hwgen_channel_sums", "(tap*Lanes+lane)*InputBits", "(lane*Simd+tap)*InputBits"),
    ),
    "owed_forgotten": (
        many_folds(),
        Mutation("hwgen_mvtu_gated", "NeuronBits'(NeuronFolds - 1);", "NeuronBits'(NeuronFolds - 2);"),
    ),
    "owed_overtaken": (many_folds(), Mutation("hwgen_mvtu_gated", "(credit && !owes) || !last", "credit || !last")),
    "old_gate": (many_folds(), Mutation("hwgen_mvtu_gated", "decides && !owes ? gate_data_i : gate_q", "gate_q")),
    "dropped_too_late": (
        many_folds(),
        Mutation("hwgen_mvtu_slots", "(!repeat_i && last_neuron) || drop_i", "!repeat_i && last_neuron"),
    ),
    "bipolar_as_integer": (sum_of((B, U3), 5, 2, 3), Mutation("hwgen_add", "{!term[0], 1'b1}", "{1'b0, term[0]}")),
    "gain_added": (sum_of((U3, U3), 5, 2, 3, (3, -5)), Mutation("hwgen_add", "plus_sum - minus_sum", "plus_sum")),
    "turn_too_long": (
        concat_of((3, 1, 2), 1, 4),
        Mutation("hwgen_concat", "turn_q == InputIndexBits'(Inputs - 1)", "0"),
    ),
    "magnitude_off_by_one": (
        design_of(magnitude(I4, 5, 2, 3)),
        Mutation("hwgen_magnitude", "? -value", "? ~value"),
    ),
    "sums_run_on": (
        design_of(magnitude(I4, 5, 2, 6, 3)),
        Mutation("hwgen_magnitude", "first2_q ? sum_q", "first2_q && beat_q == '1 ? sum_q"),
    ),
    "factor_of_no_sign": (scaled(U3, I4, 5, 2, 3), Mutation("hwgen_scale", "'(factor_q);", "'(unsigned'(factor_q));")),
    "factor_taken_early": (
        scaled(I4, None, 5, 2, 3),
        Mutation("hwgen_scale", "Factors > 1 || last_beat", "Factors > 1 || beat_q == '0"),
    ),
    "one_factor_for_all": (
        multiplied(I4, U3, 5, 2, 3),
        Mutation("hwgen_scale", "(FactorLanes > 1 ? lane : 0)*ScaleBits", "0"),
    ),
    "one_reader": (sum_of((B, U3), 5, 2, 3), Mutation("hwgen_fork", "s_ready_o = &ready", "s_ready_o = ready[1]")),
}


WHOLE = "early_beat", "late_free", "wrong_row", "wrong_edge", "lost_columns"
"""Those of the parallel window unit; the first runs in every run of the tests."""


@pytest.mark.parametrize(
    "name",
    tiered(CASES, "last_lane_too_early", "early_row", "wrong_pad", "wrong_frame_step", "partials_shared", *WHOLE[1:]),
)
def test_mutation_is_seen(name: str, tmp_path: Path) -> None:
    design, mutation = CASES[name]
    project = write(design, tmp_path / "project")
    path = project / "lib" / f"{mutation.module}.sv"
    assert mutation.old in path.read_text()
    path.write_text(path.read_text().replace(mutation.old, mutation.new))
    silence_assertions(project)
    frames = draw(np.random.default_rng(8), design.input.dtype, (5, design.input.size))
    if design.gated:
        frames = frames_of(design, PATTERNS["runs"])
    with pytest.raises((AssertionError, MismatchError)):
        trace = simulate(design, project, to_words(frames, design.input), tmp_path)
        assert_streams(design, frames, trace)
        assert_cycles(design, len(frames), trace)
        stalls = Stalls(0.1, 0.7)
        assert_streams(
            design, frames, simulate(design, project, to_words(frames, design.input), tmp_path, stalls=stalls)
        )
