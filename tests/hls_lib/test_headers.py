"""Each library header compiles alone and without warnings, as each tool would see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import process
from hwgen.verify.csim import hls_include
from tests.hls_lib.cases import argmax_case, fifo_case, matvec_case, threshold_case, width_case, write_project

LIB = asset("templates") / "hls" / "lib"
B = Bipolar()
WARNINGS = (
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
    "-Wno-unused-label",
    "-Wno-unknown-pragmas",
)
TOOLS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "vitis": ("-D__VITIS_HLS__",),
    "bambu": ("-D__BAMBU__",),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_emitted_sources_compile_without_warnings(tool: str, tmp_path: Path) -> None:
    """Every kernel, instantiated by an emitted project."""
    int3, int5 = IntType(3, True), IntType(5, True)
    cases = [
        matvec_case("xnor", (70, 5), (2, 66), (B, B, B), descending=True),
        matvec_case("mixed", (9, 5), (2, 4), (int3, int5, None)),
        threshold_case("quant", 7, 3, (int5, B), shared=True),
        argmax_case("top", 7, 3, int5),
        width_case("wide", 7, (3, 2), int3),
        fifo_case("queue", 6, 2),
    ]
    command: list[str | Path] = [
        "g++",
        "-std=c++14",
        "-fsyntax-only",
        *WARNINGS,
        *TOOLS[tool],
        "-isystem",
        hls_include(),
    ]
    sources = []
    for case in cases:
        files = emit(case.design)
        write_project(files, tmp_path / case.design.name)
        sources += [f"{case.design.name}/{name}" for name in files if name.startswith("src/") and name.endswith(".cpp")]
    (tmp_path / "all.cpp").write_text("".join(f'#include "{name}"\n' for name in sources))
    process.run([*command, "all.cpp"], cwd=tmp_path, log=tmp_path / "log", timeout_s=120)


def test_a_header_alone(tmp_path: Path) -> None:
    for path in sorted(LIB.glob("*.hpp")):
        command = ["g++", "-std=c++14", "-fsyntax-only", "-w", "-isystem", str(hls_include()), "-x", "c++", str(path)]
        process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=120)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("hwgen::forward<0>(in, out);", "a frame has at least one beat"),
        ("hwgen::threshold<3, 4, B, B, hwgen::MultiThreshold<B, -1, 2>>(in, out);", "a beat must not be longer"),
        ("hwgen::argmax<40, 4, B, hwgen::Uint<4>>(in, out);", "the index must fit the output"),
        ("hwgen::width<3, 1, 4, 4>(in, out);", "a beat must not be longer than the frame"),
    ],
)
def test_illegal_shapes_are_explained(call: str, message: str, tmp_path: Path) -> None:
    lines = [f'#include "{name}.hpp"' for name in ("argmax", "fifo", "threshold", "width")]
    lines += ["using B = hwgen::Bipolar;", "void f(hls::stream<ap_uint<4>>& in, hls::stream<ap_uint<4>>& out) {"]
    (tmp_path / "bad.cpp").write_text("\n".join((*lines, f"  {call}", "}", "")))
    command = ["g++", "-std=c++14", "-fsyntax-only", f"-I{LIB}", "-isystem", str(hls_include()), "bad.cpp"]
    with pytest.raises(ToolError):
        process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=120)
    assert message in (tmp_path / "log").read_text()
