"""Weights in an external memory: exact on every back end, the interval as stated whatever the memory gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen import flow
from hwgen.errors import ConfigError, FoldingError
from hwgen.explore.results import header
from hwgen.flow.goal import problem_of
from hwgen.flow.hls import check_hls
from hwgen.hw.memory import MemoryPort
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from hwgen.report.diagram import diagram
from hwgen.verify.bench import Stalls
from tests.builders import B, ImageBuilder, random_network
from tests.end_to_end.networks import random_dense_network, random_folding
from tests.end_to_end.prove import prove
from tests.seeds import fresh

INT4 = IntType(4, signed=True)
DENSE = random_network(np.random.default_rng(3), (48, 40, 24, 10))
FOLDING = {"fc0": {"pe": 5, "simd": 12}, "fc1": {"pe": 3, "simd": 10}, "fc2": {"pe": 5, "simd": 6}}
BOTH = {"fc0": "external", "fc2": "external"}


def image_network() -> Graph:
    """A convolution whose weights meet nine vectors, and a dense layer."""
    net = ImageBuilder(np.random.default_rng(5), (5, 5, 6), IntType(3, signed=False))
    net.act(net.conv(net.last, 8, Geometry((3, 3)), INT4), B)
    net.dense(net.last, 5, B)
    return net.graph()


def compiled(gb_s: float, **options: Any) -> hwgen.Accelerator:
    """The dense network with two external layers of foldings that do not divide, at 100 MHz."""
    return flow.compile(DENSE, memory=BOTH, folding=FOLDING, clock_mhz=100, external_gb_s=gb_s, **options)


@pytest.mark.parametrize(("gb_s", "interval"), [(0.06, 480), pytest.param(2.0, 32, marks=pytest.mark.long)])
def test_the_interval_is_that_of_the_slower_side(gb_s: float, interval: int, tmp_path: Path) -> None:
    """32 cycles a frame where the memory suffices. 0.6 bytes a cycle: fc0 has 2,400 bits, 38 words of 64, and so on."""
    built = compiled(gb_s)
    assert built.estimate().interval_cycles == built.design.bound == interval
    prove(built, 1, 6, tmp_path)


@pytest.mark.long
def test_bounded_pipelines_keep_what_is_stated(tmp_path: Path) -> None:
    outcome = compiled(0.5).write(tmp_path / "out").simulate(5, "csim", pipeline_depths=(1, 8, 64))
    assert outcome.passed and outcome.bounded_interval is not None and len(outcome.bounded) == 3


@pytest.mark.long
def test_the_hls_project_keeps_the_rules(tmp_path: Path) -> None:
    assert check_hls(compiled(2.0).write(tmp_path / "out")).findings == ()


@pytest.mark.long
def test_convolutions(tmp_path: Path) -> None:
    names = [node.name for node in integer_network(image_network()).nodes]
    conv = next(name for name in names if name.startswith("conv"))
    prove(flow.compile(image_network(), memory={conv: "external"}, external_gb_s=1.5), 2, 5, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(12))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graph = random_dense_network(seed, 1 + seed % 3)
    layers = [node.name for node in graph.nodes if node.name.startswith("fc")]
    options = {
        "folding": random_folding(seed, graph),
        "external_gb_s": float(rng.choice([0.05, 0.4, 3, 20])),
        "external_width": int(rng.choice([32, 64, 128])),
        "external_latency": int(rng.integers(1, 90)),
    }
    outside = [name for name in layers if rng.random() < 0.7] or layers[:1]
    try:
        built = flow.compile(graph, memory=dict.fromkeys(outside, "external"), **options)
    except ConfigError as error:
        assert "less than a word of the port" in str(error)
        return
    prove(built, seed, 8, tmp_path)


def test_pauses_of_the_memory_delay_and_change_nothing(tmp_path: Path) -> None:
    built = compiled(2.0).write(tmp_path / "out")
    flowing, paused = (
        built.simulate(6, "rtl", work=tmp_path / "rtl", stalls=Stalls(memory=share, seed=2)) for share in (0.0, 0.8)
    )
    assert not flowing.mismatches and not paused.mismatches
    assert flowing.cycles is not None and paused.cycles is not None and paused.cycles.total > flowing.cycles.total


def test_a_layer_alone_brings_its_weights(tmp_path: Path) -> None:
    built = compiled(2.0).write(tmp_path / "out")
    assert built.simulate(4, "rtl", layer="fc2").passed
    assert [unit.name for unit in built.only("fc2").units] == ["fc2_weights", "fc2_weights_width", "fc2"]


def test_what_is_stated_and_written(tmp_path: Path) -> None:
    """Bytes of the image, a frame and a second; the image in the project, bit for bit; the same design when opened."""
    built = compiled(2.0).write(tmp_path / "out")
    first, second = built.estimate().external
    assert (first.layer, first.port, first.width) == ("fc0", "m_axi_fc0", 64)
    assert first.size == first.frame_bytes == 8 * -(-48 * 40 // 64) and second.size == 8 * -(-10 * 24 // 64)
    assert first.bandwidth == pytest.approx(first.size * 100e6 / 32)
    assert built.estimate().external_line == (
        "external memory: 272 B a frame (fc0 240 B, fc2 32 B), 850 MB/s at the interval;"
        " it gives a frame's weights in 30 cycles"
    )
    (fc0,) = (node for node in built.graph.nodes if node.name == "fc0")
    rows = fc0.op.weights.reshape(8, 5, 4, 12).transpose(0, 2, 1, 3).reshape(-1)  # NF, PE, SF, SIMD: slot by slot
    lines = (tmp_path / "out" / "rtl" / "mem" / "fc0_external.hex").read_text().split()
    image = "".join(f"{int(line, 16):064b}"[::-1] for line in lines)
    assert image == "".join("01"[int(code > 0)] for code in rows)
    assert lines == (tmp_path / "out" / "hls" / "tb" / "fc0_external.hex").read_text().split()
    drawn = {card.name: card.title for card in diagram(built.design, built.estimate()).cards}
    assert drawn["fc0_weights"] == "external memory, 240 B"
    opened = flow.open_project(tmp_path / "out")
    assert opened.design.memory_ports == built.design.memory_ports and opened.design.digest == built.design.digest
    stated = json.loads((tmp_path / "out" / "estimate.json").read_text())["external"]
    assert [each["layer"] for each in stated] == ["fc0", "fc2"]
    assert not list((tmp_path / "out" / "vivado").glob("block_design*"))  # the IP alone
    wrapper = (tmp_path / "out" / "vivado" / "net_ip.v").read_text()
    assert "input wire [63:0] m_axi_fc0_base" in wrapper and ".m_axi_fc2_rdata(m_axi_fc2_rdata)" in wrapper


def test_the_rate_is_shared_by_bits_of_a_frame() -> None:
    """An external convolution of nine vectors takes nine times its weights; the whole rate is given away."""
    graph = integer_network(image_network())
    names = [node.name for node in graph.nodes if hasattr(node.op, "weights")]
    built = flow.compile(graph, memory=dict.fromkeys(names, "external"), external_gb_s=0.5, clock_mhz=125)
    ports = dict(zip(names, built.design.memory_ports, strict=True))
    conv, dense = (ports[name] for name in names)
    assert conv.reads == 9 * conv.words and dense.reads == dense.words
    assert sum(_rate(port) for port in ports.values()) == pytest.approx(32, rel=0.02)


def _rate(port: MemoryPort) -> float:
    """Bits a cycle."""
    return port.reads * port.width / port.interval


def test_a_target_that_the_memory_misses_is_an_error() -> None:
    with pytest.raises(FoldingError) as error:
        compiled(0.06, target_interval=100)
    assert str(error.value) == (
        "fc2 (net.fc2): must take at most 100 cycles a frame (1,000,000 frames/s); found 480 at best (208,333"
        " frames/s): it reads 256 bits of weights a frame from outside, and the memory gives 0.5333 of them a cycle."
        " Ask for 480 cycles or more, or give the external memory more bandwidth (external_gb_s) or wider ports"
        " (external_width)."
    )


def test_results_of_an_exploration_belong_to_their_memory() -> None:
    """The header of its file has what the memory gives; that of a design without one is as it was."""
    slow, fast = (json.dumps(header(problem_of(each.graph, each.settings), 0)) for each in map(compiled, (0.06, 2.0)))
    assert '"latency": 64' in slow and slow != fast
    inside = flow.compile(DENSE)
    assert not {"external", "source"} & header(problem_of(inside.graph, inside.settings), 0).keys()


def test_another_clock_makes_another_share(tmp_path: Path) -> None:
    """Twice the clock: half the bits a cycle."""
    slow, fast = compiled(0.06), flow.variant(compiled(0.06), clock_mhz=200)
    assert fast.design.bound == 2 * slow.design.bound


REFUSALS = {
    "bitstream": lambda built, folder: flow.bitstream(built.write(folder / "out"), "ulx3s-85f"),
    "hls_rtl": lambda built, folder: built.simulate(
        1, "hls-rtl", verilog=hwgen.verify.hlsrtl.Verilog(folder, "top"), work=folder
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_has_no_memory_refuses(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must (hold all weights|have all weights on the chip)"):
        REFUSALS[name](compiled(2.0), tmp_path)


WIDE = random_network(np.random.default_rng(2), (512, 512, 512, 10), weight=IntType(8, signed=True))
SMALL = {"part": "xc7z007s", "target_interval": 1 << 18}


def test_layers_are_offered_where_block_ram_ends() -> None:
    """The warning names them, and following it helps; `auto` takes the same."""
    built = flow.compile(WIDE, **SMALL)
    (said,) = (line for line in built.estimate().warnings if "does not fit" in line)
    assert (
        "--external fc0 --external fc1 (0.524 MB a frame from outside, 2.9 GB/s, which makes it 36,158 cycles" in said
    )
    auto = flow.compile(WIDE, **SMALL, external="auto")
    assert auto.settings.memory == {"fc0": "external", "fc1": "external"}
    assert not [line for line in auto.estimate().warnings if "does not fit" in line]
    told = "the weights of fc0, fc1 lie in an external memory, as the chip has not room for all, and its bandwidth sets"
    assert any(line.startswith(told) for line in auto.estimate().warnings)


def test_a_budget_that_cannot_be_kept_offers_them() -> None:
    with pytest.raises(FoldingError, match="or put weights into an external memory: --external fc0 --external fc1"):
        flow.compile(WIDE, **SMALL, max_bram=8)
