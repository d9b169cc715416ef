"""Boards: what is known of them, the serial line that a design gets, the text of the top level and its pins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends.board import BENCH, BOARDS, TOP, Board, board_of, emit, emit_bench, line_of
from hwgen.backends.board.chips import chip_of
from hwgen.backends.render import asset
from hwgen.config import VERSION
from hwgen.errors import ConfigError
from hwgen.hw.design import Design
from hwgen.verify.process import run
from hwgen.verify.simulator import LEVELS, find_simulator
from tests.builders import random_network, resnet_like

LIBRARY = asset("templates") / "board" / "lib"
FIFO = asset("templates") / "rtl" / "lib" / "hwgen_fifo.sv"


def dense() -> Design:
    """Three bytes a beat in, one out."""
    graph = random_network(np.random.default_rng(4), (20, 8, 6))
    return flow.compile(graph, folding={"fc0": {"pe": 2, "simd": 20}, "fc1": {"pe": 3, "simd": 8}}).design


def test_boards_are_named_once_and_their_lines_divide_their_clocks() -> None:
    assert len({board.name for board in BOARDS}) == len(BOARDS) >= 8
    for board in BOARDS:
        assert board.name == board.name.lower()
        assert board.clock_mhz == board.oscillator_mhz and board.clock_mhz * 1_000_000 % board.baud == 0
        assert len({board.clock, board.rx, board.tx, board.led}) == 4


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("ulx3s", "ulx3s-85f, ulx3s-45f, ulx3s-25f"),
        ("icebraker", "icebreaker, orangecrab-85f, orangecrab-25f"),
    ],
)
def test_an_unknown_board(name: str, closest: str) -> None:
    with pytest.raises(ConfigError) as error:
        board_of(name)
    said = f"board: must be a known board; found {name}. The closest names are {closest}; `hwgen boards` lists all."
    assert str(error.value) == said


MINE = """
name = "mine"
fpga = "iCE40HX8K"
package = "ct256"
oscillator_mhz = 12
clock = "J3"
rx = "B10"
tx = "B12"
led = "B5"
"""


def test_a_board_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE)
    board = board_of(str(file))
    assert (board.name, board.chip.size, board.chip.synthesis, board.baud) == (
        "mine",
        "--hx8k",
        "-device hx",
        1_000_000,
    )
    assert (board.source, board.loader, board.led_low, board.clocked(24).clock_mhz) == ("mine.toml", "", False, 24)
    assert "set_io clk_i J3\n" in emit(dense(), board, line_of(dense(), board))["pins.pcf"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('led = "B5"', "", "led: is required"),
        ('"B5"', '"B5; x"', "led: String should match pattern '^[A-Za-z0-9_]{1,16}$'; found 'B5; x'"),
        ('"B5"', '"B12"', "must name four pins for clock, rx, tx and led; found J3, B10, B12, B12"),
        ('"mine"', '"../x"', "name: String should match pattern '^[a-z0-9][a-z0-9-]{0,63}$'; found '../x'"),
        ('"mine"', '"icebreaker"', "name: must be none of hwgen's own boards; found icebreaker. Call it otherwise"),
        ("12\n", "12\nuart = 3\n", "uart: is unknown; found 3"),
        (
            "iCE40HX8K",
            "LFE5UM-12F",
            "fpga: must be LFE5U-25F, say, one of iCE40UP5K, iCE40HX1K, iCE40HX4K, iCE40HX8K, iCE40LP1K, iCE40LP8K, a "
            "part of Gowin's such as GW1NR-LV9QN88PC6/I5, or CCGM1A1; found LFE5UM-12F",
        ),
    ],
)
def test_a_file_of_no_board(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE.replace(old, new))
    with pytest.raises(ConfigError) as error:
        board_of(str(file))
    assert str(error.value) in (f"{file}: {said}.", f"{file}: {said}")


@pytest.mark.parametrize(
    ("fpga", "size", "part"),
    [
        ("LFE5U-12F", "--12k", "lfe5u-25f"),
        ("LFE5UM5G-85F", "--um5g-85k", "lfe5um5g-85f"),
        ("GW1N-UV9LQ144C6/I5", "GW1N-UV9LQ144C6/I5", "lfe5u-25f"),
    ],
)
def test_an_fpga(fpga: str, size: str, part: str) -> None:
    chip = chip_of(fpga, "P1")
    assert (chip.size, chip.part, chip.package) == (size, part, "P1") and chip.capacity.lut > 5_000


def test_names_of_boards_in_any_case() -> None:
    assert board_of("ULX3S-85F").chip.name == "LFE5U-85F"


def test_the_line_of_a_design() -> None:
    line = line_of(dense(), board_of("icebreaker"))
    assert (line.baud, line.clocks_per_bit, line.byte_clocks) == (1_000_000, 12, 120)
    assert (line.frame_bytes, line.input_bytes, line.result_bytes, line.output_bytes) == (3, 3, 4, 2)
    assert line.frame_clocks == 7 * 120
    assert line.fifo_bytes == 512
    assert line_of(dense(), board_of("ulx3s-12f"), 115_200).clocks_per_bit == 217


def test_the_queue_of_a_line_is_a_power_of_two_of_blocks() -> None:
    slow = flow.compile(resnet_like(np.random.default_rng(0)), target_interval=1 << 20).design
    assert line_of(slow, board_of("ulx3s-85f")).fifo_bytes == 2048


@pytest.mark.parametrize(
    ("baud", "found", "nearest"), [(2_000_000, "2,000,000", "1,500,000"), (1_300_000, "1,300,000", "1,333,333")]
)
def test_a_rate_that_the_clock_cannot_give(baud: int, found: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as error:
        line_of(dense(), board_of("icebreaker"), baud)
    must = "baud: must divide 12 MHz by a whole number from 8 on, within 2 %"
    assert str(error.value) == f"{must}; found {found}. The nearest is {nearest}."


def test_the_files_of_a_board() -> None:
    design = dense()
    files = emit(design, board_of("ulx3s-85f"), line_of(design, board_of("ulx3s-85f")))
    top = files[f"{TOP}.sv"]
    assert top.startswith(
        "// SPDX-License-Identifier: Apache-2.0\n"
        f"// Generated by hwgen {VERSION}; yours to use under this licence or any other.\n"
        f"// Source: {design.name} on"
    )
    assert f"  {design.name} u_accelerator (\n" in top and ".ClocksPerBit (25)" in top and "led_o = overrun;" in top
    assert 'LOCATE COMP "clk_i" SITE "G2";\n' in files["pins.lpf"]
    assert 'FREQUENCY PORT "clk_i" 25 MHZ;\n' in files["pins.lpf"]
    assert 'LOCATE COMP "uart_rx_i" SITE "M1";\n' in files["pins.lpf"]
    small = emit(design, board_of("icebreaker"), line_of(design, board_of("icebreaker")))
    assert "set_io clk_i 35\nset_io -pullup yes uart_rx_i 6\nset_io uart_tx_o 9\n" in small["pins.pcf"]
    assert "led_o = !overrun;" in small[f"{TOP}.sv"]
    nano = emit(design, board_of("tang-nano-9k"), line_of(design, board_of("tang-nano-9k")))["pins.cst"]
    assert 'IO_LOC "uart_rx_i" 18;\nIO_PORT "uart_rx_i" IO_TYPE=LVCMOS33 PULL_MODE=UP;\n' in nano
    gate = emit(design, board_of("gatemate-a1-evb"), line_of(design, board_of("gatemate-a1-evb")))["pins.ccf"]
    assert 'Net "uart_rx_i" Loc = "IO_SA_A6" | PULLUP=true;\nNet "uart_tx_o" Loc = "IO_SA_B6";\n' in gate
    assert nano.endswith('IO_LOC "led_o" 10;\nIO_PORT "led_o" IO_TYPE=LVCMOS18;\n')


@pytest.mark.parametrize(
    ("board", "wanted", "parameters"),
    [
        ("ulx3s-85f", 60.0, {"ReferenceDivider": 5, "FeedbackDivider": 12, "OutputDivider": 10}),
        ("ulx3s-85f", 50.0, {"ReferenceDivider": 1, "FeedbackDivider": 2, "OutputDivider": 12}),
        ("orangecrab-25f", 64.0, {"ReferenceDivider": 3, "FeedbackDivider": 4, "OutputDivider": 9}),
        ("icebreaker", 30.0, {"Divr": 0, "Divf": 79, "Divq": 5, "FilterRange": 1}),
        ("icebreaker", 24.0, {"Divr": 0, "Divf": 63, "Divq": 5, "FilterRange": 1}),
        ("tang-nano-9k", 54.0, {"Reference": "27", "Idiv": 0, "Fbdiv": 1, "Odiv": 16}),
        ("gatemate-a1-evb", 25.0, {"Reference": "10", "Wanted": "25"}),
        ("tang-nano-20k", 40.5, {"Reference": "27", "Idiv": 1, "Fbdiv": 2, "Odiv": 16}),
    ],
)
def test_another_clock(board: str, wanted: float, parameters: dict[str, int | str]) -> None:
    """The values for 60 and 30 MHz are those of ecppll and icepll."""
    found = board_of(board).clocked(wanted)
    assert found.pll is not None and found.clock_mhz == pytest.approx(wanted, rel=1e-12)
    assert found.pll.parameters == parameters


def test_a_clock_near_enough_and_the_oscillator_itself() -> None:
    board = board_of("icebreaker")
    assert board.clocked(20.3).clock_mhz == 20.25
    assert board.clocked(24.0).clocked(12.0) == board


def test_the_top_level_with_another_clock() -> None:
    design, board = dense(), board_of("ulx3s-85f").clocked(60)
    files = emit(design, board, line_of(design, board))
    assert "  hwgen_pll_ecp5 #(\n    .ReferenceDivider(5), .FeedbackDivider(12)," in files[f"{TOP}.sv"]
    assert "assign clk" not in files[f"{TOP}.sv"] and ".ClocksPerBit (60)" in files[f"{TOP}.sv"]
    gowin = board_of("tang-nano-9k").clocked(54)
    assert '.Reference("27"), .Idiv(0),' in emit(design, gowin, line_of(design, gowin))[f"{TOP}.sv"]
    assert "hwgen_pll_ecp5.sv" in files and 'PORT "clk_i" 25 MHZ' in files["pins.lpf"]


@pytest.mark.parametrize(
    ("board", "wanted", "chip"),
    [
        ("icebreaker", 7.0, "iCE40UP5K"),
        ("ulx3s-25f", 2.0, "LFE5U-25F"),
        ("tang-nano-9k", 2.0, "GW1NR-9"),
        ("gatemate-a1-evb", 400.0, "CCGM1A1"),
    ],
)
def test_a_clock_out_of_reach(board: str, wanted: float, chip: str) -> None:
    with pytest.raises(ConfigError) as error:
        board_of(board).clocked(wanted)
    must = f"clock-mhz: must be a clock that the {chip} makes of {board_of(board).oscillator_mhz} MHz, within 0.5 %"
    assert str(error.value) == f"{must}; found {wanted:g}. {board} runs at its own without the option."


def lint(sources: list[Path], top: str, work: Path) -> None:
    simulator = find_simulator()
    waivers = asset("sim") / "lint" / "verilator.vlt"
    command = [simulator.verilator, "--lint-only", "-Wall", waivers, *sources, "--top-module", top]
    run(command, cwd=work, log=work / "lint.log", timeout_s=60, env=simulator.environment)


@pytest.mark.parametrize(
    "board",
    [board_of("orangecrab-85f"), board_of("icebreaker"), board_of("tang-nano-9k")],
    ids=lambda board: board.name,
)
def test_the_top_level_is_clean_under_verilator_wall(board: Board, tmp_path: Path) -> None:
    from hwgen.backends import rtl

    design = dense()
    files = rtl.emit(design) | emit(design, board, line_of(design, board))
    for name, text in files.items():
        (tmp_path / Path(name).name).write_text(text)
    sources = dict.fromkeys([*files["files.f"].split(), *(name for name in files if name.endswith(".sv"))])
    lint(sorted({tmp_path / Path(name).name for name in sources}), TOP, tmp_path)


@pytest.mark.parametrize(
    ("module", "parameters", "message"),
    [
        ("hwgen_uart_rx", {"ClocksPerBit": 3}, "hwgen_uart_rx: ClocksPerBit must be at least 4"),
        ("hwgen_uart_tx", {"ClocksPerBit": 1}, "hwgen_uart_tx: ClocksPerBit must be at least 2"),
        (
            "hwgen_uart_bridge",
            {"FrameBytes": 7, "InputBytes": 2},
            "hwgen_uart_bridge: FrameBytes must be a multiple of InputBytes",
        ),
    ],
)
def test_bad_parameters_fail_at_elaboration(
    module: str, parameters: dict[str, int], message: str, tmp_path: Path
) -> None:
    simulator = find_simulator()
    log = tmp_path / "lint.log"
    values = [f"-G{name}={value}" for name, value in parameters.items()]
    command = [simulator.verilator, "--lint-only", *LIBRARY.glob("*.sv"), FIFO, "--top-module", module, *values]
    with pytest.raises(Exception, match="must succeed"):
        run(command, cwd=tmp_path, log=log, timeout_s=60, env=simulator.environment)
    assert message in log.read_text()


def serial_line(work: Path, name: str = "", right: str = "", wrong: str = "") -> list[str]:
    """What the bench of the serial line prints; with `right` in the module `name` replaced by `wrong`."""
    simulator = find_simulator()
    work.mkdir(exist_ok=True)
    for source in (LIBRARY / "hwgen_uart_rx.sv", LIBRARY / "hwgen_uart_tx.sv"):
        text = source.read_text()
        if source.stem == name:
            assert text.count(right) == 1
            text = text.replace(right, wrong)
        (work / source.name).write_text(text)
    sources = [Path(__file__).with_name("uart_bench.sv"), *sorted(work.glob("*.sv"))]
    verilate = [simulator.verilator, "--cc", "--no-timing", "--prefix", "Vbench", "--top-module", "bench"]
    command = [*verilate, "-Mdir", "obj", *sources]
    run(command, cwd=work, log=work / "verilate.log", timeout_s=60, env=simulator.environment)
    parts = ["precompiled.h", *sorted(path.name for path in (work / "obj").glob("*.cpp")), "model.h"]
    (work / "all.cc").write_text("".join(f'#include "{part}"\n' for part in parts))
    flags = [*simulator.model_flags(LEVELS[0]), "-Iobj"]
    link = [*simulator.link_flags(cocotb=False), "-o", "bench"]
    run([simulator.compiler, *flags, "all.cc", *link], cwd=work, log=work / "build.log", timeout_s=300)
    run([work / "bench"], cwd=work, log=work / "run.log", timeout_s=60)
    return (work / "run.log").read_text().splitlines()


def test_bytes_have_a_stop_bit(tmp_path: Path) -> None:
    """A byte whose stop bit is low is dropped, and the next one is whole; sent bytes end high."""
    heard = ["received 5a", "received c3", "received 01", "break", "received ff"]
    said = ["sent 1010110100", "sent 1000000000"]
    assert serial_line(tmp_path) == [*heard, *said]


@pytest.mark.long
@pytest.mark.parametrize(
    ("module", "right", "wrong"),
    [
        ("hwgen_uart_rx", "valid_o <= line_q;", "valid_o <= 1'b1;"),
        ("hwgen_uart_tx", "bits_q <= {1'b1, data_i, 1'b0};", "bits_q <= {1'b0, data_i, 1'b0};"),
        ("hwgen_uart_tx", "left_q <= 4'd10;", "left_q <= 4'd9;"),
    ],
)
def test_a_line_without_stop_bits_is_seen(module: str, right: str, wrong: str, tmp_path: Path) -> None:
    assert serial_line(tmp_path / "wrong", module, right, wrong) != serial_line(tmp_path / "right")


def test_the_bench_of_a_board_has_the_ports_of_the_design() -> None:
    design = dense()
    text = emit_bench(design, line_of(design, board_of("icebreaker")))
    assert f"module {BENCH} (" in text and f"  {TOP} u_board (" in text
    assert "logic [23:0] s_axis_tdata" in text and ".ResultBytes (4)" in text
