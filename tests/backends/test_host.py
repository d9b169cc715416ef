"""The C header packs, unpacks and ranks as the Python driver does; the bare-metal example talks to a DMA."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends import host
from hwgen.hw.packing import Bytes
from hwgen.hw.ports import ChipPort, PortMap, parse_port_map, port_map_of
from hwgen.hw.stream import Stream
from hwgen.ir.ending import Ending, EndKind
from hwgen.ir.graph import Affine
from hwgen.ir.order import Order
from hwgen.ir.types import IntArray, IntType, TensorType, parse_dtype
from hwgen.verify.vectors import random_codes
from tests.builders import codes_of, random_network

FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1")

PROGRAM = """
#include <stdio.h>
#include "dut.h"
int main(void) {
  static dut_input_t codes[DUT_INPUT_SIZE];
  static dut_output_t found[DUT_OUTPUT_SIZE];
  static uint8_t sent[DUT_INPUT_FRAME_BYTES], answer[DUT_OUTPUT_FRAME_BYTES];
  for (;;) {
    long long code;
    unsigned byte;
    for (unsigned i = 0; i < DUT_INPUT_SIZE; ++i) {
      if (scanf("%lld", &code) != 1) return 0;
      codes[i] = (dut_input_t)code;
    }
    for (unsigned i = 0; i < DUT_OUTPUT_FRAME_BYTES; ++i) {
      if (scanf("%x", &byte) != 1) return 1;
      answer[i] = (uint8_t)byte;
    }
    dut_pack(codes, sent);
    dut_unpack(answer, found);
    for (unsigned i = 0; i < DUT_INPUT_FRAME_BYTES; ++i) printf("%02x", sent[i]);
    for (unsigned i = 0; i < DUT_OUTPUT_SIZE; ++i) printf(" %lld %.17g", (long long)found[i], dut_score(found[i], i));
    printf(" %u\\n", dut_class(found));
  }
}
"""


def port(kind: str, shape: tuple[int, ...], lanes: int, affine: Affine | None = None) -> ChipPort:
    dtype = parse_dtype(kind)
    vectors = int(np.prod(shape[:-1]))
    stream = Stream("s", dtype, shape[-1], lanes, vectors=vectors)
    return ChipPort(TensorType(shape, dtype), stream, affine or Affine())


def ports_of(source: ChipPort, sink: ChipPort) -> PortMap:
    return PortMap("dut", "0123456789ab", 100.0, (source,), (sink,))


def built(folder: Path, ports: PortMap, source: str, *flags: str) -> Path:
    """The program of `source` beside the emitted files."""
    for name, text in {**host.emit(ports), "test.c": PROGRAM}.items():
        (folder / name).write_text(text)
    command = ["gcc", *FLAGS, *flags, source, "-o", "program"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "program"


def sent(end: ChipPort, codes: IntArray) -> Bytes:
    """Frames of codes as a DMA carries them."""
    return end.to_bus(end.pack(codes))


CASES = [
    (("bipolar", (13,), 5), ("int12", (10,), 1)),
    (("uint8", (3, 4, 3), 3), ("int16", (7,), 7)),
    (("int3", (2, 5), 4), ("uint5", (6,), 4)),
    (("uint1", (9,), 9), ("bipolar", (11,), 3)),
    (("int8", (5,), 2), ("int33", (3,), 2)),
    (("uint16", (7,), 3), ("int2", (1,), 1)),
]


@pytest.mark.parametrize(("source", "sink"), CASES, ids=lambda case: case[0])
def test_the_header_packs_as_the_driver(tmp_path: Path, source, sink) -> None:
    rng = np.random.default_rng(len(source[0]))
    channels = sink[1][-1]
    affine = Affine(rng.uniform(-1, 2, channels), rng.normal(size=channels))
    ports = ports_of(port(*source), port(*sink, affine))
    program = built(tmp_path, ports, "test.c")
    x, y = random_codes(ports.inputs[0], 25, seed=1), codes_of(rng, ports.sink.type.dtype, (25, *sink[1]))
    frames, answers = (sent(end, codes).reshape(25, -1) for end, codes in ((ports.source, x), (ports.sink, y)))
    lines = [
        " ".join([*map(str, codes.ravel()), *(f"{b:x}" for b in answer)])
        for codes, answer in zip(x, answers, strict=True)
    ]
    done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    found = [line.split() for line in done.stdout.splitlines()]
    assert [each[0] for each in found] == [frame.tobytes().hex() for frame in frames]
    assert [list(map(int, each[1:-1:2])) for each in found] == y.reshape(25, -1).tolist()
    scores = y * affine.scale + affine.offset
    np.testing.assert_allclose([list(map(float, each[2:-1:2])) for each in found], scores, rtol=1e-15)
    best = scores.argmax(axis=1) if channels > 1 else scores[:, 0] > 0
    assert [int(each[-1]) for each in found] == best.astype(int).tolist()


ORDERS = {
    "strides": Order((2, 3, 4), np.arange(24).reshape(3, 4, 2).transpose(2, 0, 1)),
    "table": Order((24,), np.random.default_rng(5).permutation(24)),
    "in place": Order((24,), np.arange(24)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_header_numbers_as_the_model(tmp_path: Path, name: str) -> None:
    """Codes, scores (scales and offsets with their channels) and the class, equal scores to the model's lower one."""
    rng, order = np.random.default_rng(0), ORDERS[name]
    affine = Affine(np.array([0.5, 1.0]), np.array([0.0, -1.0]))
    sink = port("int4", (3, 4, 2), 1, affine)
    ports = ports_of(port("bipolar", (3,), 3), replace(sink, order=order))
    program, y = built(tmp_path, ports, "test.c"), rng.integers(-2, 3, (40, 3, 4, 2))
    lines = [f"1 1 1 {' '.join(f'{b:x}' for b in answer)}" for answer in sent(sink, y).reshape(40, -1)]
    done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    found = np.array([line.split()[1:] for line in done.stdout.splitlines()], dtype=float)
    np.testing.assert_array_equal(found[:, 0:-1:2], y.reshape(40, 24)[:, order.places])
    scores = (y * affine.scale + affine.offset).reshape(40, 24)[:, order.places]
    np.testing.assert_array_equal(found[:, 1:-1:2], scores)
    np.testing.assert_array_equal(found[:, -1], scores.argmax(axis=1))
    header = (tmp_path / "dut.h").read_text()
    assert ("places[]" in header) == (name == "table")
    shape = " x ".join(map(str, order.shape))
    assert f"Where element `index` of the network's output ({shape}, the last axis fastest) lies" in header


