"""Modules of the units with weights: matrix-vector and depthwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hwgen.backends.render import render
from hwgen.backends.rtl.instances import Beats
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
from hwgen.hw.control import ControlMap
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import Arithmetic, MvtuUnit, Stages
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.ir.types import IntType

_NO_THRESHOLD = IntType(1, signed=False)


@dataclass(frozen=True)
class Product:
    """What mvtu.sv.j2 and depthwise.sv.j2 share: types, activation, memories and the template that prints those."""

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
    stages: Stages
    sum_stages: int
    storage: str


@dataclass(frozen=True)
class Gate(Beats):
    """The gate of a matrix-vector unit; `bits` of its code, 0 where there is none."""

    bits: int


_VECTORS, _NO_GATE = Beats("s_data_i", "s_valid_i", "s_ready_o"), Gate("", "", "", bits=0)


@dataclass(frozen=True)
class MvtuContext(Header):
    """Fields of matvec.sv.j2 and mvtu_gated.sv.j2: the module in the library, the parameters that others lack.

    `vectors` and `gate` are the signals of its inputs.
    """

    product: Product
    memories: tuple[Memory, ...]
    vectors: Beats
    gate: Gate
    library: str
    own: Mapping[str, object]
    pe: int
    simd: int
    groups: int
    neuron_folds: int
    synapse_folds: int
    last_pe: int
    last_simd: int
    padded_bipolar: str
    planes: int
    beta_bits: int
    betas: str
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


def mvtu_text(unit: MvtuUnit, module: str, digest: str, control: ControlMap | None) -> LayerText:
    """The module of a matrix-vector unit."""
    head = header(unit, module, digest, f"{_purpose(unit)}.") | _written(unit, control)
    roms = _roms(unit, control)
    product = _product(unit, roms, unit.mw, unit.groups * unit.neuron_folds, unit.schedule.credits)
    folds = unit.plane_folds > 1
    own = {"Groups": "Groups"} | ({} if folds else _types(unit))
    library = "hwgen_mvtu_planes" if folds else "hwgen_mvtu"
    fields = _mvtu(unit, product, roms) | {"library": library, "own": own}
    context = MvtuContext(**head, **fields, vectors=_VECTORS, gate=_NO_GATE)
    return layer_text(module, render("rtl/matvec.sv.j2", context), roms)


def gated_text(unit: MvtuGatedUnit, module: str, digest: str) -> LayerText:
    """The module of a gated matrix-vector unit."""
    product, width, bits = unit.product, unit.product.input.width, unit.gate_type.bits
    head = header(unit, module, digest, f"{_purpose(product)}, times a gate of {unit.gate_type}.")
    roms = [filled(product.weight_rom, "weights", "weight_addr", packing.weight_words(product))]
    sets = replace(unit.output, elements=len(unit.activation.thresholds))
    roms += threshold_roms(unit.threshold_rom, unit.activation, sets)
    roms += descending_roms(unit.activation, sets)
    context = MvtuContext(
        **(head | {"input_width": width + bits}),
        **_mvtu(product, _product(product, roms, product.mw, unit.threshold_rows, unit.schedule.credits), roms),
        vectors=Beats(f"s_data_i[{width - 1}:0]", "s_valid_i[0]", "s_ready_o[0]"),
        gate=Gate(f"s_data_i[{width + bits - 1}:{width}]", "s_valid_i[1]", "s_ready_o[1]", bits=bits),
        library="hwgen_mvtu_gated",
        own={"GateBits": "GateBits"} | _types(product),
    )
    return layer_text(module, render("rtl/mvtu_gated.sv.j2", context), roms)


def _purpose(unit: MvtuUnit) -> str:
    fold = unit.folding
    groups = f"{unit.groups} groups of " if unit.groups > 1 else ""
    return (
        f"{groups}{unit.mw} {unit.input.dtype} inputs to {unit.mh} {unit.output.dtype} outputs"
        f" by {unit.weight_type} weights, {fold.pe} x {fold.simd} a cycle"
    )


def _mvtu(unit: MvtuUnit, product: Product, roms: list[Filled]) -> dict[str, Any]:
    """The fields of mvtu.sv.j2 but for its inputs."""
    fold, vector = unit.folding, unit.vector_memory
    return {
        "product": product,
        "memories": tuple(rom.memory for rom in roms),
        "pe": fold.pe,
        "simd": fold.simd,
        "groups": unit.groups,
        "neuron_folds": unit.neuron_folds,
        "synapse_folds": unit.synapse_folds,
        "last_pe": unit.output.last_lanes,
        # A sliding window unit has forced spare lanes to zero; only a vector's own are the unit's to mask.
        "last_simd": unit.last_simd if unit.taps == 1 else fold.simd,
        "padded_bipolar": bit(unit.counted and unit.arithmetic is not Arithmetic.BIT_PLANES),
        "planes": len(unit.planes),
        "beta_bits": unit.beta_bits,
        "betas": f"{max(1, len(unit.planes) * unit.beta_bits)}'h{_packed(unit.planes, unit.beta_bits):x}",
        "vector_style": "registers" if vector is None else vector.style.value,
    }


def _types(unit: MvtuUnit) -> dict[str, object]:
    """Parameters that say what is multiplied, and how; `hwgen_mvtu_planes` has none of them."""
    found: dict[str, object] = {"BitPlanes": bit(unit.arithmetic is Arithmetic.BIT_PLANES)}
    for name, dtype in (("Weight", unit.weight_type), ("Input", unit.input.dtype)):
        kind = operand(dtype)
        found |= {f"{name}Bits": kind.bits, f"{name}Signed": kind.signed, f"{name}Bipolar": kind.bipolar}
    return found


def _packed(betas: tuple[int, ...], bits: int) -> int:
    """Factors of planes in one number, the first plane's lowest."""
    return sum(beta << (index * bits) for index, beta in enumerate(betas))


