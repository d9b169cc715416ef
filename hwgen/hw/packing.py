"""Bit and lane order, in one place.

A beat, a weight word and a threshold word are little-endian bit strings: lane 0 (and PE 0, SIMD lane 0, level 0) is
the least significant. As files they are hexadecimal lines, most significant digit first. Bipolar +1 is bit 1;
integers are two's complement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hwgen.hw.activation import Thresholding
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray

Bytes = npt.NDArray[np.uint8]

_BITS_AT_ONCE = 1 << 22

_TELLING = 64
"""Words of random weights of which hardly a bit is the same in all."""

DIGIT = "#"
"""Where a digit will stand in a text."""

_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def to_bits(codes: npt.NDArray[np.integer], dtype: DType) -> Bytes:
    """Codes (..., n) as bits (..., n * dtype.bits), each code least significant bit first."""
    if isinstance(dtype, Bipolar):
        return (codes > 0).astype(np.uint8)
    bits = np.empty((*codes.shape, dtype.bits), dtype=np.uint8)
    for place in range(
        dtype.bits
    ):  # a bit of all codes at once: eight bytes for each would be 64 times the packed size
        bits[..., place] = (codes >> codes.dtype.type(place)) & codes.dtype.type(1)
    return bits.reshape(*codes.shape[:-1], codes.shape[-1] * dtype.bits)


def from_bits(bits: Bytes, dtype: DType) -> IntArray:
    """The inverse of `to_bits`."""
    if isinstance(dtype, Bipolar):
        return bits.astype(np.int64) * 2 - 1
    grouped = bits.reshape(*bits.shape[:-1], bits.shape[-1] // dtype.bits, dtype.bits)
    codes = np.zeros(grouped.shape[:-1], dtype=np.int64)
    for place in range(dtype.bits):
        weight = -(1 << place) if dtype.signed and place == dtype.bits - 1 else 1 << place
        codes += grouped[..., place].astype(np.int64) * weight
    return codes


def to_words(codes: npt.NDArray[np.integer], stream: Stream) -> Bytes:
    """Frames of codes (frames, codes of a frame) as beats (frames * beats, bytes of a beat), spare lanes zero."""
    flat = codes.reshape(codes.shape[0] * stream.vectors, stream.elements)
    words = np.empty((len(flat) * stream.vector_beats, ceil_div(stream.width, 8)), dtype=np.uint8)
    for part in _blocks(len(flat), stream):
        bits = to_bits(flat[part], stream.dtype)
        padded = np.zeros((len(bits), stream.vector_beats * stream.width), dtype=np.uint8)
        padded[:, : bits.shape[1]] = bits
        beats = slice(part.start * stream.vector_beats, part.stop * stream.vector_beats)
        words[beats] = np.packbits(padded.reshape(-1, stream.width), axis=1, bitorder="little")
    return words


def _blocks(vectors: int, stream: Stream) -> Iterator[slice]:
    """The vectors in blocks of at most `_BITS_AT_ONCE` bits: while a block is packed, each bit takes a byte."""
    size = max(1, _BITS_AT_ONCE // (stream.vector_beats * stream.width))
    for start in range(0, vectors, size):
        yield slice(start, min(start + size, vectors))


def from_words(words: Bytes, stream: Stream) -> IntArray:
    """Beats (frames * beats, bytes) to codes (frames, codes of a frame); spare lanes and a cut frame are dropped."""
    frames = words.shape[0] // stream.beats
    codes = np.empty((frames * stream.vectors, stream.elements), dtype=np.int64)
    for part in _blocks(len(codes), stream):
        beats = words[part.start * stream.vector_beats : part.stop * stream.vector_beats]
        bits = np.unpackbits(beats, axis=1, bitorder="little", count=stream.width)
        per_vector = bits.reshape(-1, stream.vector_beats * stream.width)
        codes[part] = from_bits(per_vector[:, : stream.elements * stream.dtype.bits], stream.dtype)
    return codes.reshape(frames, stream.size)


def to_hex(words: Bytes, width: int) -> list[str]:
    """One hexadecimal line a word, ceil(width / 4) digits."""
    return hex_text(words, width).split()


def hex_text(words: Bytes, width: int) -> str:
    """The lines of `to_hex` as one text, each with its line feed."""
    digits = ceil_div(width, 4)
    nibbles = np.stack((words & 15, words >> 4), axis=-1).reshape(words.shape[0], 2 * words.shape[1])
    text = np.full((words.shape[0], digits + 1), ord("\n"), dtype=np.uint8)
    text[:, :digits] = _HEX_DIGITS[nibbles[:, digits - 1 :: -1]]
    return text.tobytes().decode()


def filled(text: str, numbers: npt.NDArray[np.uint64], bits: int) -> str:
    """`text` once for each row of `numbers` (rows, ...), with their digits, of `bits` bits, where it has a `DIGIT`."""
    row, size = np.frombuffer(text.encode("ascii"), dtype=np.uint8), numbers.size
    data = np.ascontiguousarray(numbers, dtype="<u8").view(np.uint8).reshape(size, 8)[:, : ceil_div(bits, 8)]
    digits = np.frombuffer(hex_text(data, bits).encode("ascii"), dtype=np.uint8).reshape(size, -1)[:, :-1]
    rows = np.tile(row, (len(numbers), 1))
    rows[:, np.flatnonzero(row == ord(DIGIT))] = digits.reshape(len(numbers), -1)
    return rows.tobytes().decode("ascii")


def from_hex(lines: list[str], width: int) -> Bytes:
    """The inverse of `to_hex`; ValueError where a line is not hexadecimal (an X or Z from a simulator)."""
    size = ceil_div(width, 8)
    data = bytes.fromhex("".join(line.rjust(2 * size, "0") for line in lines))
    return np.ascontiguousarray(np.frombuffer(data, dtype=np.uint8).reshape(len(lines), size)[:, ::-1])


LIMB_BITS = 64
"""Bits of the integers that C++ computes on."""


def lanes_of_limb(lanes: int, bits: int) -> int:
    """Lanes of `bits` bits in a limb, where as few limbs as hold all of them have as many each (`lanes.hpp`)."""
    return ceil_div(lanes, ceil_div(lanes, LIMB_BITS // bits))


def limbs_of(words: Bytes, rows: int, lanes: int, bits: int) -> npt.NDArray[np.uint64]:
    """Words of `rows` times `lanes` codes of `bits` bits as (words, rows, limbs)."""
    per_limb = lanes_of_limb(lanes, bits)
    limbs, depth = ceil_div(lanes, per_limb), len(words)
    codes = np.unpackbits(words, axis=1, bitorder="little", count=rows * lanes * bits)
    padded = np.zeros((depth, rows, limbs * per_limb, bits), dtype=np.uint8)
    padded[:, :, :lanes] = codes.reshape(depth, rows, lanes, bits)
    cut = np.zeros((depth, rows, limbs, LIMB_BITS), dtype=np.uint8)
    cut[..., : per_limb * bits] = padded.reshape(depth, rows, limbs, per_limb * bits)
    packed = np.packbits(cut, axis=-1, bitorder="little")
    return packed.view("<u8").reshape(depth, rows, limbs).astype(np.uint64)


@dataclass(frozen=True)
class WeightLayout:
    """How the weights (groups, MH, taps, channels) of a unit lie in its memory; a depthwise unit has one channel."""

    groups: int
    mh: int
    taps: int
    channels: int
    pe: int
    simd: int
    dtype: DType

    def words(self, weights: IntArray) -> Bytes:
        """The memory: word (g*NF + nf)*SF + tap*T + t, PE p, lane s is weights[g, nf*PE+p, tap, t*SIMD+s].

        `weights` may have any shape of as many codes. T is the beats of a tap. Places past MH or the last channel hold
        zero codes (bipolar: +1); the unit masks the lanes that meet them.
        """
        neuron_folds, tap_beats = ceil_div(self.mh, self.pe), ceil_div(self.channels, self.simd)
        fill = 1 if isinstance(self.dtype, Bipolar) else 0
        shape = self.groups, neuron_folds * self.pe, self.taps, tap_beats * self.simd
        padded = np.full(shape, fill, dtype=weights.dtype if weights.dtype.kind == "i" else np.int64)
        padded[:, : self.mh, :, : self.channels] = weights.reshape(self.groups, self.mh, self.taps, self.channels)
        cut = padded.reshape(self.groups, neuron_folds, self.pe, self.taps, tap_beats, self.simd)
        folded = cut.transpose(0, 1, 3, 4, 2, 5).reshape(-1, self.pe * self.simd)
        return np.packbits(to_bits(folded, self.dtype), axis=1, bitorder="little")

    def varying_bits(self, weights: IntArray) -> int:
        """Bits of a word that are not the same in every word; of a large memory often all, as its first words show."""
        width, shaped = self.pe * self.simd * self.dtype.bits, weights.reshape(self.groups, self.mh, -1)
        folds = ceil_div(_TELLING, self.taps * ceil_div(self.channels, self.simd))
        for mh in sorted({min(folds * self.pe, self.mh), self.mh}):
            found = int(varying(replace(self, mh=mh).words(shaped[:, :mh]), width).sum())
            if found == width:
                break
        return found


def varying(words: Bytes, width: int) -> npt.NDArray[np.bool_]:
    """Of each bit of words whether it is not the same in all of them."""
    differ = np.bitwise_or.reduce(words ^ words[:1], axis=0)
    return np.unpackbits(differ, bitorder="little", count=width).astype(np.bool_)


def packed_tightly(words: Bytes, bits: int, width: int) -> Bytes:
    """The `bits` lowest bits of each word, one behind the other, as words of `width` bits; those left over are zero."""
    rows = np.unpackbits(words, axis=1, bitorder="little", count=bits).reshape(-1)
    padded = np.zeros(ceil_div(rows.size, width) * width, dtype=np.uint8)
    padded[: rows.size] = rows
    return np.packbits(padded.reshape(-1, width), axis=1, bitorder="little")


def to_pieces(words: Bytes, width: int) -> npt.NDArray[np.uint32]:
    """Words of a memory as the pieces of 32 bits (words, pieces) that a bus writes, the lowest bits first."""
    pieces = ceil_div(width, 32)
    padded = np.zeros((len(words), 4 * pieces), dtype=np.uint8)
    padded[:, : words.shape[1]] = words
    return padded.view("<u4").astype(np.uint32)


def threshold_words(activation: Thresholding, lanes: int, elements: int) -> Bytes:
    """The threshold memory, one word per beat: lane p, level l of word b is thresholds[b*lanes+p, l]."""
    beats = ceil_div(elements, lanes)
    padded = np.zeros((beats * lanes, activation.levels), dtype=np.int64)
    padded[:elements] = activation.thresholds
    bits = to_bits(padded.reshape(beats, lanes * activation.levels), activation.type)
    return np.packbits(bits, axis=1, bitorder="little")


def descending_words(activation: Thresholding, lanes: int, elements: int) -> Bytes:
    """One bit per lane and beat: 1 where the channel's codes fall as its accumulator rises."""
    beats = ceil_div(elements, lanes)
    padded = np.zeros(beats * lanes, dtype=np.uint8)
    padded[:elements] = activation.descending
    return np.packbits(padded.reshape(beats, lanes), axis=1, bitorder="little")