@pytest.mark.parametrize(("ranking", "classes"), [(None, [0, 0, 1]), ((), [0, 0, 0])])
def test_a_single_score_in_the_header(tmp_path: Path, ranking, classes: list[int]) -> None:
    """Positive is class 1, 0 is not; a network that ranks its only class itself says class 0."""
    ends = port("bipolar", (3,), 3), port("int3", (1,), 1)
    program = built(tmp_path, ports_of(ends[0], replace(ends[1], ranking=ranking)), "test.c")
    lines = "\n".join(f"1 1 1 {code % 8:x}" for code in (-1, 0, 1))
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    assert [int(line.split()[-1]) for line in done.stdout.splitlines()] == classes


@pytest.mark.parametrize("kind", [EndKind.RELU, EndKind.SOFTMAX])
def test_a_function_at_the_end_in_the_header(tmp_path: Path, kind: EndKind) -> None:
    """A ReLU is part of the scores, of equal ones the first is the class; a softmax is said, and keeps the class."""
    ends = port("bipolar", (3,), 3), port("int3", (3,), 3, Affine(np.asarray(0.5), ending=Ending(kind)))
    ports = ports_of(*ends)
    program, y = built(tmp_path, ports, "test.c"), np.array([[-3, -2, -1], [-1, 3, 2]])
    lines = [f"1 1 1 {' '.join(f'{b:x}' for b in answer)}" for answer in sent(ports.sink, y).reshape(2, -1)]
    done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    found = np.array([line.split()[1:] for line in done.stdout.splitlines()], dtype=float)
    np.testing.assert_array_equal(found[:, 1:-1:2], ports.sink.reading.scores(y))
    assert found[:, -1].tolist() == ports.sink.reading.classes(y).tolist() == [0 if kind is EndKind.RELU else 2, 1]
    said = {EndKind.RELU: "with the ReLU at the network's end", EndKind.SOFTMAX: "before the softmax at its end"}
    assert said[kind] in (tmp_path / "dut.h").read_text()
    assert parse_port_map(json.dumps(ports.to_json()), "ports.json").sink.affine == ports.sink.affine


