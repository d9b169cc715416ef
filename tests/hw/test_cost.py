"""The cost model: memories as Yosys infers them, coefficients against stored syntheses of held-out designs."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest

from benchmarks.calibration.check import beyond, by_kind, errors, table, whole
from benchmarks.calibration.fit import read
from benchmarks.calibration.kinds import drawn as calibration_design
from hwgen import flow
from hwgen.backends.render import library
from hwgen.backends.rtl import emit
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.blocks import block_ram, lut_ram
from hwgen.hw.cost import bill_of, design_resources, edge_resources, unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.coding import bits_compared
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.sums import PopcountSize, arithmetics_for, is_dsp, popcount_size, tree_luts
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.packing import Bytes
from hwgen.hw.resources import Resources
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType, IntArray, IntType
from hwgen.verify.synth import SynthesisJob, resources_of, synthesise
from tests.builders import random_network
from tests.rtl_support import design_of, mvtu

B = Bipolar()
ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("xc7", "ecp5")


@pytest.mark.parametrize("family", FAMILIES)
def test_held_out_designs_stay_within_the_limits(family: str) -> None:
    designs = read(family, held_out=True)
    assert len(designs) >= 30
    assert beyond(whole(design, Family(family)) for design in designs) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_units_of_every_kind_stay_within_the_limits(family: str) -> None:
    kinds = by_kind(read(family, held_out=True), Family(family))
    assert len(kinds) >= 17
    assert {kind: found for kind, pairs in kinds.items() if (found := beyond(pairs))} == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_documented_errors_are_those_of_the_data(family: str) -> None:
    assert table(read(family, held_out=True), Family(family)) in (ROOT / "docs" / "resources.md").read_text()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_design_is_fitted_and_held_out(family: str) -> None:
    fitted, held = ({(each.kind, each.seed) for each in read(family, held_out=held)} for held in (False, True))
    assert fitted and held and not fitted & held


SIZES = [
    # style, width, depth: around the sizes of blocks and of LUT RAM
    *[("distributed", width, depth) for width in (1, 3, 7) for depth in (2, 33, 65, 129)],
    *[("block", width, depth) for width in (2, 9, 19, 37, 73) for depth in (130, 513, 1025, 2049)],
]


def memories(family: Family) -> SynthesisJob:
    """A top level of FIFOs of all sizes."""
    files = library("rtl")
    ports, body = ["input wire logic clk, rst, valid, ready", "input wire logic [99:0] data"], []
    for index, (style, width, depth) in enumerate(SIZES):
        ports.append(f"output logic [{width - 1}:0] out{index}, output logic [1:0] flags{index}")
        body.append(
            f'  hwgen_fifo #(.Width({width}), .Depth({depth}), .Style("{style}")) u_{index} (.clk_i(clk), .rst_ni(rst),'
            f" .s_data_i(data[{width - 1}:0]), .s_valid_i(valid), .s_ready_o(flags{index}[0]), .m_data_o(out{index}),"
            f" .m_valid_o(flags{index}[1]), .m_ready_i(ready));"
        )
    top = "\n".join([f"module memories_{family.value} ({', '.join(ports)});", *body, "endmodule\n"])
    sources = {"hwgen_fifo.sv": files["hwgen_fifo.sv"], "top.sv": top}
    return SynthesisJob(f"memories_{family.value}", {**sources, "files.f": "hwgen_fifo.sv\ntop.sv\n"})


@pytest.mark.long
@pytest.mark.parametrize("family", [Family.XC7, Family.ECP5])
def test_memories_are_those_that_yosys_infers(family: Family, tmp_path: Path) -> None:
    found = synthesise([memories(family)], family, tmp_path)[0]
    rams = ("RAM", "TRELLIS_DPR", "DP16KD", "PDPW16KD")
    for index, (style, width, depth) in enumerate(SIZES):
        cells = {name: count for name, count in found.cells[str(index)].items() if name.startswith(rams)}
        if style == "block":
            want = block_ram(width, depth, family, writable=True).taken
        else:
            want = lut_ram(width, depth, family, one_address=False).taken
        assert resources_of(cells, family) == want, (style, width, depth, cells)


CONVERTERS = [
    # bits of a lane, lanes in and out: odd and even groups, one group a beat and several, few held and many
    *[(3, 1, 4), (3, 1, 40), (12, 1, 4), (12, 1, 32), (11, 1, 2), (5, 9, 1), (7, 3, 20), (8, 1, 20)],
]


@pytest.mark.long
@pytest.mark.parametrize("family", [Family.XC7, Family.ECP5])
def test_width_converters_take_no_multiplier_blocks(family: Family, tmp_path: Path) -> None:
    designs = []
    for bits, lanes, wider in CONVERTERS:
        source = Stream("x", IntType(bits, signed=False), lanes * wider * 3, lanes)
        unit = WidthUnit("width", "", (source,), (replace(source, lanes=wider),))
        designs.append(replace(design_of(unit), name=f"width_{bits}_{lanes}_{wider}"))
    found = synthesise([SynthesisJob(design.name, emit(design)) for design in designs], family, tmp_path)
    for design, each in zip(designs, found, strict=True):
        assert each.units["width"].dsp == unit_resources(design.units[0], family).dsp == 0, design.name


DEEP = (12, 16, 24, 40, 64, 80, 100, 127)
"""Words of constants in logic that are synthesised apart."""


def undecided(rng: np.random.Generator, depth: int) -> Bytes:
    """A bit of `depth` words that no bit of the address decides: such a one would be a reset of its register."""
    places = np.arange(depth)
    while True:
        drawn = rng.integers(0, 2, depth, dtype=np.uint8)
        halves = [drawn[(places >> bit & 1) == side] for bit in range((depth - 1).bit_length()) for side in (0, 1)]
        if all(half.min() != half.max() for half in halves):
            return drawn


@pytest.mark.long
@pytest.mark.parametrize("family", [Family.XC7, Family.ECP5])
def test_deep_constants_take_the_luts_that_hold_them(family: Family, tmp_path: Path) -> None:
    """Random bits; one of them twice, and one that never changes."""
    rng, bits = np.random.default_rng(0), 24
    files, ports, body, bills = {"hwgen_rom.sv": library("rtl")["hwgen_rom.sv"]}, ["input wire clk"], [], {}
    for depth in DEEP:
        words = np.stack([undecided(rng, depth) for _ in range(bits)], axis=1)
        words[:, 1], words[:, 2] = words[:, 0], 1
        files[f"words{depth}.mem"] = "".join(f"{int(''.join(map(str, word[::-1])), 2):x}\n" for word in words)
        ports.append(f"input wire [{(depth - 1).bit_length() - 1}:0] at{depth}, output wire [{bits - 1}:0] out{depth}")
        body.append(
            f'  hwgen_rom #(.Width({bits}), .Depth({depth}), .File("words{depth}.mem")) u_{depth}'
            f" (.clk_i(clk), .addr_i(at{depth}), .data_o(out{depth}));"
        )
        bills[depth] = Bill(family)
        bills[depth].rom(np.packbits(words, axis=1, bitorder="little"), bits, MemoryStyle.LUT)
    top = f"constants_{family.value}"
    files["top.sv"] = "\n".join([f"module {top} ({', '.join(ports)});", *body, "endmodule\n"])
    found = synthesise([SynthesisJob(top, {**files, "files.f": "hwgen_rom.sv\ntop.sv\n"})], family, tmp_path)[0]
    for depth, bill in bills.items():
        taken = found.units[str(depth)]
        assert (taken.lut, taken.ff) == (bill.memories.lut, bill.registers), depth
        assert taken.ff == bits - 2


@pytest.mark.parametrize(
    ("width", "depth", "want"),
    [
        # UG473's shapes: 512 x 36, 1k x 18, 2k x 9, 4k x 4, 8k x 2, 16k x 1 in 18 kbit
        (36, 512, Resources(bram18=1)),
        (18, 1024, Resources(bram18=1)),
        (9, 2048, Resources(bram18=1)),
        (4, 4096, Resources(bram18=1)),
        (2, 8192, Resources(bram18=1)),
        (1, 16384, Resources(bram18=1)),
        (72, 512, Resources(bram36=1)),
        (36, 1024, Resources(bram36=1)),
        (1, 32768, Resources(bram36=1)),
        (37, 512, Resources(bram36=1)),
        # five copies of 27 bits, two words of 72 bits: as measured
        (27, 2049, Resources(bram36=2)),
        (0, 999, Resources()),
    ],
)
def test_shapes_of_block_ram(width: int, depth: int, want: Resources) -> None:
    assert block_ram(width, depth, Family.XC7, writable=True).taken == want


def test_multipliers() -> None:
    """From nine bits of product on, an unsigned operand having a sign bit more."""
    int4, uint4 = IntType(4, signed=True), IntType(4, signed=False)
    assert not is_dsp(int4, int4, Family.XC7) and is_dsp(int4, uint4, Family.XC7)
    assert is_dsp(int4, int4, Family.ECP5)


def test_products_of_integers_take_multiplier_blocks() -> None:
    unit = mvtu(np.random.default_rng(0), IntType(8, True), IntType(8, False), (12, 6), (2, 3))
    assert unit_resources(unit, Family.XC7).dsp == 6


def test_popcounts() -> None:
    """Groups of 3 + 3 + 1, 7 + 3 + 1 and 11 + 3 + 1 bits; their sums behind registers."""
    assert popcount_size(3) == PopcountSize(leaves=1, group_bits=0, registers=2, adder_bits=0)
    assert popcount_size(7) == PopcountSize(leaves=1, group_bits=4, registers=3, adder_bits=0)
    assert popcount_size(15) == PopcountSize(leaves=1, group_bits=4 + 5 + 5, registers=4, adder_bits=0)
    assert popcount_size(31) == PopcountSize(leaves=2, group_bits=28, registers=9, adder_bits=6)


@pytest.mark.parametrize("width", [1, 4, 16, 20, 63, 64, 100])
def test_popcounts_cover_every_bit(width: int) -> None:
    """A count of n bits needs at least n - log2(n) full adders or places in leaves."""
    size = popcount_size(width)
    assert size.registers >= width.bit_length()
    assert 3 * size.leaves + size.group_bits + size.adder_bits >= width - width.bit_length()


def test_bits_that_a_comparison_with_a_constant_looks_at() -> None:
    """None where the answer is known, else those from the constant's lowest one on."""
    thresholds = np.array([0, 1, 2, 12, 128, 255, 256])
    assert bits_compared(thresholds, IntType(8, signed=False)).tolist() == [0, 8, 7, 6, 1, 8, 0]
    assert bits_compared(np.array([-8, -4, 0, 4, 8]), IntType(4, signed=True)).tolist() == [0, 2, 1, 2, 0]


