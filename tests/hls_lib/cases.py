"""One-unit designs with random contents, independent numpy references, and one g++ run for many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwgen.backends.external import callee, images
from hwgen.backends.hls import emit
from hwgen.backends.hls.emit import hex_text
from hwgen.hw import packing
from hwgen.hw.activation import Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design, single_input, single_output
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.packing import Bytes
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int
from hwgen.verify import builds, process
from hwgen.verify.headers import QUICK, headers_identity, identity, include_flags, precompiled
from hwgen.verify.sources import digest_of
from tests.wide_units import clipped, line

SEED = 20240611
FRAMES = 4
PART = "xc7z020clg400-1"


@dataclass(frozen=True, eq=False)
class Case:
    """A design, codes (frames, elements) to feed it and the codes that must come out."""

    design: Design
    inputs: IntArray
    expected: IntArray


def generator(*key: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *key])


def design_of(name: str, *units: Unit) -> Design:
    """Units in order; the first reads the chip's input and the last writes its output."""
    ends = (single_input(units[0].inputs[0]),), (single_output(units[-1].outputs[0]),)
    return Design(name, units, *ends, "0123abcd", PART, 100.0)


def random_codes(rng: np.random.Generator, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    """Random codes of `dtype`; the first row holds the smallest everywhere and the last the largest."""
    if isinstance(dtype, Bipolar):
        codes = rng.choice(np.array([-1, 1]), shape)
    else:
        codes = rng.integers(dtype.min, dtype.max, shape, endpoint=True)
    codes[0], codes[-1] = dtype.min, dtype.max
    return np.asarray(codes, dtype=np.int64)


def sum_range(weights: IntArray, dtype: DType) -> tuple[int, int]:
    """The range of weights @ x over all x of `dtype`, 0 included (a running sum starts there)."""
    ends = np.stack((weights * dtype.min, weights * dtype.max))
    return min(0, int(ends.min(axis=0).sum(axis=1).min())), max(0, int(ends.max(axis=0).sum(axis=1).max()))


def code_steps(output: DType) -> tuple[int, int, int]:
    """Levels, base and step of a quantiser that gives every code of `output`."""
    if isinstance(output, Bipolar):
        return 1, -1, 2
    return output.max - output.min, output.min, 1


def random_activation(
    rng: np.random.Generator,
    low: int,
    high: int,
    output: DType,
    channels: int,
    *,
    descending: bool,
    turning: bool = False,
) -> Thresholding:
    """Thresholds in [low, high + 1] and, if asked, a mix of channels that rise and fall, or random codes."""
    levels, base, step = code_steps(output)
    thresholds = np.sort(rng.integers(low, high + 1, (channels, levels), endpoint=True), axis=1)
    falls = rng.integers(0, 2, len(thresholds)) if descending else np.zeros(channels, dtype=np.int64)
    if not turning:
        return Thresholding(thresholds, falls, base, step)
    codes = random_codes(rng, output, (levels + 1,))
    return Thresholding(thresholds, falls, int(codes.min()), step, codes=codes)


def quantised(sums: IntArray, activation: Thresholding) -> IntArray:
    """base + step * n, or the code of n, element by element; or that of a line."""
    if activation.scaling is not None:
        return clipped(sums, activation)
    count = np.zeros_like(sums)
    for level in range(activation.thresholds.shape[1]):
        count += sums >= activation.thresholds[:, level]
    count = np.where(activation.descending == 1, activation.thresholds.shape[1] - count, count)
    line = np.asarray(activation.base + activation.step * count, dtype=np.int64)
    return np.asarray(activation.codes[count]) if activation.codes.size else line


def mvtu_case(
    name: str,
    shape: tuple[int, int],
    folding: tuple[int, int],
    dtypes: tuple[DType, DType, DType | None],
    *,
    descending: bool = False,
    turning: bool = False,
    shared: bool = False,
    vectors: int = 1,
    style: MemoryStyle | None = None,
    arithmetic: Arithmetic = Arithmetic.DIRECT,
    straight: bool = False,
) -> Case:
    """(MW, MH), (PE, SIMD) and the types of weights, inputs and codes (None: accumulators leave).

    `straight`: codes by a line, ties to even ones where `descending`.
    """
    (mw, mh), (pe, simd), (weight_type, in_type, code_type) = shape, folding, dtypes
    rng = generator(*name.encode())
    weights = random_codes(rng, weight_type, (mh, mw))
    inputs = random_codes(rng, in_type, (FRAMES * vectors, mw))
    accumulators = inputs @ weights.T
    xnor = isinstance(weight_type, Bipolar) and isinstance(in_type, Bipolar)
    low, high = (0, mw) if xnor else sum_range(weights, in_type)
    sums = (accumulators + mw) // 2 if xnor else accumulators
    activation, expected = None, accumulators
    out_type: DType = smallest_int(-mw, mw) if xnor else smallest_int(low, high)
    if code_type is not None:
        channels = 1 if shared else mh
        activation = random_activation(rng, low, high, code_type, channels, descending=descending, turning=turning)
        if straight:
            assert isinstance(code_type, IntType)
            activation = line(rng, smallest_int(low, high), code_type, channels, to_even=descending, shifted=descending)
        expected, out_type = quantised(sums, activation), code_type
    unit = MvtuUnit(
        "fc0",
        "layer 0",
        (Stream("x", in_type, mw, simd, vectors=vectors),),
        (Stream("fc0", out_type, mh, pe, vectors=vectors),),
        weights[None, :, None, :],
        weight_type,
        smallest_int(low, high),
        activation,
        simd,
        arithmetic=arithmetic,
        memory_style=style,
    )
    return Case(design_of(name, unit), inputs.reshape(FRAMES, -1), expected.reshape(FRAMES, -1))


def threshold_case(
    name: str,
    elements: int,
    lanes: int,
    dtypes: tuple[DType, DType],
    *,
    shared: bool,
    descending: bool = False,
    turning: bool = False,
    vectors: int = 1,
) -> Case:
    """A standalone threshold unit from one type to another."""
    in_type, out_type = dtypes
    rng = generator(*name.encode())
    channels = 1 if shared else elements
    ends = in_type.min, in_type.max
    activation = random_activation(rng, *ends, out_type, channels, descending=descending, turning=turning)
    inputs = random_codes(rng, in_type, (FRAMES * vectors, elements))
    source = Stream("x", in_type, elements, lanes, vectors=vectors)
    output = Stream("quant", out_type, elements, lanes, vectors=vectors)
    unit = ThresholdUnit("quant", "input quantiser", (source,), (output,), activation)
    expected = quantised(inputs, activation)
    return Case(design_of(name, unit), inputs.reshape(FRAMES, -1), expected.reshape(FRAMES, -1))


def argmax_case(name: str, elements: int, lanes: int, dtype: DType, vectors: int = 1) -> Case:
    """Scores from few values, so that there are ties."""
    rng = generator(*name.encode())
    inputs = random_codes(rng, dtype, (3 * FRAMES, vectors * elements))
    if not isinstance(dtype, Bipolar):
        inputs[FRAMES:-1] = np.clip(inputs[FRAMES:-1], max(dtype.min, -1), min(dtype.max, 1))
    expected = np.array([[list(row).index(max(row))] for row in inputs.tolist()])
    output = Stream("top", smallest_int(0, vectors * elements - 1), 1, 1)
    unit = ArgmaxUnit("top", "top-1", (Stream("x", dtype, elements, lanes, vectors=vectors),), (output,))
    return Case(design_of(name, unit), inputs, expected)


def width_case(name: str, elements: int, lanes: tuple[int, int], dtype: DType, vectors: int = 1) -> Case:
    """A width converter: what goes in comes out."""
    inputs = random_codes(generator(*name.encode()), dtype, (FRAMES, vectors * elements))
    names = ("x", "width")
    streams = (Stream(n, dtype, elements, count, vectors=vectors) for n, count in zip(names, lanes, strict=True))
    return Case(design_of(name, WidthUnit("width", "stream", *((each,) for each in streams))), inputs, inputs)


def fifo_case(name: str, elements: int, lanes: int) -> Case:
    """A FIFO alone, which needs a function of its own."""
    dtype = IntType(3, signed=True)
    inputs = random_codes(generator(*name.encode()), dtype, (FRAMES, elements))
    streams = Stream("x", dtype, elements, lanes), Stream("queue", dtype, elements, lanes)
    return Case(design_of(name, FifoUnit("queue", "stream", *((each,) for each in streams), depth=8)), inputs, inputs)


def with_tlast(case: Case) -> Case:
    """The same with ports that carry TLAST."""
    return replace(case, design=replace(case.design, tlast=True))


def with_garbage(words: Bytes, stream: Stream) -> Bytes:
    """`words` with every bit of the spare lanes of each vector's last beat set."""
    bits = np.unpackbits(words, axis=1, bitorder="little", count=stream.width)
    bits[stream.vector_beats - 1 :: stream.vector_beats, stream.last_lanes * stream.dtype.bits :] = 1
    return np.packbits(bits, axis=1, bitorder="little")


def write_project(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run_cases(
    cases: list[Case], work: Path, mutations: Mapping[str, tuple[str, str]] | None = None, *, synthesis: bool = False
) -> list[str]:
    """Simulate all cases with one compiler run; the names of those that give a wrong beat.

    `mutations`: by library header, what stands there once and what to write instead. `synthesis`: whether sources are
    as Vitis synthesises them; the headers of others are as ever, as those have builtins of their own then.
    """
    sources, calls = [f'#include "{cases[0].design.name}/tb/testbench.hpp"'], []
    if synthesis:
        sources.append("#define __SYNTHESIS__")
    for case in cases:
        design = case.design
        files = emit(design)
        for header, (right, wrong) in (mutations or {}).items():
            name = f"src/lib/{header}.hpp"
            if name in files:
                assert files[name].count(right) == 1, (header, right)
                files[name] = files[name].replace(right, wrong)
        write_project(files, work / design.name)
        words = with_garbage(packing.to_words(case.inputs, design.input), design.input)
        (work / f"{design.name}.in").write_text(hex_text(words, design.input.width))
        sources += [
            f'#include "{design.name}/{name}"' for name in files if name.startswith("src/") and name.endswith(".cpp")
        ]
        beats = f"{design.input.beats}, {design.output.beats}"
        paths = f'{{"{design.name}.in", "-", "{design.name}.out"}}'
        if design.memory_ports:
            sources.append(f'#include "{design.name}/tb/{design.name}_memories.hpp"')
        for name, text in images(design).items():  # a bench looks where it runs; no two cases have a layer of one name
            assert not (work / name).exists()
            (work / name).write_text(text)
        calls.append(f"  failures += hwgen::run_frames({callee(design)}, {beats}, {paths});")
    body = "\n".join(("int main() {", "  int failures = 0;", *calls, "  return failures;", "}"))
    (work / "all.cpp").write_text("\n".join((*sources, body, "")))
    compiled(work)
    process.run([work / "all"], cwd=work, log=work / "run.log", timeout_s=300)
    return [case.design.name for case in cases if not _right(case, work)]


def compiled(work: Path) -> None:
    """The program `all` of `all.cpp` in `work`, which no compiler warns of; the same sources are compiled once."""
    warnings = ["-Wall", "-Werror", "-Wno-unknown-pragmas", "-Wno-unused-label", "-Wno-uninitialized"]
    flags = ["-std=c++14", *QUICK, *map(str, include_flags()), *warnings, "-Wno-maybe-uninitialized"]
    sources = sorted(str(path.relative_to(work)) for path in work.rglob("*.[ch]pp"))
    key = digest_of(work, sources, flags, headers_identity(), identity(process.find_tool("g++", "")))
    if builds.take(key, work):
        return
    command: list[str | Path] = ["g++", *flags, "all.cpp", "-o", "all"]
    if header := precompiled():
        command += ["-include", header]
    process.run(command, cwd=work, log=work / "build.log", timeout_s=900)
    builds.keep(key, work, ["all"])


def _right(case: Case, work: Path) -> bool:
    """Every beat as packed from the expected codes: spare lanes are zero."""
    output = case.design.output
    found = packing.from_hex((work / f"{case.design.name}.out").read_text().split(), output.width)
    return np.array_equal(found, packing.to_words(case.expected, output))
