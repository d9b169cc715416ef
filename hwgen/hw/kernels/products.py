"""What matrix-vector units declare alike, with a gate or without: how they multiply, their shape and its bill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Bits, Parameters, Size, Template, Type, WordTable
from hwgen.hw.kernels import weighted
from hwgen.hw.kernels.packed import PackedSize, Packing, is_packed
from hwgen.hw.kernels.registers import registers_bill
from hwgen.hw.kernels.sums import counted_lanes, pair_chains, pair_rows, products_bill
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.pipeline import AdderLevels
from hwgen.hw.unit import Weighted
from hwgen.ir.types import Bipolar

ARGUMENTS = ("Shape", "Arithmetic", "Weight", "Input", "Sum", "Output", "Activation")
"""Of the C++ function."""


class Matrix(Weighted, Protocol):
    """Products of vectors and a matrix; sizes are those of the unit that has them as properties."""

    @property
    def groups(self) -> int: ...
    @property
    def mh(self) -> int: ...
    @property
    def taps(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def pixels(self) -> int: ...
    @property
    def neuron_folds(self) -> int: ...
    @property
    def synapse_folds(self) -> int: ...
    @property
    def last_simd(self) -> int: ...
    @property
    def words(self) -> int: ...


def adder_levels(unit: Weighted) -> AdderLevels:
    """Steps of a lane sum: those of a popcount and what follows, or of a product and the sum of lanes."""
    width = counted_lanes(unit)
    group, tree = max(1, min(width, 15) // 4) - 1, max(0, width.bit_length() - 4)
    if unit.planes:
        arrays = 1 if unit.plane_folds > 1 else len(unit.planes)
        return AdderLevels(group, tree + unit.padded_bipolar + _levels(arrays * unit.beta_bits), unit.simd > 3)
    if unit.arithmetic is Arithmetic.PAIRS:
        signs = isinstance(unit.weight_type, Bipolar)
        chains, digits = _levels(pair_chains(unit.simd)), _levels(unit.weight_type.bits)
        return AdderLevels(pair_rows(unit.simd) - 1, chains + digits + signs, True)
    if is_packed(unit):
        size = PackedSize.of(unit)
        return AdderLevels(size.rows, _levels(size.chains))
    if unit.is_xnor or unit.padded_bipolar:
        return AdderLevels(group, tree + unit.padded_bipolar, width > 3)
    return AdderLevels(_levels(unit.simd), 0)


def _levels(terms: int) -> int:
    """Of a balanced adder tree."""
    return (terms - 1).bit_length()


def parameters(unit: Matrix) -> Parameters:
    """Those that every module of such a unit has."""
    vector = unit.vector_memory
    betas = sum(beta << (index * unit.beta_bits) for index, beta in enumerate(unit.planes))
    return {
        "Pe": unit.output.lanes,
        "Simd": unit.simd,
        "NeuronFolds": unit.neuron_folds,
        "SynapseFolds": unit.synapse_folds,
        "LastPe": unit.output.last_lanes,
        # A sliding window unit has forced spare lanes to zero; only a vector's own are the unit's to mask.
        "LastSimd": unit.last_simd if unit.taps == 1 else unit.simd,
        "PaddedBipolar": unit.padded_bipolar,
        "Planes": len(unit.planes),
        "BetaBits": unit.beta_bits,
        "Betas": Bits.of(betas, max(1, len(unit.planes) * unit.beta_bits)),
        "Style": "registers" if vector is None else vector.style.value,
        "SumStages": unit.adder_levels.cycles(unit.registers.span),
        "SumSpan": unit.registers.span,
        **weighted.sum_types(unit),
    }


def multiplied(unit: Matrix) -> Parameters:
    """What is multiplied, and how: of modules that do not take one plane after another."""
    packing = Packing.of(unit) if is_packed(unit) else Packing(0, 1, 1)
    return {
        "Pairs": unit.arithmetic is Arithmetic.PAIRS,
        "Fields": packing.fields,
        "FieldBits": packing.field_bits,
        "Chained": packing.chained,
        **weighted.operand_types(unit),
    }


def sizes(unit: Matrix) -> tuple[Size, ...]:
    """The constants that `Shape` is made of."""
    folds = (Size("PLANE_FOLDS", unit.plane_folds, "folded planes"),) if unit.plane_folds > 1 else ()
    return (
        Size("PIXELS", unit.pixels, "vectors of a frame"),
        Size("GROUPS", unit.groups, "parts of a vector, each with neurons of its own"),
        Size("TAPS", unit.taps, "pixels that a neuron sees"),
        Size("CHANNELS", unit.channels, "inputs of a tap"),
        Size("OUTPUTS", unit.mh, "neurons of a group"),
        Size("SIMD", unit.simd, "inputs a cycle"),
        Size("PE", unit.output.lanes, "neurons a cycle"),
        *folds,
    )


def types(unit: Matrix) -> tuple[Type, ...]:
    """`Shape`, the arithmetic and the number types."""
    shape = Template("MvtuShape", tuple(size.name for size in sizes(unit)))
    own = Type("Shape", shape), Type("Arithmetic", arithmetic(unit)[1])
    return (*own, *weighted.cpp_types(unit, "TAPS * CHANNELS"))


def arithmetic(unit: Matrix) -> tuple[str, Template]:
    """How it multiplies, in words and for C++, whose compiler chooses how to make products of numbers."""
    operands, bipolar = weighted.described(unit), isinstance(unit.weight_type, Bipolar)
    if unit.is_xnor:
        return "XNOR and popcount", Template("Direct")
    if unit.planes:
        folded = unit.arithmetic is Arithmetic.FOLDED_PLANES
        words = f"{len(unit.planes)} residual planes {'one after another' if folded else 'side by side'}"
        return words, Template("Planes", (folded, unit.padded_bipolar, *unit.planes))
    if unit.padded_bipolar and bipolar:
        return "XNOR and popcount over the taps that are not padded", Template("PaddedBipolar")
    return operands, Template("Direct")


def weight_table(unit: Matrix) -> WordTable:
    """The weights, a row a slot."""
    meaning = "[slot (group * NF + nf) * SF + sf][PE][limb]: SIMD weights, lane 0 the least significant."
    words, lanes = unit.layout.words(unit.weights), (unit.output.lanes, unit.simd)
    return WordTable("WEIGHTS", meaning, words, *lanes, unit.weight_type.bits, unit.weight_rom)


def _slot_counters(unit: Matrix) -> Iterator[int]:
    """Places of the counters of `hwgen_mvtu_slots`: of slots, and of folds that are not bits of a slot's number."""
    synapse_folds, neuron_folds = unit.synapse_folds, unit.neuron_folds
    yield unit.words
    if is_synapse_own := synapse_folds != unit.words and synapse_folds.bit_count() > 1:
        yield synapse_folds
    if is_synapse_own or (unit.groups > 1 and neuron_folds.bit_count() > 1):
        yield neuron_folds


def write_bill(unit: Matrix, bill: Bill, *, streamed: bool = False) -> None:
    """Control, operands and sums; of weights that are `streamed` a word in a register, of others their memory."""
    width, vector = unit.input.width, unit.vector_memory
    bill.add("mvtu", 1)
    for places in _slot_counters(unit):
        bill.counter(places)
    bill.register(4 + 4 * (unit.sum_slots > 1) + (unit.synapse_folds > 1) + (vector is not None))
    if unit.taps == 1:
        bill.mask((unit.simd - unit.last_simd) * unit.input.dtype.bits)
    if vector is None:
        bill.register(width)
    elif vector.style is MemoryStyle.BLOCK:
        bill.memory(width, vector.depth, vector.style, one_address=True)
        bill.register(width + 1)
        bill.add("operand mux bit", width)
    else:
        bill.memory_read_through(width, vector.depth, vector.style)
    if streamed:
        bill.register(unit.weight_rom.width)
    registers_bill(unit, unit.weight_rom.width if streamed else weighted.weights_bill(unit, bill), bill)
    products_bill(unit, bill)
