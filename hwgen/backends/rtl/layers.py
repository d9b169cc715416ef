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
    weights = _memory(unit.weight_rom, "weights", "weight_addr")
    files = {weights.file: _lines(packing.weight_words(unit), weights.width)}
    memories = [weights]
    activation = None
    descending = False
    if unit.activation is not None and unit.threshold_rom is not None:
        thresholds = _memory(unit.threshold_rom, "thresholds", "threshold_addr")
        activation = Activation(unit.activation.levels, _operand(unit.activation.type), thresholds)
        descending = unit.activation.any_descending
        memories += _threshold_memories(unit.name, unit.activation, thresholds, unit.folding.pe, unit.mh, files)
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
        has_descending=descending,
        descending="descending" if descending else "'0",
        code=_matvec_code(unit),
        credits=unit.schedule.credits,
        weights=weights,
        memories=tuple(memories),
    )
    return LayerText(render("rtl/matvec.sv.j2", context), files)


def _threshold(unit: ThresholdUnit, module: str, digest: str) -> LayerText:
    lanes, beats, activation = unit.input.lanes, unit.input.beats, unit.activation
    files: dict[str, str] = {}
    memories: list[Memory] = []
    lane_bits = activation.levels * activation.type.bits
    shared = ""
    if unit.threshold_rom is not None:
        rom = _memory(unit.threshold_rom, "thresholds", "threshold_addr")
        memories += _threshold_memories(unit.name, activation, rom, lanes, unit.input.elements, files)
    else:
        shared = f"{lane_bits}'h{packing.to_hex(packing.threshold_words(activation, 1, 1), lane_bits)[0]}"
        if activation.any_descending and activation.descending.shape[0] > 1:
            memories.append(_descending_memory(unit.name, activation, lanes, unit.input.elements, files))
    context = ThresholdContext(
        **_header(unit, module, digest, f"Quantises {unit.input.elements} {unit.input.dtype} to {unit.output.dtype}."),
        lanes=lanes,
        beats=beats,
        last_lanes=unit.input.last_lanes,
        input=_operand(unit.input.dtype),
        levels=activation.levels,
        type=_operand(activation.type),
        lane_threshold_bits=lane_bits,
        shared_thresholds=shared,
        thresholds="{Lanes{Thresholds}}" if shared else "thresholds",
        descending=_descending_source(activation, memories),
        threshold_addr="threshold_addr" if memories else "unused_threshold_addr",
        addr_bits=_addr_bits(beats),
        code=_code(activation.base, activation.step, unit.output.dtype),
        credits=unit.schedule.credits,
        memories=tuple(memories),
    )
    return LayerText(render("rtl/threshold.sv.j2", context), files)


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


def _bit(value: bool) -> str:
    return "1'b1" if value else "1'b0"


def _memory(rom: Rom, data: str, addr: str) -> Memory:
    return Memory(data, addr, f"{rom.name}.mem", rom.width, rom.depth, rom.style.value)


def _threshold_memories(
    name: str, activation: Thresholding, rom: Memory, lanes: int, elements: int, files: dict[str, str]
) -> list[Memory]:
    """The threshold memory and, where a channel is descending, that one; their files are added to `files`."""
    files[rom.file] = _lines(packing.threshold_words(activation, lanes, elements), rom.width)
    if not activation.any_descending:
        return [rom]
    return [rom, _descending_memory(name, activation, lanes, elements, files)]


def _descending_memory(name: str, activation: Thresholding, lanes: int, elements: int, files: dict[str, str]) -> Memory:
    words = packing.descending_words(activation, lanes, elements)
    memory = _memory(Rom(f"{name}_descending", len(words), lanes), "descending", "threshold_addr")
    files[memory.file] = _lines(words, lanes)
    return memory


def _descending_source(activation: Thresholding, memories: list[Memory]) -> str:
    if any(memory.data == "descending" for memory in memories):
        return "descending"
    return "'1" if activation.any_descending else "'0"


def _lines(words: packing.Bytes, width: int) -> str:
    return "\n".join(packing.to_hex(words, width)) + "\n"
