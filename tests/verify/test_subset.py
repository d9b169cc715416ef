"""The portable subset: emitted projects keep to it, and whatever leaves it is caught."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hwgen.backends.hls import Options, emit
from hwgen.errors import ToolError
from hwgen.verify import hlscheck
from hwgen.verify.cpp import source_of
from hwgen.verify.hlscheck import HlsCheck
from hwgen.verify.subset import check
from tests.backends.test_hls import branches, chain
from tests.hls_lib.cases import write_project
from tests.tiers import tiered

GOOD = """#include "ap_int.h"
#include "hls_stream.h"
void net(hls::stream<ap_uint<4>>& in, hls::stream<ap_uint<4>>& out) {
  static_assert(true, "said");
  const ap_uint<4> word = in.read();
  out.write(ap_uint<4>(~word));
}
"""
BAD = {
    "empty": (
        "in.read()",
        "in.empty()",
        "net.cpp:5: `in.empty`: a stream must be read by read() and written by write()",
    ),
    "shift_in": ("= in.read();", "= 0; in >> word;", "net.cpp:5: `in >>`: a stream must be read by read() and"),
    "shift_out": ("out.write(", "out << (", "net.cpp:6: `out <<`: a stream must be read by read() and written by"),
    "non_blocking": ("in.read()", "in.read_nb(word)", "net.cpp:5: `in.read_nb`: a stream must be read by read()"),
    "bits": ("= in.read()", "= x.range(3, 0)", "net.cpp:5: `.range` must not be called"),
    "named": ("  const", '  hls::stream<int> s("s");\n  const', "net.cpp:5: the stream s must have no name or other"),
    "depth": ("  const", "  hls::stream<int, 4> s;\n  const", "net.cpp:5: a stream must have no depth of its own"),
    "inverted": ("ap_uint<4>(~word)", "~word", "net.cpp:6: `~` must be cast at once, or stand before plain Limbs"),
    "text": ("word = in.read()", 'word = ap_uint<4>("1010")', "net.cpp:5: text must only stand in static_assert"),
    "print": ("  const", "  std::cout << 1;\n  const", "net.cpp:5: `std::cout` must not be used"),
    "heap": ("= in.read()", "= *new int", "net.cpp:5: `new` must not be used"),
    "float": ("const ap_uint<4> word", "const float word", "net.cpp:5: `float` must not be used"),
    "endless": ("  const", "  while (true) in.read();\n  const", "net.cpp:5: an endless loop must not be used"),
    "counts_for_ever": ("  const", "  for (;;) in.read();\n  const", "net.cpp:5: an endless loop must not be used"),
    "one_for_ever": ("  const", "  do in.read(); while (1);\n  const", "net.cpp:5: an endless loop must not be used"),
    "no_c++": ("  const", "  in.read(;\n  const", "net.cpp:5: must be C++ that can be parsed"),
    "struct_port": (
        "hls::stream<ap_uint<4>>& in",
        "hls::stream<Axis>& in",
        "net.cpp:3: a port of net must be an hls::",
    ),
    "signed_port": (
        "hls::stream<ap_uint<4>>& in",
        "hls::stream<ap_axis<8, 0, 0, 0>>& in",
        "net.cpp:3: a port of net must be an hls::stream<ap_uint<N>>& or hls::stream<ap_axiu<N, 0, 0, 0>>&; found",
    ),
    "user_port": (
        "hls::stream<ap_uint<4>>& in",
        "hls::stream<ap_axiu<8, 1, 0, 0>>& in",
        "net.cpp:3: a port of net must be an hls::stream<ap_uint<N>>& or hls::stream<ap_axiu<N, 0, 0, 0>>&; found",
    ),
    "part_of_a_byte": (
        "hls::stream<ap_uint<4>>& in",
        "hls::stream<ap_axiu<4, 0, 0, 0>>& in",
        "net.cpp:3: TDATA of net must be whole bytes; found 4 bits",
    ),
    "value_port": ("hls::stream<ap_uint<4>>& in", "ap_uint<4> in", "net.cpp:3: a port of net must be an hls::stream<"),
    "returns": ("void net", "int net", "net.cpp:3: net must return nothing"),
    "header": ('#include "ap_int.h"', "#include <vector>", "net.cpp:1: must not include <vector>"),
    "switch": ('#include "ap_int.h"', "#ifndef __SYNTHESIS__", "net.cpp:1: `#ifndef` must only guard a header"),
}


def findings(text: str, folder: Path) -> list[str]:
    write_project({"src/net.cpp": text}, folder)
    marked = f'# 3 "{folder}/src/net.cpp"\n' + "\n".join(text.splitlines()[2:])
    return [str(finding) for finding in check(source_of(marked, folder / "src"), folder, "net")]


def test_the_subset_passes(tmp_path: Path) -> None:
    assert findings(GOOD, tmp_path) == []


def test_ports_with_tlast_pass(tmp_path: Path) -> None:
    ports = "void net(hls::stream<ap_axiu<8, 0, 0, 0>>& in, hls::stream<ap_axiu<16, 0, 0, 0>>& out)"
    text = GOOD.replace('#include "ap_int.h"', '#include "ap_axi_sdata.h"')
    assert findings(text.replace(text.splitlines()[2].removesuffix(" {"), ports), tmp_path) == []


def test_a_top_with_c_linkage_passes(tmp_path: Path) -> None:
    assert findings(GOOD.replace("void net", 'extern "C" void net'), tmp_path) == []


@pytest.mark.parametrize("name", BAD)
def test_what_leaves_the_subset_is_caught(name: str, tmp_path: Path) -> None:
    right, wrong, message = BAD[name]
    found = findings(GOOD.replace(right, wrong, 1), tmp_path)
    assert any(text.startswith(message) for text in found), found


@pytest.mark.parametrize("control", tiered(["none", "axilite"], "none"))
def test_emitted_projects_pass(control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A residual network with branches, and a chain that a register starts; tests/hls_lib compiles every kernel."""
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    options = Options() if control == "none" else Options("axilite", 0.15)
    design = branches()[1] if control == "none" else chain()
    found = hlscheck.check(write_project(emit(design, options), tmp_path / "project"), "net", tmp_path / "work")
    assert found.findings == () and found.passed
    assert found.pragmas > 20


