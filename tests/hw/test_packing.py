"""Bit and lane order: round trips, and words against explicit loops over single bits."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.hw.activation import Thresholding
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.packing import (
    WeightLayout,
    descending_words,
    from_bits,
    from_hex,
    from_words,
    hex_text,
    threshold_words,
    to_bits,
    to_hex,
    to_pieces,
    to_words,
)
from hwgen.hw.stream import Stream
from hwgen.ir.types import DType, IntType
from tests.builders import B, codes_of

DTYPES = st.one_of(st.just(B), st.builds(IntType, st.integers(1, 63), st.booleans()))


def code_bits(code: int, dtype: DType) -> list[int]:
    """Least significant first: bipolar as one bit, negative integers in two's complement."""
    if dtype == B:
        return [1 if code == 1 else 0]
    return [int(bit) for bit in reversed(format(code % (1 << dtype.bits), f"0{dtype.bits}b"))]


def word(bits: list[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


def numbers(words: np.ndarray) -> list[int]:
    return [int.from_bytes(row.tobytes(), "little") for row in words]


@settings(deadline=None)
@given(DTYPES, st.integers(1, 20), st.integers(1, 20), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99))
def test_beats(dtype: DType, elements: int, lanes: int, frames: int, vectors: int, seed: int) -> None:
    """Element b * lanes + l of a vector is in lane l of its beat b; spare lanes are zero; and back again."""
    stream = Stream("s", dtype, elements, min(lanes, elements), vectors=vectors)
    codes = codes_of(np.random.default_rng(seed), dtype, (frames, vectors * elements))
    codes[0] = np.where(np.arange(vectors * elements) % 2, dtype.max, dtype.min)
    words = to_words(codes, stream)
    expected = []
    for vector in codes.reshape(-1, elements).tolist():
        for start in range(0, elements, stream.lanes):
            bits = [bit for code in vector[start : start + stream.lanes] for bit in code_bits(code, dtype)]
            expected.append(word(bits))
    assert numbers(words) == expected
    assert words.shape == (frames * stream.beats, -(-stream.width // 8))
    assert np.array_equal(from_words(words, stream), codes)
    assert np.array_equal(from_words(words[:-1], stream), codes[:-1])
    assert np.array_equal(from_bits(to_bits(codes, dtype), dtype), codes)


def test_codes_of_any_array_type() -> None:
    stream = Stream("s", IntType(5, signed=True), 3, 2)
    codes = np.array([[-16, -1, 15]])
    for kind in (np.int8, np.int16, np.int32, np.int64):
        assert np.array_equal(to_words(codes.astype(kind), stream), to_words(codes, stream))


@given(st.integers(1, 130), st.integers(0, 99))
def test_hexadecimal(width: int, seed: int) -> None:
    values = [int(v) for v in np.random.default_rng(seed).integers(0, 2, 8)]
    values = [(v << (width - 1)) | (37 % (1 << width)) for v in values]
    size = -(-width // 8)
    words = np.array([list(v.to_bytes(size, "little")) for v in values], dtype=np.uint8)
    lines = to_hex(words, width)
    assert lines == [format(v, f"0{-(-width // 4)}x") for v in values]
    assert np.array_equal(from_hex(lines, width), words)


def test_unknown_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="non-hexadecimal"):
        from_hex(["0x"], 8)


def unit(rng: np.random.Generator, shape: tuple[int, ...], folding: tuple[int, int], dtype: DType) -> MvtuUnit:
    """A unit of weights (groups, MH, taps, channels)."""
    (groups, mh, taps, channels), (pe, simd) = shape, folding
    wide = IntType(20, signed=True)
    source = Stream("x", B, taps * -(-channels // simd) * simd, simd, vectors=groups)
    result = Stream("y", wide, groups * mh, pe)
    return MvtuUnit("fc0", "", (source,), (result,), codes_of(rng, dtype, shape), dtype, wide, None, simd)


SHAPES = [(1, 5, 1, 7), (1, 5, 4, 7), (2, 5, 3, 7), (3, 5, 1, 7)]


@pytest.mark.parametrize("dtype", [B, IntType(2, signed=True), IntType(3, signed=False), IntType(7, True)], ids=str)
@pytest.mark.parametrize("folding", [(1, 1), (5, 7), (2, 3), (3, 2), (4, 7), (1, 5)], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_weights(shape: tuple[int, ...], folding: tuple[int, int], dtype: DType) -> None:
    """Word after word: the groups, the neurons PE at a time, tap by tap, the channels SIMD at a time."""
    found = unit(np.random.default_rng(5), shape, folding, dtype)
    (groups, mh, taps, channels), (pe, simd) = shape, folding
    fill = 1 if dtype == B else 0
    expected = []
    for group in range(groups):
        for nf in range(-(-mh // pe)):
            for tap in range(taps):
                for first in range(0, channels, simd):
                    bits: list[int] = []
                    for row in range(nf * pe, nf * pe + pe):
                        for column in range(first, first + simd):
                            inside = row < mh and column < channels
                            bits += code_bits(int(found.weights[group, row, tap, column]) if inside else fill, dtype)
                    expected.append(word(bits))
    assert numbers(found.layout.words(found.weights)) == expected
    rom = found.weight_rom
    assert (rom.depth, rom.width) == (len(expected), pe * simd * dtype.bits)
    assert found.slots == len(expected)


@pytest.mark.parametrize("dtype", [B, IntType(2, signed=True), IntType(5, signed=False)], ids=str)
@pytest.mark.parametrize("pe", [1, 2, 3, 5])
@pytest.mark.parametrize("taps", [1, 6, 9])
def test_taps(taps: int, pe: int, dtype: DType) -> None:
    """A word for every tap of the first PE channels, then of the next."""
    wide = IntType(20, signed=True)
    weights = codes_of(np.random.default_rng(taps), dtype, (5, taps))
    streams = Stream("x", B, taps * pe, pe, vectors=-(-5 // pe)), Stream("y", wide, 5, pe)
    found = DepthwiseUnit("conv0", "", *((each,) for each in streams), weights, dtype, wide, None)
    expected = []
    for first in range(0, 5, pe):
        for tap in range(taps):
            codes = [int(weights[c, tap]) if c < 5 else int(dtype == B) for c in range(first, first + pe)]
            expected.append(word([bit for code in codes for bit in code_bits(code, dtype)]))
    assert numbers(found.layout.words(found.weights)) == expected
    assert (found.weight_rom.depth, found.weight_rom.width) == (len(expected), pe * dtype.bits)


@pytest.mark.parametrize("lanes", [1, 2, 3, 5])
@pytest.mark.parametrize("levels", [1, 3, 7])
@pytest.mark.parametrize("low", [0, -20])
def test_thresholds(low: int, levels: int, lanes: int) -> None:
    rng = np.random.default_rng([levels, lanes])
    activation = Thresholding(np.sort(rng.integers(low, 20, (5, levels)), axis=1), rng.integers(0, 2, 5), 0, 1)
    expected, falls = [], []
    for start in range(0, 5, lanes):
        rows = [r if r < 5 else None for r in range(start, start + lanes)]
        cells = [int(activation.thresholds[r, i]) if r is not None else 0 for r in rows for i in range(levels)]
        expected.append(word([bit for cell in cells for bit in code_bits(cell, activation.type)]))
        falls.append(word([0 if r is None else int(activation.descending[r]) for r in rows]))
    assert numbers(threshold_words(activation, lanes, 5)) == expected
    assert numbers(descending_words(activation, lanes, 5)) == falls


@pytest.mark.parametrize("width", [1, 8, 31, 32, 33, 64, 70, 127])
def test_pieces_of_a_word(width: int) -> None:
    """Of 32 bits, the lowest first; the last one's spare bits are zero."""
    rng = np.random.default_rng(width)
    bits = rng.integers(0, 2, (5, width)).astype(np.uint8)
    pieces = to_pieces(np.packbits(bits, axis=1, bitorder="little"), width)
    assert pieces.dtype == np.uint32 and pieces.shape == (5, -(-width // 32))
    for row, found in zip(bits.tolist(), pieces.tolist(), strict=True):
        assert found == [word(row[start : start + 32]) for start in range(0, width, 32)]


def test_large_frames_are_packed_in_little_memory() -> None:
    """Codes of a megabyte in beats of three lanes: never more than their own size and a few blocks."""
    stream = Stream("image", IntType(8, signed=False), 3, 3, vectors=1 << 20)
    codes = np.arange(3 << 20, dtype=np.uint8)[None]
    tracemalloc.start()
    words = to_words(codes, stream)
    text = hex_text(words, stream.width)
    assert np.array_equal(from_words(words, stream), codes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 120 << 20  # bits of eight bytes each took 400 MB here
    assert text[:14] == "020100\n050403\n" and text.count("\n") == 1 << 20


@pytest.mark.parametrize("seed", range(12))
def test_bits_of_a_word_that_are_not_the_same_in_every_word(seed: int) -> None:
    """Counted on the first words alone only where all differ there: equal columns, groups and spare lanes are found."""
    rng = np.random.default_rng(seed)
    groups, mh, taps, channels = (int(rng.integers(1, most)) for most in (3, 40, 10, 12))
    dtype = (B, IntType(3, signed=True))[seed % 2]
    layout = WeightLayout(groups, mh, taps, channels, int(rng.integers(1, 5)), int(rng.integers(1, 5)), dtype)
    weights = rng.choice([-1, 1] if seed % 2 == 0 else range(-4, 4), (groups, mh, taps, channels))
    if seed % 3 == 0:
        weights[..., 0] = 1  # of the first channel
    bits = np.unpackbits(layout.words(weights), axis=1, bitorder="little", count=layout.pe * layout.simd * dtype.bits)
    assert layout.varying_bits(weights) == np.count_nonzero(bits.min(axis=0) != bits.max(axis=0))
