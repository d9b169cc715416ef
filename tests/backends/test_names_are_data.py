"""Names from a stranger's file are data: whatever they hold, the code that is emitted is the same."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import flow
from hwgen.backends import board, hls, render, rtl
from hwgen.backends.joined import joined_top
from hwgen.backends.render import LONGEST_TITLE, asset, line_of_code, title
from hwgen.config import settings
from hwgen.flow import Accelerator
from hwgen.flow.compare import roofline_of
from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.ir.graph import Graph, Input, Node, Output, Value
from hwgen.ir.names import unit_name
from hwgen.ir.order import Order
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import Bipolar, IntType
from hwgen.report.page import html, picture
from hwgen.report.readme import devices_readme
from hwgen.report.records import Records
from hwgen.verify import dpisim, hlsrtl
from hwgen.verify.simulator import find_simulator
from tests.backends.test_rtl import every_kernel
from tests.builders import concat_net, mobilenet_like, random_network, with_output
from tests.gated_cases import many_folds
from tests.rtl_lib.test_scale import scaled
from tests.rtl_support import design_of, mvtu
from tests.wired_cases import Layer, drawn

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\x00\x1a"
"""What any tool may take as the end of a line, or of a file."""

PAYLOAD = "int evil = 1; endmodule module evil; set x [exec sh] $(shell sh) <script>alert(1)</script>"
HOSTILE = (
    *(f"fc{end}{PAYLOAD}{end}" for end in (*LINE_ENDS, "\r\n")),
    f"*/ {PAYLOAD} /*",
    f"/* {PAYLOAD}",
    *(f"{PAYLOAD} {last}" for last in ("\\", "\\ ", "??/", "`", "'", '"', "\ufeff")),
    "verilator lint_off", "synopsys translate_off", "#pragma HLS dataflow", "`include \"/etc/passwd\"",
    "\u202e evil \u2066", "\ud800", "é 模型", "x" * 20_000, "", "-->", "{{ x }}", "${evil}", "//% evil", "/*% evil %*/",
)  # fmt: skip
SHELL = hlsrtl.ShellContext("net", "0" * 12, "net", 8, 8, 8, 1, True, "done", (".x(x)",))


def renamed(graph: Graph, names: Iterator[str]) -> Graph:
    """The network whose layers come from modules of other names."""
    nodes = tuple(replace(node, origin=next(names)) for node in graph.nodes)
    return replace(graph, nodes=nodes)


def called(design: Design, names: Iterator[str]) -> Design:
    """The design whose units come from layers of other names."""

    return replace(design, units=tuple(replace(unit, origin=next(names)) for unit in design.units))


def project(accelerator: Accelerator) -> dict[str, str]:
    """All files of a project, of a board and of simulations, by path; the digest of the design is no name."""
    design = replace(accelerator.design, digest="0" * 12)
    found = replace(accelerator, design=design).files()
    found["devices.md"] = devices_readme(design.name, {"device0": design})
    found["report.html"] = html(design, accelerator.estimate(), Records(), roofline_of(accelerator))
    found["notebook.html"] = picture(design, accelerator.estimate())
    return {path: text for path, text in found.items() if path != "network.txt"}


def simulations(design: Design) -> dict[str, str]:
    """What boards and simulations print around a design."""
    found: dict[str, str] = {}
    for name in ("ulx3s-85f", "icebreaker", "tang-nano-9k", "gatemate-a1-evb"):
        line = board.line_of(design, board.board_of(name), 115_200)
        found |= {f"{name}/{path}": text for path, text in board.emit(design, board.board_of(name), line).items()}
        found[f"{name}/bench.sv"] = board.emit_bench(design, line)
    context = dpisim._context(design)
    found |= {f"dpi.{kind}": render.render(f"hls/dpi_{file}.j2", context) for kind, file in
              (("sv", "shell.sv"), ("cpp", "glue.cpp"))}  # fmt: skip
    return {**found, "shell.sv": render.render("hls/rtl_shell.sv.j2", SHELL)}


def emitted(names: Iterator[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything that is emitted for networks and designs that have every kernel, as `names` call their layers."""
    rng = np.random.default_rng
    dense = random_network(rng(1), (12, 6, 4), weight=IntType(3, signed=True))
    dense = with_output(dense, order=Order((4,), np.array([1, 0, 3, 2])))  # which takes a table
    written = flow.compile(renamed(dense, names), writable=("fc0", "fc1"), part="ultra96-v2")
    yield "writable", project(written) | simulations(written.design)
    yield "several", project(flow.compile(several(renamed(dense, names))))
    outside = random_network(rng(1), (16, 8, 4))
    yield "external", project(flow.compile(renamed(outside, names), memory={"fc0": "external"}))
    both = flow.compile_devices(renamed(outside, names), ["fc0"], ["u250", "u250"], settings(writable=("fc1",)))
    yield "devices", {"devices.sv": joined_top(both.design)}
    yield "card", project(flow.compile(renamed(concat_net(rng(0)), names), part="u250"))
    yield "image", project(flow.compile(renamed(mobilenet_like(rng(0)), names), part="lfe5u-85f"))
    for design in (every_kernel(), many_folds(), scaled(IntType(2, signed=False), None, 5, 2, 3), queued(), wired()):
        back_ends = {"rtl": rtl.emit, "hls": hls.emit}
        files = {back_end: emit(called(design, names)) for back_end, emit in back_ends.items()}
        yield (
            f"design {len(design.units)}",
            {f"{back_end}/{path}": text for back_end, found in files.items() for path, text in found.items()},
        )