def depthwise_text(unit: DepthwiseUnit, module: str, digest: str, control: ControlMap | None) -> LayerText:
    """The module of a depthwise unit."""
    purpose = (
        f"{unit.channels} channels of {unit.taps} {unit.input.dtype} taps to {unit.output.dtype}"
        f" by {unit.weight_type} weights, {unit.output.lanes} a cycle."
    )
    roms = _roms(unit, control)
    context = DepthwiseContext(
        **header(unit, module, digest, purpose) | _written(unit, control),
        product=_product(unit, roms, unit.taps, unit.blocks, unit.schedule.credits),
        memories=tuple(rom.memory for rom in roms),
        lanes=unit.output.lanes,
        last_lanes=unit.output.last_lanes,
        blocks=unit.blocks,
        taps=unit.taps,
    )
    return layer_text(module, render("rtl/depthwise.sv.j2", context), roms)


def _written(unit: MvtuUnit | DepthwiseUnit, control: ControlMap | None) -> dict[str, Any]:
    """The field of a header that says whether `unit` has ports to be rewritten by."""
    return {"place_bits": control.place_bits if control and unit.name in control.layers else 0}


def _roms(unit: MvtuUnit | DepthwiseUnit, control: ControlMap | None) -> list[Filled]:
    """The memories of `unit`: weights, thresholds, directions."""
    roms = [filled(unit.weight_rom, "weights", "weight_addr", packing.weight_words(unit))]
    if unit.activation is not None and unit.threshold_rom is not None:
        roms += threshold_roms(unit.threshold_rom, unit.activation, unit.output)
        roms += descending_roms(unit.activation, unit.output)
    if control is None or unit.name not in control.layers:
        return roms
    regions = control.layers[unit.name].regions
    return [replace(rom, memory=replace(rom.memory, base=regions[rom.memory.data].place)) for rom in roms]


def _product(unit: MvtuUnit | DepthwiseUnit, roms: list[Filled], fan_in: int, rows: int, credits: int) -> Product:
    """The fields that mvtu.sv.j2 and depthwise.sv.j2 share; `rows` of thresholds."""
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
        threshold_addr_bits=addr_bits(rows),
        descending="descending" if has_descending else "'0",
        code=_code(unit, fan_in),
        credits=credits,
        weights=roms[0].memory,
        stages=unit.stages,
        sum_stages=unit.sum_steps.cycles(unit.stages.span),
        storage="rtl/writables.sv.j2" if unit.writable else "rtl/roms.sv.j2",
    )


def _code(unit: MvtuUnit | DepthwiseUnit, fan_in: int) -> Code:
    """How the count of thresholds (or the sum, without an activation) becomes output bits."""
    if unit.activation is not None:
        return code(unit.activation.base, unit.activation.step, unit.output.dtype)
    accumulator = unit.accumulator
    return Code(base=accumulator.offset * fan_in, step=accumulator.slope, bits=unit.output.dtype.bits)
