"""Two accelerators in one system: layers are called alike, weights and widths are others, and both stay right."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends import hls, host
from hwgen.backends.hls.emit import hex_text
from hwgen.flow import Accelerator
from hwgen.golden.execute import run as golden
from hwgen.golden.matmul import Codes
from hwgen.hw.design import single_output
from hwgen.hw.packing import to_words
from hwgen.hw.ports import port_map_of
from hwgen.hw.stream import Stream
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul
from hwgen.ir.types import IntType
from hwgen.verify.bench import run
from hwgen.verify.headers import include_flags
from hwgen.verify.model import SimulationJob
from tests.builders import concat_net, mobilenet_like, random_network
from tests.tiers import tiered

FIXED = {
    *("hwgen.json", "README.md", "network.txt", "folding.json", "estimate.json", "host/ports.json", "rtl/files.f"),
    *(
        "hls/Makefile",
        "hls/README.md",
        "hls/run_hls.tcl",
        "hls/hls_config.cfg",
        "hls/tb/input.hex",
        "hls/tb/expected.hex",
    ),
    *("vivado/design.tcl", "vivado/ooc.xdc", "vivado/connectivity.cfg", "vivado/processor.tcl"),
}
"""Files that tools look for by name; the last is of a platform."""

INPUT = IntType(4, signed=True)
TOP = """
module both (
  input  wire logic ap_clk,
  input  wire logic ap_rst_n,
  input  wire logic [IN - 1:0] s_axis_tdata,
  input  wire logic s_axis_tvalid,
  output logic s_axis_tready,
  output logic [A + B - 1:0] m_axis_tdata,
  output logic m_axis_tvalid,
  input  wire logic m_axis_tready,
  output logic m_axis_tlast
);
  // Both take each beat in the same cycle, and give theirs in the same cycle.
  logic [1:0] wants, has, last;
  assign s_axis_tready = &wants;
  assign m_axis_tvalid = &has;
  assign m_axis_tlast = &last;
  FIRST u_first (
    .ap_clk(ap_clk), .ap_rst_n(ap_rst_n), .s_axis_tdata(s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid && wants[1]), .s_axis_tready(wants[0]), .m_axis_tdata(m_axis_tdata[A-1:0]),
    .m_axis_tvalid(has[0]), .m_axis_tready(m_axis_tready && has[1]), .m_axis_tlast(last[0])
  );
  SECOND u_second (
    .ap_clk(ap_clk), .ap_rst_n(ap_rst_n), .s_axis_tdata(s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid && wants[0]), .s_axis_tready(wants[1]), .m_axis_tdata(m_axis_tdata[A+B-1:A]),
    .m_axis_tvalid(has[1]), .m_axis_tready(m_axis_tready && has[0]), .m_axis_tlast(last[1])
  );
endmodule
"""
MAIN = """
#include "testbench.hpp"
#include "FIRST.hpp"
#include "SECOND.hpp"
int main() {
  const int first = hwgen::run_frames(::FIRST, IN_BEATS, OUT_BEATS, {"FIRST.in", "FIRST.out", ""});
  const int second = hwgen::run_frames(::SECOND, IN_BEATS, OUT_BEATS, {"SECOND.in", "SECOND.out", ""});
  return first + 2 * second;
}
"""


def network(name: str, seed: int) -> Graph:
    return random_network(np.random.default_rng(seed), (12, 6, 5), input_type=INPUT, weight=IntType(2, True), name=name)


def built(graph: Graph) -> Accelerator:
    """Every layer in as many beats as the other design's, and its weights in memories."""
    folding = {"fc0": {"pe": 2, "simd": 3}, "fc1": {"pe": 1, "simd": 2}}
    return flow.compile(graph, folding=folding)