def test_memories_follow_their_style() -> None:
    unit = mvtu(np.random.default_rng(0), B, B, (64, 64), (4, 8), result=B)
    block, logic = (replace(unit, memory_style=style) for style in (MemoryStyle.BLOCK, MemoryStyle.LUT))
    assert unit_resources(block, Family.XC7).bram == 0.5
    assert unit_resources(logic, Family.XC7).bram == 0
    assert unit_resources(logic, Family.XC7).lut > unit_resources(block, Family.XC7).lut


def constants(weight: DType, source: DType, codes: IntArray) -> MvtuUnit:
    """A unit of as many lanes as `codes` (words, PE, SIMD) has of each."""
    words, pe, simd = codes.shape
    unit = mvtu(np.random.default_rng(0), weight, source, (simd, words * pe), (pe, simd))
    return replace(unit, weights=codes.reshape(unit.weights.shape))


def test_sums_behind_blocks_depend_on_the_shape_of_their_tree() -> None:
    """On ECP5 a sum of nine products takes more than one of twelve; held-out designs of them are within a tenth."""
    assert tree_luts(9, 12, 16) > tree_luts(12, 12, 16) > 3 * tree_luts(6, 12, 16)
    assert tree_luts(4, 12, 13) > 2 * tree_luts(4, 12, 14)
    designs = [each for each in read("ecp5", held_out=True) if each.kind == "packed"]
    assert errors([whole(each, Family.ECP5) for each in designs], "lut").worst < 0.1


