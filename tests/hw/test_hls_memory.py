"""Memories of the HLS project: as many blocks and bits as its arrays, tables and streams have."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import hwgen
from hwgen.hw.declaration import WIDEST_WORD, WordTable
from hwgen.hw.device import Family
from hwgen.hw.hls_memory import HlsMemory, stream_implementation, streams_memory, table_implementations, unit_memory
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.ir.types import Bipolar, IntType
from tests.builders import random_network
from tests.hls_lib.cases import mvtu_case

B, INT4 = Bipolar(), IntType(4, True)


def blocks(width: int, depth: int) -> float:
    """RAMB18 of a ROM by the widths of UG473, in blocks of 36 kbit."""
    shapes = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
    return min(math.ceil(width / bits) * math.ceil(depth / words) for words, bits in shapes) / 2


@pytest.mark.parametrize(("pe", "simd"), [(16, 1), (4, 4), (2, 8), (16, 4)])
def test_weights_of_all_neurons_share_blocks(pe: int, simd: int) -> None:
    """A word of PE x SIMD weights, not a memory for each PE with its own rounding."""
    unit = mvtu_case("net", (64, 64), (pe, simd), (INT4, B, None), style=MemoryStyle.BLOCK).design.units[0]
    width, depth = 4 * pe * simd, 4096 // (pe * simd)
    found = unit_memory(unit, Family.XC7)
    assert found.bram == blocks(width, depth)
    apart = pe * blocks(4 * simd, depth)
    assert found.bram <= apart and (pe < 16 or found.bram < apart)


def test_limbs_pad_a_word_in_cpp() -> None:
    """131 weights are three limbs of 44: one bit more for each PE."""
    unit = mvtu_case("net", (262, 4), (2, 131), (B, B, None), style=MemoryStyle.LUT).design.units[0]
    assert isinstance(unit, MvtuUnit)
    vector = unit.vector_memory
    assert vector is not None and vector.style is MemoryStyle.LUT
    assert unit_memory(unit, Family.XC7) == HlsMemory(lutram_bits=2 * 132 * 4 + vector.bits)


def test_a_word_that_vitis_cannot_make_is_several_memories() -> None:
    words = np.zeros((2, (WIDEST_WORD + 64) // 8), dtype=np.uint8)
    rows = WIDEST_WORD // 64 + 1
    wide = WordTable("WEIGHTS", "", words, rows, 64, 1, Memory("weights", 2, 64 * rows))
    assert (wide.word_bits, wide.memories) == (WIDEST_WORD + 64, rows)
    assert replace(wide, rows=rows - 1).memories == 1


@pytest.mark.parametrize(
    ("width", "depth", "where"),
    [(4000, 2, "srl"), (8, 128, "srl"), (64, 17, "lutram"), (9, 127, "lutram"), (64, 128, "bram")],
)
def test_streams_are_shift_registers_or_memories(width: int, depth: int, where: str) -> None:
    assert stream_implementation(width, depth) == where


def test_the_estimate_adds_them_up() -> None:
    accelerator = hwgen.compile(random_network(np.random.default_rng(3), (20, 12, 5)), memory={"fc0": "block"})
    design, hls = accelerator.design, accelerator.estimate().hls
    assert hls is not None and hls.unit_memory["fc0"].bram > 0
    total = hls.stream_memory
    for memory in hls.unit_memory.values():
        total += memory
    assert hls.memory == total
    assert hls.stream_memory == streams_memory(design, hls.stream_depths, Family.XC7)
    assert hls.stream_memory.srl_bits >= 2 * design.input.width
    where = table_implementations(design)
    assert where[f"{design.name}_fc0", "WEIGHTS"] == "bram"
    told = accelerator.estimate().to_json()["hls"]
    assert told["memory"] == {"bram": total.bram, "lutram_bits": total.lutram_bits, "srl_bits": total.srl_bits}