DMA = """
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
static uint32_t dma_registers[24];
static const uint8_t dma_expected[] = {EXPECTED}, dma_answer[] = {ANSWER};
/* Both channels run; an answer comes once there is memory for it and the very bytes of the frame went out. */
static void dma_write(uint32_t offset, uint32_t value) {
  uint64_t from, to;
  dma_registers[offset / 4] = value;
  if (offset != 0x28) return;
  if (!(dma_registers[0] & 1) || !(dma_registers[12] & 1)) abort();
  if (value != sizeof dma_expected || dma_registers[22] != sizeof dma_answer) abort();
  from = dma_registers[6] | (uint64_t)dma_registers[7] << 32;
  to = dma_registers[18] | (uint64_t)dma_registers[19] << 32;
  if (memcmp((const void *)(uintptr_t)from, dma_expected, value)) abort();
  memcpy((void *)(uintptr_t)to, dma_answer, sizeof dma_answer);
  dma_registers[1] = dma_registers[13] = STATUS_BITS;
}
#define DMA_WRITE(offset, value) dma_write(offset, value)
#define DMA_READ(offset) dma_registers[(offset) / 4]
"""


@pytest.mark.parametrize(("status", "ranked", "code"), [("2", False, 3), ("2", True, 6), ("0x10", False, 255)])
def test_the_example_on_a_dma(tmp_path: Path, status: str, ranked: bool, code: int) -> None:
    ports = ports_of(port("int3", (10,), 4), replace(port("uint4", (5,), 2), ranked=ranked))
    answer = np.array([[6, 1, 2, 9, 9]])
    bytes_of = lambda end, codes: ", ".join(map(str, sent(end, codes).tolist()))  # noqa: E731
    text = DMA.replace("EXPECTED", bytes_of(ports.source, np.ones((1, 10), int)))
    text = text.replace("ANSWER", bytes_of(ports.sink, answer)).replace("STATUS_BITS", status)
    (tmp_path / "dma.h").write_text(text)
    program = built(tmp_path, ports, "dut_main.c", "-include", "dma.h")
    assert subprocess.run([program], check=False).returncode == code


REWRITE = """
#include <stdio.h>
#include "learner.h"
int main(void) {
  static volatile uint32_t port[1 << 14];
  const uint32_t word[LEARNER_FC0_WEIGHTS_PIECES] = {0x11223344u, 0x55u};
  learner_rewrite(port, LEARNER_FC0_WEIGHTS_BASE, LEARNER_FC0_WEIGHTS_WORD_BYTES, LEARNER_FC0_WEIGHTS_PIECES, 3, word);
  for (unsigned i = 0; i < 1 << 14; ++i) if (port[i]) printf("%u %x\\n", 4 * i, port[i]);
  printf("%d %x %x\\n", LEARNER_FC0_WEIGHTS_WORDS, LEARNER_FC1_WEIGHTS_BASE, LEARNER_IDENTITY);
  return 0;
}
"""


def test_the_header_knows_the_address_map(tmp_path: Path) -> None:
    graph = random_network(np.random.default_rng(0), (40, 24, 6), weight=IntType(4, signed=True), name="learner")
    built_ = flow.compile(graph, folding={"fc0": {"pe": 2, "simd": 5}}, writable=("fc0", "fc1"))
    ports = port_map_of(built_.graph, built_.design)
    control = ports.control
    assert control is not None
    (tmp_path / "rewrite.c").write_text(REWRITE)
    done = subprocess.run([built(tmp_path, ports, "rewrite.c")], capture_output=True, text=True, check=True)
    first, second = control.layers["fc0"].weights, control.layers["fc1"].weights
    place = first.base + 3 * first.word_bytes
    assert done.stdout.split("\n")[:3] == [
        f"{place} 11223344",
        f"{place + 4} 55",
        f"{first.words} {second.base:x} {control.identity:x}",
    ]