FEW = {
    "equal": ([[1, 1, 1, 1], [1, 1, 1, 1]], 0.0),
    "one bit": ([[1, 1, 1, 1], [0, 1, 1, 1]], 3 / 2 + 1),
    "a bit for both": ([[1, 1, 1, 1], [0, 0, 1, 1]], 3 / 2 + 1),
    "two bits": ([[1, 0, 1, 1], [0, 1, 1, 1]], 3 + 1),
    "apart": ([[1, 1, 1, 1]] * 9, 2 * 2 * (3 + 1)),
}
"""Words of weights, and the bits that they choose: two rows of pairs, of four bits each, for each of two digits."""


@pytest.mark.parametrize("name", FEW)
def test_weights_of_few_words_choose_no_more_than_their_bits(name: str) -> None:
    words, chosen = FEW[name]
    unit = constants(IntType(2, signed=True), IntType(3, signed=False), np.array(words)[:, None])
    assert bill_of(replace(unit, arithmetic=Arithmetic.PAIRS), Family.XC7).logic["row bit"] == chosen


@pytest.mark.parametrize("value", [0, 1], ids=["numbers", "signs"])
def test_terms_of_constants_are_their_bits_that_change(value: int) -> None:
    """Of sums of a bit or its negative, as wide as the sum; of numbers and their negatives, above their lowest one."""
    if value:
        unit = constants(IntType(4, signed=True), B, np.array([[[1, -1, 2, 0, 4, -8]]]))
        changing = [1, 1, 2, None, 3, 4]
        bits = sum(unit.sum_type.bits - each for each in changing if each is not None)
    else:
        unit = constants(B, IntType(1, signed=False), np.array([[[1, 1, -1, -1, -1]]]))
        bits = 2 + 3 * unit.sum_type.bits
    assert bill_of(unit, Family.ECP5).logic["term bit of constants"] == bits - unit.sum_type.bits