def several(graph: Graph) -> Graph:
    """The network with another output: what its last layer reads."""
    last = graph.nodes[-1]
    outputs = (replace(graph.outputs[0], name="scores"), Output(last.inputs[0], name="codes"))
    return replace(graph, outputs=outputs)


def queued() -> Design:
    """A FIFO at the edge of the chip, and a layer."""
    layer = mvtu(np.random.default_rng(0), Bipolar(), Bipolar(), (4, 2), (1, 1))
    return design_of(FifoUnit("queue", "", (layer.input,), (layer.input,), 9), layer)


def wired() -> Design:
    """A layer of constants."""
    return drawn(Layer(4, 8, Bipolar(), Bipolar(), 1)).design


def endless(names: tuple[str, ...], start: int = 0) -> Iterator[str]:
    place = start
    while True:
        yield names[place % len(names)]
        place += 1


@cache
def tame() -> dict[str, dict[str, str]]:
    return dict(emitted(endless(("features.0",))))


def strictest(text: str) -> str:
    """`text` with every line end that a tool may see, trigraphs and continued lines resolved."""
    text = re.sub(f"\r\n|[{LINE_ENDS}]", "\n", text).replace("??/", "\\")
    return re.sub(r"\\[ \t]*\n", " ", text)


C_LIKE, VERILOG, HASHED = {".cpp", ".hpp", ".c", ".h"}, {".sv", ".v"}, {".tcl", ".cfg", ".core", ".xdc", ".f", ""}


def code(files: Mapping[str, str], work: Path) -> dict[str, list[str]]:
    """The lines of code of all files, without comments, as compilers, Verilator and scripts see them."""
    work.mkdir(parents=True, exist_ok=True)
    texts = {path: strictest(text) for path, text in files.items() if path not in plain(files)}
    c = "\n".join(text for path, text in texts.items() if Path(path).suffix in C_LIKE)
    (work / "all.cpp").write_text(c, errors="surrogatepass")
    sv = "\n".join(text for path, text in texts.items() if Path(path).suffix in VERILOG)
    (work / "all.sv").write_text(sv, errors="surrogatepass")
    simulator = find_simulator()
    commands = {
        "c": ["g++", "-fpreprocessed", "-dD", "-E", "-P", "all.cpp"],
        "sv": [str(simulator.verilator), "-E", "-P", "all.sv"],
    }
    found = {}
    for kind, command in commands.items():
        done = subprocess.run(command, cwd=work, env=simulator.environment | {"PATH": "/usr/bin:/bin"}, text=True,
                              capture_output=True, check=True)  # fmt: skip
        found[kind] = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    scripts = (text for path, text in texts.items() if Path(path).suffix in HASHED)
    found["scripts"] = [line for text in scripts for line in text.split("\n") if not line.lstrip().startswith("#")]
    return found


def plain(files: Mapping[str, str]) -> dict[str, str]:
    """Those without comments: data, and sources of the library."""
    return {
        path: text
        for path, text in files.items()
        if Path(path).suffix in {".json", ".mem", ".hex", ".html", ".lpf", ".pcf"} or "/lib/" in path
    }


LATER = [pytest.param(start, marks=pytest.mark.long) for start in range(5, len(HOSTILE), 5)]


@pytest.mark.parametrize("start", [0, *LATER])
def test_code_is_the_same_whatever_layers_are_called(start: int, tmp_path: Path) -> None:
    """The texts of every template, without their comments."""
    names = endless(HOSTILE, start)
    for kind, files in emitted(names):
        other = tame()[kind]
        assert list(files) == list(other), kind
        assert code(files, tmp_path / "hostile") == code(other, tmp_path / "tame"), kind
        for path, text in files.items():
            assert text.isascii() or path.endswith(".html"), path
            assert not set(text) & set(LINE_ENDS) - {"\n"}, path
            assert path.endswith((".json", ".core")) or max(map(len, text.split("\n"))) < 1000, path
        assert {path: text for path, text in plain(files).items() if ".json" not in path} == {
            path: text for path, text in plain(other).items() if ".json" not in path
        }


def test_the_test_sees_what_leaves_a_comment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the escape, each of these names changes the code."""
    monkeypatch.setattr(render, "_LEAVES_COMMENT", re.compile("(?!)"))
    plain = design_of(mvtu(np.random.default_rng(0), Bipolar(), Bipolar(), (4, 2), (1, 1)))
    module = unit_name("dut", "mv")
    for name in HOSTILE[: len(LINE_ENDS) + 1]:
        design = called(plain, endless((name,)))
        files = {"c.cpp": hls.emit(design)[f"src/{module}.cpp"], "v.sv": rtl.emit(design)[f"{module}.sv"]}
        found = code(files, tmp_path)
        assert all(any("evil" in line for line in found[kind]) for kind in ("c", "sv")), repr(name)


def test_every_template_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the test above compares."""
    from jinja2 import FileSystemLoader

    met: set[str] = set()
    read = FileSystemLoader.get_source

    def reading(self: FileSystemLoader, environment: Any, template: str) -> Any:
        met.add(template)
        return read(self, environment, template)

    monkeypatch.setattr(FileSystemLoader, "get_source", reading)
    render._environment.cache_clear()
    tame.cache_clear()
    tame()
    folder = asset("templates")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.j2")} <= met