def test_the_example_compiles_for_a_board(tmp_path: Path) -> None:
    ports = ports_of(port("int3", (10,), 4), port("uint4", (5,), 2))
    built(tmp_path, ports, "dut_main.c")


def said(program: Path) -> str:
    codes_and_bytes = "1 2 3 -1 -2 -3 -4 0 1 2 55 43 21 0"
    return subprocess.run([program], input=codes_and_bytes, capture_output=True, text=True, check=True).stdout


def test_another_lane_order_is_caught(tmp_path: Path) -> None:
    """A header whose lanes run the other way gives other bytes than the driver."""
    ports = ports_of(port("int3", (10,), 5), port("uint4", (5,), 5))
    program = built(tmp_path, ports, "test.c")
    right = said(program)
    header = (tmp_path / "dut.h").read_text()
    assert header.count("element % lanes * bits") == 1
    (tmp_path / "dut.h").write_text(header.replace("element % lanes", "(lanes - 1u - element % lanes)"))
    subprocess.run(["gcc", *FLAGS, "test.c", "-o", "program"], cwd=tmp_path, check=True)
    wrong = said(program)
    assert right.split()[0] == sent(ports.source, np.array([[1, 2, 3, -1, -2, -3, -4, 0, 1, 2]])).tobytes().hex()
    assert right.split()[0] != wrong.split()[0] and right.split()[1:] != wrong.split()[1:]


SEVERAL = """
#include <stdio.h>
#include "dut.h"
int main(void) {
  static const dut_input_a_t a[DUT_INPUT_A_SIZE] = {1, 2, -3};
  static const dut_input_b_t b[DUT_INPUT_B_SIZE] = {1, -1, 1, 1};
  static uint8_t sent[DUT_INPUT_A_FRAME_BYTES], also[DUT_INPUT_B_FRAME_BYTES];
  static const uint8_t answer[DUT_OUTPUT_BOX_FRAME_BYTES] = {0x21, 0x03}, other[DUT_OUTPUT_KIND_FRAME_BYTES] = {0x7f};
  static dut_output_box_t box[DUT_OUTPUT_BOX_SIZE];
  static dut_output_kind_t kind[DUT_OUTPUT_KIND_SIZE];
  dut_pack_a(a, sent);
  dut_pack_b(b, also);
  dut_unpack_box(answer, box);
  dut_unpack_kind(other, kind);
  for (unsigned i = 0; i < sizeof sent; ++i) printf("%02x", sent[i]);
  for (unsigned i = 0; i < sizeof also; ++i) printf(" %02x", also[i]);
  printf(" %d %d %d", box[0], box[1], box[2]);
  printf(" %d %g %u\\n", kind[0], dut_score_kind(kind[0], 0), dut_class_box(box));
  return 0;
}
"""


def test_several_ports_in_the_header(tmp_path: Path) -> None:
    """Each with constants and functions of its own; there is no bare-metal example, which has one stream each way."""
    inputs = replace(port("int4", (3,), 2), name="a"), replace(port("bipolar", (4,), 4), name="b")
    outputs = (
        replace(port("uint4", (3,), 2), name="box"),
        replace(port("int8", (1,), 1, Affine(np.asarray(0.5))), name="Kind"),
    )
    ports = PortMap("dut", "0123456789ab", 100.0, inputs, outputs)
    assert "dut_main.c" not in host.emit(ports)
    (tmp_path / "test.c").write_text(SEVERAL)
    for name, text in host.emit(ports).items():
        (tmp_path / name).write_text(text)
    subprocess.run(["gcc", *FLAGS, "test.c", "-o", "program"], cwd=tmp_path, check=True)
    found = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=True).stdout
    assert found == "210d 0d 1 2 3 127 63.5 2\n"