def test_short_counts_are_made_with_what_they_choose() -> None:
    """On ECP5, where a count of up to four bits is in LUTs of up to seven inputs with the bits that it chooses."""
    luts = []
    for bits, lanes in ((3, 7), (4, 8)):
        source = Stream("x", IntType(bits, signed=False), 5 * lanes, 1)
        unit = WidthUnit("width", "", (source,), (replace(source, lanes=lanes),))
        luts.append(unit_resources(unit, Family.ECP5).lut)
    assert luts[0] > 2 * luts[1]


@pytest.mark.parametrize("family", list(Family))
def test_more_lanes_take_more(family: Family) -> None:
    rng = np.random.default_rng(0)
    luts = [unit_resources(mvtu(rng, B, B, (64, 64), (n, n), result=B), family).lut for n in (2, 4, 8, 16)]
    assert luts == sorted(luts) and luts[-1] > 3 * luts[0]


def test_pairs_take_no_multipliers() -> None:
    unit = mvtu(np.random.default_rng(0), IntType(4, True), IntType(4, False), (16, 8), (2, 4), result=B)
    pairs = unit_resources(replace(unit, arithmetic=Arithmetic.PAIRS), Family.XC7)
    assert pairs.dsp == 0 and pairs.lut > unit_resources(unit, Family.XC7).lut


