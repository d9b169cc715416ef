"""Modules of the units with weights: matrix-vector and depthwise."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.backends.render import render
from hwgen.backends.rtl.layers import Header, LayerText, header, layer_text
from hwgen.backends.rtl.values import (
    Code,
    Filled,
    Memory,
    Operand,
    addr_bits,
    bit,
    code,
    descending_roms,
    filled,
    operand,
    threshold_roms,
)
from hwgen.hw import packing
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.matvec import Arithmetic, MatVec
from hwgen.ir.types import IntType

_NO_THRESHOLD = IntType(1, signed=False)


@dataclass(frozen=True)
class Product:
    """What matvec.sv.j2 and depthwise.sv.j2 share: types, activation, memories."""

    weight: Operand
    input: Operand
    sum: Operand
    levels: int
    threshold: Operand
    thresholds: str
    threshold_addr: str
    threshold_addr_bits: int
    descending: str
    code: Code
    credits: int
    weights: Memory


@dataclass(frozen=True)
class MatVecContext(Header):
    """Fields of matvec.sv.j2."""

    product: Product
    memories: tuple[Memory, ...]
    pe: int
    simd: int
    groups: int
    neuron_folds: int
    synapse_folds: int
    last_pe: int
    last_simd: int
    counted: str
    bit_planes: str
    planes: int
    beta_bits: int
    betas: str
    plane_folds: int
    vector_style: str


@dataclass(frozen=True)
class DepthwiseContext(Header):
    """Fields of depthwise.sv.j2."""

    product: Product
    memories: tuple[Memory, ...]
    lanes: int
    last_lanes: int
    blocks: int
    taps: int


def matvec_text(unit: MatVec, module: str, digest: str) -> LayerText:
    """The module of a matrix-vector unit."""
    fold, vector = unit.folding, unit.vector_memory
    groups = f"{unit.groups} groups of " if unit.groups > 1 else ""
    purpose = (
        f"{groups}{unit.mw} {unit.input.dtype} inputs to {unit.mh} {unit.output.dtype} outputs"
        f" by {unit.weight_type} weights, {fold.pe} x {fold.simd} a cycle."
    )
    beta_bits = max((beta.bit_length() for beta in unit.planes), default=1)
    roms = _roms(unit, packing.weight_words(unit))
    context = MatVecContext(
        **header(unit, module, digest, purpose),
        product=_product(unit, roms, unit.mw, unit.groups * unit.neuron_folds),
        memories=tuple(rom.memory for rom in roms),
        pe=fold.pe,
        simd=fold.simd,
        groups=unit.groups,
        neuron_folds=unit.neuron_folds,
        synapse_folds=unit.synapse_folds,
        last_pe=unit.output.last_lanes,
        # A sliding window unit has forced spare lanes to zero; only a vector's own are the unit's to mask.
        last_simd=unit.last_simd if unit.taps == 1 else fold.simd,
        counted=bit(unit.counted and unit.arithmetic is not Arithmetic.BIT_PLANES),
        bit_planes=bit(unit.arithmetic is Arithmetic.BIT_PLANES),
        planes=len(unit.planes),
        beta_bits=beta_bits,
        betas=f"{max(1, len(unit.planes) * beta_bits)}'h{_packed(unit.planes, beta_bits):x}",
        plane_folds=unit.plane_folds,
        vector_style="registers" if vector is None else vector.style.value,
    )
    return layer_text(render("rtl/matvec.sv.j2", context), roms)


def _packed(betas: tuple[int, ...], bits: int) -> int:
    """Factors of planes in one number, the first plane's lowest."""
    return sum(beta << (index * bits) for index, beta in enumerate(betas))


def depthwise_text(unit: DepthwiseUnit, module: str, digest: str) -> LayerText:
    """The module of a depthwise unit."""
    purpose = (
        f"{unit.channels} channels of {unit.taps} {unit.input.dtype} taps to {unit.output.dtype}"
        f" by {unit.weight_type} weights, {unit.output.lanes} a cycle."
    )
    roms = _roms(unit, packing.tap_words(unit))
    context = DepthwiseContext(
        **header(unit, module, digest, purpose),
        product=_product(unit, roms, unit.taps, unit.blocks),
        memories=tuple(rom.memory for rom in roms),
        lanes=unit.output.lanes,
        last_lanes=unit.output.last_lanes,
        blocks=unit.blocks,
        taps=unit.taps,
    )
    return layer_text(render("rtl/depthwise.sv.j2", context), roms)


def _roms(unit: MatVec | DepthwiseUnit, weights: packing.Bytes) -> list[Filled]:
    """The memories of `unit`: weights, thresholds, directions."""
    roms = [filled(unit.weight_rom, "weights", "weight_addr", weights)]
    if unit.activation is not None and unit.threshold_rom is not None:
        roms += threshold_roms(unit.threshold_rom, unit.activation, unit.output)
        roms += descending_roms(unit.name, unit.activation, unit.output)
    return roms


def _product(unit: MatVec | DepthwiseUnit, roms: list[Filled], fan_in: int, beats: int) -> Product:
    """The fields that matvec.sv.j2 and depthwise.sv.j2 share; `beats` are those of a pixel."""
    activation = unit.activation
    has_descending = any(rom.memory.data == "descending" for rom in roms)
    return Product(
        weight=operand(unit.weight_type),
        input=operand(unit.input.dtype),
        sum=operand(unit.sum_type),
        levels=activation.levels if activation else 0,
        threshold=operand(activation.type if activation else _NO_THRESHOLD),
        thresholds="thresholds" if activation else "'0",
        threshold_addr="threshold_addr" if activation else "unused_threshold_addr",
        threshold_addr_bits=addr_bits(beats),
        descending="descending" if has_descending else "'0",
        code=_code(unit, fan_in),
        credits=unit.schedule.credits,
        weights=roms[0].memory,
    )


def _code(unit: MatVec | DepthwiseUnit, fan_in: int) -> Code:
    """How the count of thresholds (or the sum, without an activation) becomes output bits."""
    if unit.activation is not None:
        return code(unit.activation.base, unit.activation.step, unit.output.dtype)
    accumulator = unit.accumulator
    return Code(base=accumulator.offset * fan_in, step=accumulator.slope, bits=unit.output.dtype.bits)
