"""What a unit declares for both back ends: parameters, memories, and its C++ function.

The values are independent of the language: `hwgen.backends.rtl` and `hwgen.backends.hls` print them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from hwgen.hw.memory import Memory
from hwgen.hw.packing import Bytes, lanes_of_limb
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray


@dataclass(frozen=True, eq=False)
class Bits:
    """A string of bits (n,), the least significant first, `times` over."""

    bits: Bytes
    times: int = 1

    @classmethod
    def of(cls, number: int, width: int) -> Bits:
        """The `width` lowest bits of a number."""
        return cls(np.array([number >> place & 1 for place in range(width)], dtype=np.uint8))


@dataclass(frozen=True)
class Packed:
    """Numbers of `bits` bits each, side by side, the first the least significant."""

    values: tuple[int, ...]
    bits: int


Value = bool | int | str | Bits | Packed
Parameters = Mapping[str, Value]
"""Of a module, by name, in the order in which they are printed."""


def beats(stream: Stream) -> Parameters:
    """How the vectors of `stream` are cut into beats."""
    return {"Lanes": stream.lanes, "Beats": stream.vector_beats, "LastLanes": stream.last_lanes}


def code(prefix: str, dtype: DType) -> Parameters:
    """A number type; a bipolar one is signed."""
    bipolar = isinstance(dtype, Bipolar)
    return {f"{prefix}Bits": dtype.bits, f"{prefix}Signed": dtype.signed, f"{prefix}Bipolar": bipolar}


class Access(Enum):
    """Who writes a memory."""

    FIXED = "fixed"
    HOST = "host"


@dataclass(frozen=True, eq=False)
class Store:
    """A memory beside a unit, which answers an address one cycle later.

    Attributes:
        port: what it drives, `<port>_i` of the module.
        address: what addresses it, `<address>_o` of the module.
        contents: makes its words, a row of bytes each.
        lane: which part of its ports it has, the lowest first, where each lane reads a memory of its own.
    """

    port: str
    address: str
    memory: Memory
    contents: Callable[[], Bytes]
    access: Access = Access.FIXED
    lane: int | None = None

    @property
    def word(self) -> str:
        """What its word is called."""
        return self._named(self.port)

    @property
    def place(self) -> str:
        """What its address is called."""
        return self._named(self.address)

    def _named(self, name: str) -> str:
        return name if self.lane is None else f"{name}_{self.lane}"


def memory_signals(stores: Iterable[Store]) -> dict[str, list[str]]:
    """The signals of memories, by the port of the module that they go to, those of the first lane first.

    Several memories may be read at one address.
    """
    found: dict[str, dict[str, None]] = {}
    for store in stores:
        found.setdefault(f"{store.port}_i", {})[store.word] = None
        found.setdefault(f"{store.address}_o", {})[store.place] = None
    return {port: list(names) for port, names in found.items()}


@dataclass(frozen=True)
class Size:
    """A constant of a C++ function."""

    name: str
    value: int
    meaning: str
    signed: bool = False


@dataclass(frozen=True)
class Template:
    """A type made by a C++ template of the library from constants, types and numbers."""

    name: str
    arguments: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Type:
    """A C++ type with a name of its own."""

    name: str
    type: DType | Template


@dataclass(frozen=True)
class Array:
    """An array of a function: `extents` words of the type `word`; a register without `memory`.

    What the first extent counts are the words of the memory, the others what is read of one at once.
    """

    word: str
    name: str
    extents: tuple[str, ...]
    memory: Memory | None


WIDEST_WORD = 1 << 16
"""Bits of the widest word that Vitis HLS makes by `array_reshape` (its message XFORM 203-133)."""


@dataclass(frozen=True, eq=False)
class Table:
    """Constants that a function reads a row at a time.

    Attributes:
        values: (rows, ...) numbers or flags (dtype bool), what a row holds being read at once.
        bits: of the C++ type of a number, its sign among them.
        memory: where the rows live; None where they are part of the logic.
    """

    name: str
    meaning: str
    values: IntArray
    bits: int
    memory: Memory | None

    @property
    def depth(self) -> int:
        """Rows."""
        return len(self.values)

    @property
    def word_bits(self) -> int:
        """Bits of a row."""
        bits = 1 if self.values.dtype == bool else self.bits
        return bits * math.prod(self.values.shape[1:])

    @property
    def memories(self) -> int:
        """In how many memories, side by side, a row lies: one, unless it is too wide for that."""
        return 1 if self.word_bits <= WIDEST_WORD else math.prod(self.values.shape[1:])

    @classmethod
    def flags(cls, name: str, meaning: str, values: IntArray, lanes: int) -> Table:
        """A flag for each channel, a row a beat of `lanes`; one for all where `values` has but one."""
        return cls(name, meaning, by_beat(values, lanes).astype(bool), 1, _by_rule(values, lanes, 1))

    @classmethod
    def numbers(cls, name: str, meaning: str, values: IntArray, lanes: int, dtype: DType) -> Table:
        """A code of `dtype` for each channel, a row a beat of `lanes`; one for all where they are the same."""
        shown = values[:1] if np.all(values == values[0]) else values
        memory = _by_rule(shown, lanes, dtype.bits)
        return cls(name, meaning, by_beat(shown, lanes), dtype.bits + (not dtype.signed), memory)


@dataclass(frozen=True, eq=False)
class WordTable:
    """Weights: words of `rows` times `lanes` codes of `bits` bits, all of them read at once.

    Attributes:
        cut: whether the rows of a word are apart.
    """

    name: str
    meaning: str
    words: Bytes
    rows: int
    lanes: int
    bits: int
    memory: Memory
    cut: bool = True

    @property
    def depth(self) -> int:
        """Words."""
        return len(self.words)

    @property
    def word_bits(self) -> int:
        """Bits of a word in C++, whose limbs have as many codes each."""
        return self._limbs * lanes_of_limb(self.lanes, self.bits) * self.bits

    @property
    def memories(self) -> int:
        """In how many memories, side by side, a word lies: one, unless it is too wide for that."""
        return 1 if self.word_bits <= WIDEST_WORD else self._limbs

    @property
    def _limbs(self) -> int:
        return self.rows * ceil_div(self.lanes, lanes_of_limb(self.lanes, self.bits))


def by_beat(values: IntArray, lanes: int) -> IntArray:
    """A value for each channel as (beats, lanes), spare lanes 0; a single one as (1, 1)."""
    if len(values) == 1:
        return values.reshape(1, 1)
    rows = np.zeros((-(-len(values) // lanes), lanes), dtype=np.int64)
    rows.reshape(-1)[: len(values)] = values
    return rows


def _by_rule(values: IntArray, lanes: int, bits: int) -> Memory:
    """The memory of a value of `bits` bits a lane for each beat, in the default style."""
    rows = by_beat(values, lanes)
    return Memory("rows", rows.shape[0], rows.shape[1] * bits)


@dataclass(frozen=True)
class Beat:
    """A beat of a port that carries TLAST: as many bits of data, whole bytes, as a size says."""

    bits: str


@dataclass(frozen=True, eq=False)
class Function:
    """A C++ function of a unit: a call of a template of the library.

    Attributes:
        purpose: one sentence.
        arguments: of the template, in order: names of sizes and types.
        inputs: bits of a word of each input, or the beat of a port; `output` of each output, all alike.
        arrays, tables: further operands of the call, in this order.
        output_first: whether the call takes its output before any number of inputs.
        template: its name, that of the unit's stem where empty.
        memory: the port of the external memory whose words it takes before all else; empty where there is none.
        printed: the types among its arguments that are printed for this very unit.
    """

    purpose: str
    sizes: tuple[Size, ...]
    types: tuple[Type, ...]
    arguments: tuple[str, ...]
    inputs: tuple[str | Beat, ...]
    output: str | Beat
    arrays: tuple[Array, ...] = ()
    tables: tuple[Table | WordTable, ...] = ()
    output_first: bool = False
    template: str = ""
    printed: tuple[str, ...] = ()
    memory: str = ""


def vectors(stream: Stream) -> tuple[Size, ...]:
    """The sizes of a unit that takes a frame's vectors beat by beat."""
    return (
        Size("VECTORS", stream.vectors, "of a frame"),
        Size("ELEMENTS", stream.elements, "of a vector"),
        Size("LANES", stream.lanes, "elements a cycle"),
    )


def word(dtype: str, lanes: str = "") -> str:
    """Bits of a word of `lanes` codes, by the names of a size and a type; of one code without `lanes`."""
    return f"{lanes} * {dtype}::BITS" if lanes else f"{dtype}::BITS"
