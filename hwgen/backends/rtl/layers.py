"""Layers with a module of their own: thresholds and top-1; products are in `products.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwgen.backends.render import render, title
from hwgen.backends.rtl.values import (
    Code,
    Filled,
    Memory,
    Operand,
    addr_bits,
    bit,
    code,
    descending_roms,
    literal,
    operand,
    threshold_roms,
)
from hwgen.hw import packing
from hwgen.hw.design import Layer
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit, Thresholding
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.ir.types import Bipolar

ModuleUnit = MvtuUnit | MvtuGatedUnit | DepthwiseUnit | ThresholdUnit | ArgmaxUnit
"""Units that become a module of their own, for their memories or their many constants."""


@dataclass(frozen=True)
class LayerText:
    """A rendered layer: its source, and its memory files by name."""

    source: str
    memories: dict[str, str]


@dataclass(frozen=True)
class Header:
    """What the header of a generated file and every layer module say; `place_bits` of a write, 0 for none."""

    module: str
    origin: str
    digest: str
    purpose: str
    input_width: int
    output_width: int
    place_bits: int


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
    shared_thresholds: tuple[str, ...]
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


def header(unit: Layer, module: str, digest: str, purpose: str) -> dict[str, Any]:
    """The fields of `Header` for `unit`."""
    return {
        "module": module,
        "origin": title(unit.origin),
        "digest": digest,
        "purpose": purpose,
        "input_width": unit.inputs[0].width,
        "output_width": unit.outputs[0].width,
        "place_bits": 0,
    }


def layer_text(module: str, source: str, roms: list[Filled]) -> LayerText:
    """A rendered layer with the files of `roms`, `<module>_<what it drives>.mem`."""
    return LayerText(source, {f"{module}_{rom.memory.data}.mem": rom.text for rom in roms})


def threshold_text(unit: ThresholdUnit, module: str, digest: str) -> LayerText:
    """The module of a threshold unit."""
    activation, beats = unit.activation, unit.input.vector_beats
    roms: list[Filled] = []
    descending = "'1" if activation.any_descending else "'0"
    if unit.threshold_rom is not None:
        roms += threshold_roms(unit.threshold_rom, activation, unit.input)
    if activation.descending.shape[0] > 1 or not unit.shared:
        directions = descending_roms(activation, unit.input)
        descending = "descending" if directions else "'0"
        roms += directions
    context = ThresholdContext(
        **header(unit, module, digest, f"Quantises {unit.input.elements} {unit.input.dtype} to {unit.output.dtype}."),
        lanes=unit.input.lanes,
        beats=beats,
        last_lanes=unit.input.last_lanes,
        input=operand(unit.input.dtype),
        levels=activation.levels,
        type=operand(activation.type),
        lane_threshold_bits=activation.levels * activation.type.bits,
        shared_thresholds=_shared_thresholds(activation) if unit.shared else (),
        thresholds="{Lanes{Thresholds}}" if unit.shared else "thresholds",
        descending=descending,
        threshold_addr="threshold_addr" if roms else "unused_threshold_addr",
        addr_bits=addr_bits(beats),
        code=code(activation.base, activation.step, unit.output.dtype),
        credits=unit.schedule.credits,
        memories=tuple(rom.memory for rom in roms),
    )
    return layer_text(module, render("rtl/threshold.sv.j2", context), roms)


def argmax_text(unit: ArgmaxUnit, module: str, digest: str) -> LayerText:
    """The module of a top-1 unit."""
    score = unit.input.dtype
    context = ArgMaxContext(
        **header(unit, module, digest, f"Index of the largest of {unit.input.elements} {score} scores."),
        lanes=unit.input.lanes,
        beats=unit.input.beats,
        last_lanes=unit.input.last_lanes,
        score_bits=score.bits,
        score_signed=bit(score.signed and not isinstance(score, Bipolar)),
        credits=unit.schedule.credits,
    )
    return LayerText(render("rtl/argmax.sv.j2", context), {})


def _shared_thresholds(activation: Thresholding) -> tuple[str, ...]:
    """One lane's thresholds as literals."""
    return literal(packing.to_bits(activation.thresholds, activation.type)[0])