def test_a_broken_project_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault for each kind of check, in the emitted sources themselves."""
    monkeypatch.setattr(hlscheck, "COMPILERS", {"g++": hlscheck.COMPILERS["g++"], "no-such-compiler": ()})
    files = emit(chain())
    broken = {
        "src/net.cpp": ("depth=6", "depth=0"),
        "src/net_fc0.cpp": ("hwgen::mvtu", "int no; in.empty(); hwgen::mvtu"),
    }
    files |= {name: files[name].replace(right, wrong) for name, (right, wrong) in broken.items()}
    found: HlsCheck = hlscheck.check(write_project(files, tmp_path / "project"), "net", tmp_path / "work")
    assert found.findings[0] == "net.cpp:25: #pragma HLS stream variable=fc0 depth=0: depth must not be 0"
    assert found.findings[1].endswith(": `.empty` must not be called")
    assert found.findings[2].endswith(": `in.empty`: a stream must be read by read() and written by write()")
    assert found.findings[-1].startswith("g++: ") and "unused" in found.findings[-1]
    assert found.missing == ("no-such-compiler",) and found.compilers == () and not found.passed
    assert found.to_json()["findings"] == list(found.findings)


def test_without_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter_cpp", None)
    with pytest.raises(ToolError, match=r"tree-sitter-cpp: must be installed .* pip install 'hwgen\[sim\]'"):
        _ = source_of("", Path("src")).root


def test_sources_that_do_not_preprocess(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"g\+\+: must succeed"):
        hlscheck.check(write_project({"src/net.cpp": '#include "none.hpp"\n'}, tmp_path), "net", tmp_path / "work")
