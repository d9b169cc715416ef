"""One module per layer: its constants, its memories and an instance of the library unit that computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwgen.backends.render import render
from hwgen.hw import packing
from hwgen.hw.design import Layer
from hwgen.hw.kernel import Rom
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType


@dataclass(frozen=True)
class LayerText:
    """A rendered layer: its source, and its memory files by name."""

    source: str
    memories: dict[str, str]


@dataclass(frozen=True)
class Header:
    """What the header of a generated file and every layer module say."""

    module: str
    origin: str
    digest: str
    purpose: str
    input_width: int
    output_width: int


@dataclass(frozen=True)
class Operand:
    """A number type as module parameters."""

    bits: int
    signed: str
    bipolar: str


@dataclass(frozen=True)
class Code:
    """Output bits = base + step * n, modulo 2**bits."""

    base: int
    step: int
    bits: int


@dataclass(frozen=True)
class Memory:
    """A ROM: what addresses it, what it drives, and its file."""

    data: str
    addr: str
    file: str
    width: int
    depth: int
    style: str

    @property
    def addr_bits(self) -> int:
        return _addr_bits(self.depth)


@dataclass(frozen=True)
class Filled:
    """A ROM and the text of its file."""

    memory: Memory
    text: str


@dataclass(frozen=True)
class Activation:
    """Thresholds of a matrix-vector unit."""

    levels: int
    type: Operand
    memory: Memory


@dataclass(frozen=True)
class MatVecContext(Header):
    """Fields of matvec.sv.j2."""

    pe: int
    simd: int
    neuron_folds: int
    synapse_folds: int
    last_pe: int
    last_simd: int
    weight: Operand
    input: Operand
    sum: Operand
    activation: Activation | None
    threshold_addr: str
    threshold_addr_bits: int
    has_descending: bool
    descending: str
    code: Code
    credits: int
    weights: Memory
    memories: tuple[Memory, ...]


@dataclass(frozen=True)
class ThresholdContext(Header):
    """Fields of threshold.sv.j2."""

    lanes: int
    beats: int
    last_lanes: int
    input: Operand
    levels: int
    type: Operand
    lane_threshold_bits: int
    shared_thresholds: str
    thresholds: str
    descending: str
    threshold_addr: str
    addr_bits: int
    code: Code
    credits: int
    memories: tuple[Memory, ...]


@dataclass(frozen=True)
class ArgMaxContext(Header):
    """Fields of argmax.sv.j2."""

    lanes: int
    beats: int
    last_lanes: int
    score_bits: int
    score_signed: str
    credits: int


def render_layer(layer: Layer, module: str, digest: str) -> LayerText:
    """The module of `layer`, named `module`, and its memories."""
    if isinstance(layer, MatVec):
        return _matvec(layer, module, digest)
    if isinstance(layer, ThresholdUnit):
        return _threshold(layer, module, digest)
    return _argmax(layer, module, digest)


def _matvec(unit: MatVec, module: str, digest: str) -> LayerText:
    weights = _filled(unit.weight_rom, "weights", "weight_addr", packing.weight_words(unit))
    roms = [weights]
    activation = None
    if unit.activation is not None and unit.threshold_rom is not None:
        roms += _threshold_roms(unit.threshold_rom, unit.activation, unit.output)
        roms += _descending_roms(unit.name, unit.activation, unit.output)
        activation = Activation(unit.activation.levels, _operand(unit.activation.type), roms[1].memory)
    has_descending = any(rom.memory.data == "descending" for rom in roms)
    context = MatVecContext(
        **_header(unit, module, digest, _matvec_purpose(unit)),
        pe=unit.folding.pe,
        simd=unit.folding.simd,
        neuron_folds=unit.neuron_folds,
        synapse_folds=unit.synapse_folds,
        last_pe=unit.output.last_lanes,
        last_simd=unit.input.last_lanes,
        weight=_operand(unit.weight_type),
        input=_operand(unit.input.dtype),
        sum=_operand(unit.sum_type),
        activation=activation,
        threshold_addr="threshold_addr" if activation else "unused_threshold_addr",
        threshold_addr_bits=_addr_bits(unit.neuron_folds),
        has_descending=has_descending,
        descending="descending" if has_descending else "'0",
        code=_matvec_code(unit),
        credits=unit.schedule.credits,
        weights=weights.memory,
        memories=tuple(rom.memory for rom in roms),
    )
    return _layer_text(render("rtl/matvec.sv.j2", context), roms)


def _threshold(unit: ThresholdUnit, module: str, digest: str) -> LayerText:
    activation, beats = unit.activation, unit.input.beats
    roms: list[Filled] = []
    descending = "'1" if activation.any_descending else "'0"
    if unit.threshold_rom is not None:
        roms += _threshold_roms(unit.threshold_rom, activation, unit.input)
    if activation.descending.shape[0] > 1 or not unit.shared:
        directions = _descending_roms(unit.name, activation, unit.input)
        descending = "descending" if directions else "'0"
        roms += directions
    context = ThresholdContext(
        **_header(unit, module, digest, f"Quantises {unit.input.elements} {unit.input.dtype} to {unit.output.dtype}."),
        lanes=unit.input.lanes,
        beats=beats,
        last_lanes=unit.input.last_lanes,
        input=_operand(unit.input.dtype),
        levels=activation.levels,
        type=_operand(activation.type),
        lane_threshold_bits=activation.levels * activation.type.bits,
        shared_thresholds=_shared_thresholds(activation) if unit.shared else "",
        thresholds="{Lanes{Thresholds}}" if unit.shared else "thresholds",
        descending=descending,
        threshold_addr="threshold_addr" if roms else "unused_threshold_addr",
        addr_bits=_addr_bits(beats),
        code=_code(activation.base, activation.step, unit.output.dtype),
        credits=unit.schedule.credits,
        memories=tuple(rom.memory for rom in roms),
    )
    return _layer_text(render("rtl/threshold.sv.j2", context), roms)


def _argmax(unit: ArgMaxUnit, module: str, digest: str) -> LayerText:
    score = unit.input.dtype
    context = ArgMaxContext(
        **_header(unit, module, digest, f"Index of the largest of {unit.input.elements} {score} scores."),
        lanes=unit.input.lanes,
        beats=unit.input.beats,
        last_lanes=unit.input.last_lanes,
        score_bits=score.bits,
        score_signed=_bit(score.signed and not isinstance(score, Bipolar)),
        credits=unit.schedule.credits,
    )
    return LayerText(render("rtl/argmax.sv.j2", context), {})


def _header(unit: Layer, module: str, digest: str, purpose: str) -> dict[str, Any]:
    return {
        "module": module,
        "origin": unit.origin,
        "digest": digest,
        "purpose": purpose,
        "input_width": unit.input.width,
        "output_width": unit.output.width,
    }


def _matvec_purpose(unit: MatVec) -> str:
    fold = unit.folding
    return (
        f"{unit.mw} {unit.input.dtype} inputs to {unit.mh} {unit.output.dtype} outputs by {unit.weight_type} weights,"
        f" {fold.pe} x {fold.simd} a cycle."
    )


def _matvec_code(unit: MatVec) -> Code:
    """How the count of thresholds (or the sum, without an activation) becomes output bits."""
    if unit.activation is not None:
        return _code(unit.activation.base, unit.activation.step, unit.output.dtype)
    if unit.is_xnor:
        return Code(base=-unit.mw, step=2, bits=unit.output.dtype.bits)
    return Code(base=0, step=1, bits=unit.output.dtype.bits)


def _code(base: int, step: int, dtype: DType) -> Code:
    if isinstance(dtype, Bipolar):
        return Code(base=(base + 1) // 2, step=step // 2, bits=1)
    return Code(base=base, step=step, bits=dtype.bits)


def _operand(dtype: DType) -> Operand:
    return Operand(dtype.bits, _bit(dtype.signed), _bit(isinstance(dtype, Bipolar)))


def _addr_bits(depth: int) -> int:
    return max(1, (depth - 1).bit_length())


def _layer_text(source: str, roms: list[Filled]) -> LayerText:
    return LayerText(source, {rom.memory.file: rom.text for rom in roms})


def _filled(rom: Rom, data: str, addr: str, words: packing.Bytes) -> Filled:
    memory = Memory(data, addr, f"{rom.name}.mem", rom.width, rom.depth, rom.style.value)
    return Filled(memory, "\n".join(packing.to_hex(words, rom.width)) + "\n")


def _threshold_roms(rom: Rom, activation: Thresholding, stream: Stream) -> list[Filled]:
    words = packing.threshold_words(activation, stream.lanes, stream.elements)
    return [_filled(rom, "thresholds", "threshold_addr", words)]


def _descending_roms(name: str, activation: Thresholding, stream: Stream) -> list[Filled]:
    """One bit per lane and beat of `stream`; nothing where no channel is descending."""
    if not activation.any_descending:
        return []
    words = packing.descending_words(activation, stream.lanes, stream.elements)
    rom = Rom(f"{name}_descending", stream.beats, stream.lanes)
    return [_filled(rom, "descending", "threshold_addr", words)]


def _shared_thresholds(activation: Thresholding) -> str:
    """One lane's thresholds as a literal."""
    bits = activation.levels * activation.type.bits
    return f"{bits}'h{packing.to_hex(packing.threshold_words(activation, 1, 1), bits)[0]}"


def _bit(value: bool) -> str:
    return "1'b1" if value else "1'b0"