CHOSEN: list[tuple[DType, DType, int, Arithmetic]] = [
    # weights, inputs, SIMD
    (B, B, 4, Arithmetic.DIRECT),
    (B, IntType(8, False), 4, Arithmetic.PAIRS),
    (B, IntType(16, True), 1, Arithmetic.DIRECT),
    (IntType(3, True), B, 2, Arithmetic.PAIRS),
    (IntType(4, True), IntType(4, False), 1, Arithmetic.PAIRS),
    (IntType(2, True), IntType(6, True), 4, Arithmetic.PAIRS),
    (IntType(5, True), IntType(4, False), 4, Arithmetic.PACKED),
    (IntType(8, True), IntType(8, False), 4, Arithmetic.PACKED),
    (IntType(8, True), IntType(20, False), 4, Arithmetic.DIRECT),
]


@pytest.mark.parametrize(("weight", "source", "simd", "wanted"), CHOSEN, ids=str)
def test_what_makes_products(weight: DType, source: DType, simd: int, wanted: Arithmetic) -> None:
    """Weights that are constants stay products, where a host does not write them."""
    unit = mvtu(np.random.default_rng(0), weight, source, (16, 8), (2, simd))
    assert arithmetics_for(unit, Family.XC7, fixed=True)[0] is wanted
    constant = mvtu(np.random.default_rng(0), weight, source, (simd, 2), (2, simd))
    assert arithmetics_for(constant, Family.XC7, fixed=True) == (Arithmetic.DIRECT,)
    assert arithmetics_for(constant, Family.XC7, fixed=False)[0] is wanted
    if wanted is Arithmetic.PACKED:
        assert arithmetics_for(unit, Family.XC7, fixed=True)[1] is Arithmetic.PAIRS
        assert arithmetics_for(unit, Family.ECP5, fixed=True)[0] is Arithmetic.DIRECT


def test_ultrascale_plus_is_priced_as_the_7_series() -> None:
    design = calibration_design("convolutional", 0)
    assert design_resources(design, Family.XCUP) == design_resources(design, Family.XC7)


REWRITABLE = {
    "popcounts": dict(sizes=(64, 48, 24, 4)),
    "products": dict(
        sizes=(40, 24, 4), input_type=IntType(8, False), weight=IntType(4, True), hidden=IntType(3, False)
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("family", [Family.XC7, Family.ECP5])
@pytest.mark.parametrize("style", ["distributed", "block"])
@pytest.mark.parametrize("name", REWRITABLE)
def test_rewritable_layers_take_what_yosys_makes_of_them(name: str, style: str, family: Family, tmp_path: Path) -> None:
    """Memories and multipliers exactly, flip-flops within 2 %, LUTs within 25 %."""
    graph = random_network(np.random.default_rng(0), **REWRITABLE[name])
    layers = tuple(f"fc{index}" for index in range(len(REWRITABLE[name]["sizes"]) - 1))
    built = flow.compile(graph, target_interval=100, writable=layers, memory=dict.fromkeys(layers, style))
    found = synthesise([SynthesisJob("net", emit(built.design))], family, tmp_path)[0]
    model = design_resources(built.design, family)
    assert (found.total.bram18, found.total.bram36, found.total.dsp) == (model.bram18, model.bram36, model.dsp)
    assert abs(found.total.ff - model.ff) <= 0.02 * found.total.ff
    assert abs(found.total.lut - model.lut) <= 0.25 * found.total.lut


def test_a_port_to_rewrite_by_is_part_of_the_edge() -> None:
    """Registers: ten bits of a place, 32 of data, three handshakes, an answer."""
    graph = random_network(np.random.default_rng(0), (12, 8, 4))
    fixed, soft = (flow.compile(graph, target_interval=16, writable=names).design for names in ((), ("fc0",)))
    extra = edge_resources(soft, Family.ECP5), edge_resources(fixed, Family.ECP5)
    assert (extra[0].ff - extra[1].ff, extra[0].lut - extra[1].lut) == (46, 11)


def test_a_design_is_its_units_and_its_edge() -> None:
    design = design_of(mvtu(np.random.default_rng(0), B, B, (12, 9), (2, 3), result=B))
    units = (unit_resources(unit, Family.XC7) for unit in design.units)
    assert design_resources(design, Family.XC7) == reduce(add, units) + edge_resources(design, Family.XC7)