def test_only_emitters_make_source() -> None:
    """Where text may hold more than a line; elsewhere a value is data by construction."""
    package = Path(render.__file__).parents[1]
    taken = re.compile(r"from hwgen\.backends\.render import [^\n]*\bSource\b|render\.Source\b")
    makers = {str(path.relative_to(package)) for path in package.rglob("*.py") if taken.search(path.read_text())}
    assert makers == {
        f"backends/{name}.py"
        for name in (
            *(
                "described",
                "edge",
                "external",
                "joined",
                "hls/context",
                "hls/tables",
                "rtl/instances",
                "rtl/layers",
                "rtl/values",
                "vivado/emit",
            ),
            *("wiring/cpp", "wiring/sv"),
        )
    }
    assert not [path for path in asset("templates").rglob("*.j2") if re.search(r"\|\s*safe\b", path.read_text())]


@given(st.text() | st.sampled_from(HOSTILE))
def test_one_line_stays_in_its_comment(text: str) -> None:
    safe = line_of_code(text)
    assert re.fullmatch(r"[ -~]*", safe)
    assert not re.search(r"\*/|/\*|\?\?|[\\`]", safe)
    assert line_of_code(safe) == safe
    assert len(title(text)) <= LONGEST_TITLE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("features.3", "features.3"),
        ("a\nb", "a<U+000A>b"),
        ("a */ b /* c", "a *<U+002F> b /<U+002A> c"),
        ("/*/", "/<U+002A><U+002F>"),
        ("what???/", "what?<U+003F><U+003F>/"),
        ("é\u2028\ud800", "<U+00E9><U+2028><U+D800>"),
        ("back\\", "back<U+005C>"),
    ],
)
def test_what_comments_show(text: str, shown: str) -> None:
    assert line_of_code(text) == shown


def test_long_names_are_cut_in_the_middle() -> None:
    assert title("a" * 500 + "conv1") == "a" * 34 + "..." + "a" * 29 + "conv1"


NODE_NAMES = (
    *("a b", "x\nwire y;", "errno", "é", "模型", "*/", "\ud800", "X", "u_x", "tlast", "a.b", "A.B", "", "s" * 300),
)


def hostile_nodes() -> Graph:
    """A network whose layers themselves are called as no frontend calls them; some are alike once they are legal."""
    graph = random_network(np.random.default_rng(3), (6, *(4,) * 7), name="Net of\nmine")
    names = {node.name: NODE_NAMES[index] for index, node in enumerate(graph.nodes)}
    values = {node.output.name: f"{names[node.name]}_out" for node in graph.nodes}

    def value(old: Value) -> Value:
        return Value(values.get(old.name, "x \u2028"), old.type)

    nodes = (
        Node(names[node.name], node.op, tuple(map(value, node.inputs)), value(node.output), names[node.name])
        for node in graph.nodes
    )
    return replace(
        graph,
        inputs=(Input(value(graph.input), graph.encoding),),
        nodes=tuple(nodes),
        outputs=(Output(value(graph.output), graph.decoding),),
    )


def test_layers_of_any_name(tmp_path: Path) -> None:
    """Word for word the same code as that of tame names, each name for one other; the project agrees with golden."""
    hostile = hostile_nodes()
    assert parse_graph(print_graph(hostile)) == hostile
    ordinary = random_network(np.random.default_rng(3), (6, *(4,) * 7), name="tiny")
    found, other = (project(flow.compile(graph)) for graph in (hostile, ordinary))
    assert all(re.fullmatch(r"[A-Za-z0-9_./]{1,200}", path) for path in found)
    assert len({path.lower() for path in found}) == len(found) == len(other)
    ours, theirs = (code(files, tmp_path / str(index)) for index, files in enumerate((found, other)))
    for kind in ("c", "sv"):
        same: dict[str, str] = {}
        back: dict[str, str] = {}
        for mine, yours in zip(words(ours[kind]), words(theirs[kind]), strict=True):
            assert same.setdefault(mine, yours) == yours and back.setdefault(yours, mine) == mine
    page, plain_page = (ElementTree.fromstring(files["report.html"].split("\n", 1)[1]) for files in (found, other))
    assert [(each.tag, sorted(each.keys())) for each in page.iter()] == [
        (each.tag, sorted(each.keys())) for each in plain_page.iter()
    ]
    for path, text in found.items():
        if path.endswith(".json"):
            assert json.loads(text), path


def words(lines: list[str]) -> list[str]:
    return re.findall(r"\w+|\S", "\n".join(lines))
