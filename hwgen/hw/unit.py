"""A hardware unit: the interface that designs, back ends and reports use.

Each kind is declared in a file of `hwgen.hw.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol, Self

from hwgen.hw.activation import Linear, Thresholding
from hwgen.hw.adders.pipeline import Pipeline
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Bits, Function, Parameters, Store
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Loop
from hwgen.hw.memory import Memory, MemoryPort
from hwgen.hw.packing import Bytes, WeightLayout
from hwgen.hw.pipeline import AdderLevels, PipelineRegisters
from hwgen.hw.schedule import Schedule
from hwgen.hw.stream import Stream
from hwgen.ir.types import DType, IntArray, IntType


class Weighted(Protocol):
    """The part of a unit that multiplies by weights: what timing, the address map and reports need of it.

    Attributes:
        simd: inputs that a lane takes in a slot; `sharing` lanes see the same ones.
        padded_bipolar: whether inputs may be padded taps, which add nothing.
        planes: factors of residual binary planes; `plane_folds` times they meet the same weights, one after another.
        fan_in: products of a sum, which take `sum_slots` slots.
        row_beats: beats of output that have thresholds of their own.
        layout: how the weights lie in their memory.
        writable: the least and the most that an input stands for, where weights and thresholds can be rewritten at run
            time; None where they are fixed.
    """

    @property
    def name(self) -> str: ...
    @property
    def input(self) -> Stream: ...
    @property
    def output(self) -> Stream: ...
    @property
    def weights(self) -> IntArray: ...
    @property
    def simd(self) -> int: ...
    @property
    def padded_bipolar(self) -> bool: ...
    @property
    def arithmetic(self) -> Arithmetic: ...
    @property
    def planes(self) -> tuple[int, ...]: ...
    @property
    def plane_folds(self) -> int: ...
    @property
    def beta_bits(self) -> int: ...
    @property
    def sum_slots(self) -> int: ...
    @property
    def sharing(self) -> int: ...
    @property
    def row_beats(self) -> int: ...
    @property
    def is_xnor(self) -> bool: ...
    @property
    def weight_type(self) -> DType: ...
    @property
    def sum_type(self) -> IntType: ...
    @property
    def activation(self) -> Thresholding | None: ...
    @property
    def accumulator(self) -> Linear: ...
    @property
    def fan_in(self) -> int: ...
    @property
    def layout(self) -> WeightLayout: ...
    @property
    def registers(self) -> PipelineRegisters: ...
    @property
    def adder_levels(self) -> AdderLevels: ...
    @property
    def writable(self) -> tuple[int, int] | None: ...
    @property
    def weight_rom(self) -> Memory: ...
    @property
    def threshold_rom(self) -> Memory | None: ...
    @property
    def vector_memory(self) -> Memory | None: ...


@dataclass(frozen=True)
class Buffer:
    """A FIFO of `size` beats, or a line buffer of `size` rows; a frame has `frame` of them."""

    size: int
    frame: int
    memory: Memory


@dataclass(frozen=True, eq=False)
class Unit:
    """One hardware unit: reads `inputs`, writes `outputs`, and says when (`schedule`).

    Attributes:
        name: unique in a design; that of its node, or `<node>_window` and the like around it.
        origin: the layer of the user's model.
        stem: of its files: `hwgen_<stem>.sv`, `<stem>.hpp`.
        is_uneven: whether it takes beats at an uneven rate, so that a short FIFO in front helps.
        parts: names of its C++ functions before the last.
        ports: prefixes of the module's input ports; with a single one, all inputs are concatenated there.
    """

    name: str
    origin: str
    inputs: tuple[Stream, ...]
    outputs: tuple[Stream, ...]

    stem: ClassVar[str]
    is_uneven: ClassVar[bool] = False
    parts: ClassVar[tuple[str, ...]] = ()
    ports: ClassVar[tuple[str, ...]] = ("s",)

    @property
    def input(self) -> Stream:
        """The first input; of a unit without any, its output."""
        return (*self.inputs, *self.outputs)[0]

    @property
    def output(self) -> Stream:
        """The first output."""
        return self.outputs[0]

    @property
    def is_adapter(self) -> bool:
        """Whether it is an adapter (FIFO, fork, width converter, window): computes no node of the network."""
        return False

    @property
    def held_bits(self) -> int:
        """Bits of the word that its C++ function puts beats of other lanes together in; 0 where it does not."""
        return 0

    @cached_property
    def widest_bits(self) -> int:
        """Bits of the widest word of its C++ functions that it does not read."""
        return max(self.inner_width, self.held_bits, *(stream.width for stream in self.outputs))

    # When it moves beats.

    @property
    def cycles(self) -> int:
        """Cycles of a frame without waiting."""
        raise NotImplementedError

    @cached_property
    def bound(self) -> int:
        """`cycles`, kept: a search asks for those of all units of many designs."""
        return self.cycles

    @property
    def schedule(self) -> Schedule:
        """When the RTL module moves beats."""
        raise NotImplementedError

    @property
    def loops(self) -> tuple[Loop, ...]:
        """When its C++ functions move beats: of a chain, each reads what the one before writes."""
        raise NotImplementedError

    @property
    def inner_width(self) -> int:
        """Bits of a beat of the streams inside a chain of functions; 0 where there is none."""
        return 0

    # How fast a clock may be.

    def path_ns(self, delays: Delays) -> float:
        """The longest path of its module; that of a unit with weights is `hwgen.hw.timing.period_ns`."""
        if self.lines is None:
            return delays.control
        read, counted = delays.word(self.lines) + 2 * delays.choice, delays.adder + 3 * delays.choice
        return max(delays.control, delays.register + max(read, counted))

    @property
    def pipelines(self) -> tuple[tuple[int, Self], ...]:
        """The unit with more pipeline registers, behind their number in a row; none where none help.

        Those of a unit with weights are `hwgen.hw.timing.registers_for`.
        """
        return ()

    # What back ends print.

    @property
    def module(self) -> str:
        """The module of the SystemVerilog library."""
        return f"hwgen_{self.stem}"

    @property
    def purpose(self) -> str:
        """What its module does, as a sentence."""
        return self.functions[-1].purpose

    @property
    def parameters(self) -> Parameters:
        """Of its module."""
        raise NotImplementedError

    @property
    def stores(self) -> tuple[Store, ...]:
        """Memories beside its module."""
        return ()

    @property
    def memory_port(self) -> MemoryPort | None:
        """The port through which its module reads an external memory; None where it reads none."""
        return None

    @property
    def image(self) -> Bytes:
        """What lies in its external memory, (words, bytes of a word)."""
        raise NotImplementedError

    @property
    def wired_luts(self) -> int | None:
        """The fewest LUTs that a layer of constants in its place may take; None where there can be none."""
        return None

    @property
    def without_line(self) -> Unit | None:
        """The unit with thresholds in place of the line that makes its codes; None where there is none to replace."""
        return None

    def uncoded(self, numbers: Stream) -> tuple[Unit, ...] | None:
        """The units that leave the numbers as they are whose codes it makes by thresholds that no host rewrites.

        One as fast that writes them to `numbers`, or none where they are its input; None where it makes no such codes.
        """
        return None

    @property
    def with_any_memory(self) -> tuple[Self, ...]:
        """The unit with its memories at each place where they may be better than by the rule; none for most."""
        return ()

    @property
    def constant_digits(self) -> int:
        """Digits of weights in one word that is never rewritten; 0 where there are none, or where they are wired."""
        return 0

    @property
    def wiring(self) -> Pipeline | None:
        """What is printed beside its module, from `x_o` to `codes_i`, where it is made for its very weights."""
        return None

    @property
    def ties(self) -> dict[str, Bits | bool]:
        """Constants on input ports, by name; a flag sets every bit. Other unconnected inputs are 0."""
        return {}

    @property
    def idle(self) -> dict[str, int]:
        """Bits of unconnected outputs, by the name of the port."""
        return {}

    @property
    def function(self) -> Function:
        """The unit's C++ function, where it has one."""
        raise NotImplementedError

    @property
    def functions(self) -> tuple[Function, ...]:
        """The chain of C++ functions: each reads what the one before writes."""
        return (self.function,)

    def write_bill(self, bill: Bill) -> None:
        """Add the logic, registers and memories of the RTL module."""
        raise NotImplementedError

    # What reports and the sizing of buffers ask.

    @property
    def label(self) -> str:
        """The kind of unit in reports; the last word is the stem of its files."""
        return self.stem

    @property
    def limit(self) -> str:
        """Why the fully unrolled unit is no faster."""
        return f"it moves {self.cycles:,} beats, one a cycle"

    @property
    def lanes(self) -> int:
        """PE: elements computed in a cycle."""
        return self.output.lanes

    @property
    def simd_lanes(self) -> int | None:
        """SIMD: inputs that every lane sees in a cycle; None where each lane has its own."""
        return None

    @property
    def fifo_depth(self) -> int | None:
        """Beats that a FIFO holds; None for any other unit."""
        return None

    @property
    def buffer(self) -> Buffer | None:
        """The FIFO or line buffer that is sized for the network; None in a unit without one."""
        return None

    def resized(self, size: int) -> Self:
        """The unit with a buffer of another size."""
        raise NotImplementedError

    def least_buffer(self, reader_cycles: int, interval: int = 0) -> int:
        """The smallest buffer with which the unit keeps up with a reader of so many cycles a frame."""
        return 1

    @property
    def lines(self) -> Memory | None:
        """The line buffer of a sliding window unit."""
        return None

    @property
    def weighted(self) -> Weighted | None:
        """The part that multiplies by weights."""
        return None

    @property
    def gate(self) -> Stream | None:
        """The codes that let vectors be dropped, where the unit's cycles depend on them."""
        return None

    @property
    def skip_cycles(self) -> int:
        """Of a vector whose gate is closed."""
        raise NotImplementedError

    def with_registers(self, registers: PipelineRegisters) -> Self:
        """The unit with other pipeline registers; only those with weights have any."""
        raise NotImplementedError

    has_arithmetics: ClassVar[bool] = False
    """Whether the same products may be made otherwise."""

    def with_arithmetic(self, arithmetic: Arithmetic) -> Self:
        """The unit with products made otherwise."""
        raise NotImplementedError

    def with_input(self, before: Stream, after: Stream) -> Self:
        """The unit, reading `after` in place of `before`."""
        inputs = tuple(after if stream.name == before.name else stream for stream in self.inputs)
        return replace(self, inputs=inputs) if inputs != self.inputs else self
