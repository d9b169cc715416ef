"""Units that multiply by weights, as the HLS templates need them."""

from __future__ import annotations

from hwgen.backends.hls.context import Alias, Constant, Kernel, coding, cpp_type
from hwgen.backends.hls.tables import Table, kept, tap_table, threshold_tables, weight_table
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import Arithmetic, MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit, fold_rows
from hwgen.ir.types import Bipolar


def mvtu(unit: MvtuUnit) -> Kernel:
    """The matrix-vector-threshold unit."""
    _, kind = _arithmetic(unit)
    codes, activation, tables = _activation(unit, "TAPS * CHANNELS", unit.groups * unit.mh)
    words = (Alias("InWord", "ap_uint<SIMD * Input::BITS>"), Alias("OutWord", "ap_uint<PE * Output::BITS>"))
    return Kernel(
        "mvtu",
        "mvtu",
        f"Matrix-vector unit: {kind}.",
        _shape(unit) + codes,
        (*_product(unit, activation), *words),
        (weight_table(unit), *tables),
        kept("InWord", "vector", "Shape::KEPT", unit.vector_memory),
    )


def gated(unit: MvtuGatedUnit) -> Kernel:
    """The gated matrix-vector unit."""
    product, rows = unit.product, unit.threshold_rows
    _, kind = _arithmetic(product)
    tables = threshold_tables(unit.activation, unit.output.lanes, rows * unit.output.lanes, unit.threshold_rom)
    constants = (
        *_shape(product),
        Constant("ROWS", fold_rows(product.neuron_folds), "sets of thresholds of a gate code"),
        *coding(unit.activation),
    )
    types = (
        *_product(product, "hwgen::MultiThreshold<Output, BASE, STEP>"),
        Alias("Gate", cpp_type(unit.gate.dtype)),
        Alias("InWord0", "ap_uint<SIMD * Input::BITS>"),
        Alias("InWord1", "ap_uint<Gate::BITS>"),
        Alias("OutWord", "ap_uint<PE * Output::BITS>"),
    )
    return Kernel(
        "mvtu_gated",
        "gated",
        f"Matrix-vector unit with a gate: {kind}.",
        constants,
        types,
        (weight_table(product), *tables),
        kept("InWord0", "vector", "Shape::KEPT", product.vector_memory),
    )


def _shape(unit: MvtuUnit) -> tuple[Constant, ...]:
    turns = (Constant("TURNS", unit.plane_folds, "planes, one after another"),) if unit.plane_folds > 1 else ()
    return (
        Constant("PIXELS", unit.pixels, "vectors of a frame"),
        Constant("GROUPS", unit.groups, "parts of a vector, each with neurons of its own"),
        Constant("TAPS", unit.taps, "pixels that a neuron sees"),
        Constant("CHANNELS", unit.channels, "inputs of a tap"),
        Constant("OUTPUTS", unit.mh, "neurons of a group"),
        Constant("SIMD", unit.folding.simd, "inputs a cycle"),
        Constant("PE", unit.folding.pe, "neurons a cycle"),
        *turns,
    )


def _product(unit: MvtuUnit, activation: str) -> tuple[Alias, ...]:
    """The types of a matrix-vector unit but for its streams."""
    turns = ", TURNS" if unit.plane_folds > 1 else ""
    return (
        Alias("Shape", f"hwgen::Product<PIXELS, GROUPS, TAPS, CHANNELS, OUTPUTS, SIMD, PE{turns}>"),
        Alias("Arithmetic", f"hwgen::{_arithmetic(unit)[0]}"),
        *_types(unit, activation),
    )


def depthwise(unit: DepthwiseUnit) -> Kernel:
    """The depthwise vector unit."""
    kind = "XNOR and popcount" if unit.is_xnor else f"{unit.weight_type} weights times {unit.input.dtype} inputs"
    constants = (
        Constant("PIXELS", unit.pixels, "windows of a frame"),
        Constant("CHANNELS", unit.channels, "of a pixel"),
        Constant("TAPS", unit.taps, "pixels that a channel sees"),
        Constant("PE", unit.output.lanes, "channels a cycle"),
    )
    codes, activation, tables = _activation(unit, "TAPS", unit.channels)
    types = (
        *_types(unit, activation),
        Alias("InWord", "ap_uint<PE * Input::BITS>"),
        Alias("OutWord", "ap_uint<PE * Output::BITS>"),
    )
    purpose = f"Depthwise vector unit: {kind}."
    return Kernel("depthwise", "depthwise", purpose, constants + codes, types, (tap_table(unit), *tables))


def _arithmetic(unit: MvtuUnit) -> tuple[str, str]:
    """The C++ tag of how the unit multiplies, and what it is in words.

    Bit planes are for bipolar weights and integer inputs; elsewhere direct products give the same numbers.
    """
    if unit.is_xnor:
        return "Direct", "XNOR and popcount"
    if unit.planes:
        turns, padded = unit.arithmetic is Arithmetic.IN_TURN, str(unit.counted).lower()
        betas = ", ".join(map(str, unit.planes))
        kind = f"{len(unit.planes)} residual planes {'one after another' if turns else 'side by side'}"
        return f"Planes<{str(turns).lower()}, {padded}, {betas}>", kind
    operands = f"{unit.weight_type} weights times {unit.input.dtype} inputs"
    bipolar = isinstance(unit.weight_type, Bipolar)
    if unit.arithmetic is Arithmetic.BIT_PLANES and bipolar:
        return "BitPlanes", f"{operands}, bit plane by bit plane"
    if unit.counted and bipolar:
        return "Counted", "XNOR and popcount over the taps that are not padded"
    return "Direct", operands


def _activation(
    unit: MvtuUnit | DepthwiseUnit, fan_in: str, elements: int
) -> tuple[tuple[Constant, ...], str, tuple[Table, ...]]:
    """What leaves the unit: constants, the C++ type and its tables."""
    if unit.activation is None:
        slope, factor = unit.accumulator.slope, -unit.accumulator.offset
        offset = "0" if not factor else f"-{'' if factor == 1 else f'{factor} * '}int({fan_in})"
        return (), f"hwgen::Accumulator<Output, {slope}, {offset}>", ()
    tables = threshold_tables(unit.activation, unit.output.lanes, elements, unit.threshold_rom)
    return coding(unit.activation), "hwgen::MultiThreshold<Output, BASE, STEP>", tables


def _types(unit: MvtuUnit | DepthwiseUnit, activation: str) -> tuple[Alias, ...]:
    return (
        Alias("Weight", cpp_type(unit.weight_type)),
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Sum", cpp_type(unit.sum_type)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("Activation", activation),
    )