def together(files: list[dict[str, str]], fixed: set[str] = FIXED) -> dict[str, str]:
    """The files of several projects in one folder: those of one name are the same, or `fixed`."""
    found: dict[str, str] = {}
    met: dict[str, str] = {}
    for each in files:
        for path, text in each.items():
            if path in fixed:
                continue
            assert found.setdefault(path, text) == text, path
            assert met.setdefault(path.lower(), path) == path, path
    return found


def rtl_of(accelerator: Accelerator) -> dict[str, str]:
    return {path: text for path, text in accelerator.rtl_files().items() if path != "files.f"}


def filled(text: str, values: dict[str, object]) -> str:
    """The words of `text` that are in capitals, by their values."""
    return re.sub(r"\b[A-Z_]+\b", lambda match: str(values[match[0]]), text)


def put(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def codes(accelerators: tuple[Accelerator, Accelerator], frames: int) -> tuple[Codes, list[Codes]]:
    """Frames, and what each of the two makes of them, (N, elements)."""
    given = np.random.default_rng(5).integers(INPUT.min, INPUT.max, (frames, 12), endpoint=True)
    return given, [golden(each.graph, given).reshape(frames, -1) for each in accelerators]


@pytest.mark.parametrize("names", [("first", "second"), ("net", "net_fc0")])
def test_both_answer_in_one_simulation(names: tuple[str, str], tmp_path: Path) -> None:
    pair = built(network(names[0], 1)), built(network(names[1], 2))
    rtl = together([rtl_of(each) for each in pair])
    put(rtl, tmp_path)
    given, expected = codes(pair, 9)
    first, second = (each.design for each in pair)
    widths = {"A": first.output.axis_width, "B": second.output.axis_width, "IN": first.input.axis_width}
    (tmp_path / "both.sv").write_text(filled(TOP, {**widths, "FIRST": first.name, "SECOND": second.name}))
    bytes_of = (widths["A"] + widths["B"]) // 8
    output = Stream("both", IntType(8, signed=False), bytes_of, bytes_of, vectors=first.output.beats)
    packages, library = sorted((tmp_path / "lib").glob("*_pkg.sv")), sorted((tmp_path / "lib").glob("*.sv"))
    sources = tuple(dict.fromkeys((*packages, *library, *sorted(tmp_path.glob("*.sv")))))
    ends = first.inputs, (single_output(output),)
    job = SimulationJob("both", sources, *ends, tmp_path / "mem", frame_cycles=first.cycles.interval)
    trace = run(job, to_words(given, first.input), tmp_path / "work")
    found = np.split(trace.outputs, [widths["A"] // 8], axis=1)
    for design, words, want in zip((first, second), found, expected, strict=True):
        np.testing.assert_array_equal(words, to_words(want, design.output), err_msg=design.name)


def test_both_answer_in_one_program(tmp_path: Path) -> None:
    pair = built(network("first", 1)), built(network("second", 2))
    put(together([hls.emit(each.design) for each in pair], {path.removeprefix("hls/") for path in FIXED}), tmp_path)
    given, expected = codes(pair, 9)
    first, second = (each.design for each in pair)
    beats = {"IN_BEATS": first.input.beats, "OUT_BEATS": first.output.beats}
    values = {**beats, "FIRST": first.name, "SECOND": second.name}
    (tmp_path / "main.cpp").write_text(filled(MAIN, values))
    for design, want in zip((first, second), expected, strict=True):
        (tmp_path / f"{design.name}.in").write_text(hex_text(to_words(given, design.input), design.input.width))
        (tmp_path / f"{design.name}.out").write_text(hex_text(to_words(want, design.output), design.output.width))
        sources = [f'#include "{path.name}"\n' for path in sorted((tmp_path / "src").glob(f"{design.name}*.cpp"))]
        (tmp_path / f"all_{design.name}.cpp").write_text("".join(sources))
    command = ["g++", "-std=c++14", "-O0", "-w", *include_flags(), "-Isrc", "-Itb", "-o", "both"]
    subprocess.run([*command, "main.cpp", "all_first.cpp", "all_second.cpp"], cwd=tmp_path, check=True)
    assert subprocess.run(["./both"], cwd=tmp_path, check=False).returncode == 0


def called(graph: Graph, name: str, *layers: str) -> Graph:
    """The network by another name, its layers with weights by other names, too."""
    names = dict(zip((node.name for node in graph.nodes if isinstance(node.op, MatMul)), layers, strict=False))
    nodes = (replace(node, name=names.get(node.name, node.name)) for node in graph.nodes)
    return replace(graph, name=name, nodes=tuple(nodes))


ONE, TWO = network("one", 1), network("two", 2)
ALIKE = [
    (ONE, TWO),
    (called(ONE, "net"), called(TWO, "net_fc0")),
    (called(ONE, "net"), called(TWO, "net_tb")),
    (called(ONE, "a", "b_c"), called(TWO, "a_b", "c")),
    (called(ONE, "a", "b"), called(TWO, "a_b")),
    (called(ONE, "a", "B", "b"), called(TWO, "a_b", "B.", "b.")),
    (called(ONE, "a", "fc0_params"), called(TWO, "a_fc0", "params")),
    (called(ONE, "a", "fc0_unit"), called(TWO, "a_fc0", "unit")),
    tuple(replace(mobilenet_like(np.random.default_rng(seed)), name=name) for seed, name in enumerate(("a", "b"))),
    tuple(replace(concat_net(np.random.default_rng(seed)), name=name) for seed, name in enumerate(("a", "a_b"))),
]


@pytest.mark.parametrize("part", tiered(["xc7z020clg400-1", "zcu104", "u250", "lfe5u-85f"], "zcu104", "u250"))
def test_files_of_one_name_are_the_same(part: str) -> None:
    """And so is all that they define, on case-insensitive file systems, too."""
    for pair in ALIKE:
        apart(*(flow.compile(graph, part=part).files() for graph in pair))
    apart(*(flow.compile(graph, part=part, writable=("fc0", "fc1")).files() for graph in (ONE, TWO)))


def test_both_headers_in_one_c_program(tmp_path: Path) -> None:
    built = [flow.compile(graph, writable=("fc0", "fc1")) for graph in (called(ONE, "a"), called(TWO, "a_b"))]
    put(together([host.emit(port_map_of(each.graph, each.design)) for each in built], {"ports.json"}), tmp_path)
    uses = "int main(void) { return A_FC0_WEIGHTS_WORDS + A_B_FC0_WEIGHTS_WORDS == 0; }\n"
    (tmp_path / "both.c").write_text(f'#include "a.h"\n#include "a_b.h"\n{uses}')
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "both.c", "-o", "both"], cwd=tmp_path, check=True)


def apart(first: dict[str, str], second: dict[str, str]) -> None:
    together([first, second])
    ours, theirs = (definitions(each) for each in (first, second))
    assert not {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}


DEFINES = (
    r"^(?:module|package) (\w+)",
    r"^#(?:define|ifndef) (\w+)",
    r"^(?:static inline )?\w+ (\w+)\(",
    r"^namespace (\w+)",
    r"^typedef \w+ (\w+);",
    r"^name: (\S+)",
    r"\.File\(\"(\S+)\"",
    r"copyto: ([^/}]+)\}",
)


def definitions(files: dict[str, str]) -> dict[str, str]:
    """Modules, functions, scopes, macros, types and memories by name, with the text of their files.

    Of what is put together with others: not of programs, nor of what a tool finds by its name.
    """
    found: dict[str, str] = {}
    for path, text in files.items():
        for name in {name for pattern in DEFINES for name in re.findall(pattern, text, re.MULTILINE)}:
            if (
                path not in FIXED
                and not path.endswith(("_main.c", "_tb.cpp", "_bounded.cpp"))
                and not name.startswith("hwgen")
            ):
                found[name.lower()] = found.get(name.lower(), "") + text
    assert len(found) > 10
    return found
