"""Assertions of the library (`HWGEN_ASSERT`): each one fires on a mistake, none without, and simulations have them on.

All mistakes are one model: a copy of the modules for each, renamed, beside the module as it is, on random streams.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.render import library
from hwgen.errors import ToolError
from hwgen.hw.packing import to_words
from hwgen.ir.types import Bipolar
from hwgen.verify.bench import Stalls
from hwgen.verify.process import run
from hwgen.verify.rtlsim import simulate
from hwgen.verify.simulator import find_simulator
from tests.rtl_support import design_of, draw, mvtu, write

LIBRARY = library("rtl")
PACKAGES = [text for name, text in LIBRARY.items() if name.endswith("_pkg.sv")]
MODULE = re.compile(r"\bhwgen_(?!\w+_pkg\b)\w+")
INSTANCE = re.compile(r"^ *(hwgen_\w+) #\(", re.MULTILINE)
INPUT = re.compile(r"^  input  wire logic .*?(\w+),?$", re.MULTILINE)
ASSERTION = re.compile(r"(\w+): assert \(")
VERILATE = ("--cc", "--no-timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--assert", "-DHWGEN_ASSERT")
CYCLES = 2000
B = Bipolar()

MAIN = """
#include "Vmutants.h"
#include "verilated.h"

int main(int argc, char** argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Vmutants top{&context};
  for (int cycle = 0; cycle < CYCLES; ++cycle) {
    top.rst_ni = cycle > 3 && cycle != CYCLES / 3;
    for (int level = 0; level < 2; ++level) {
      top.clk_i = level;
      top.eval();
      context.timeInc(1);
    }
  }
}
"""

NOISE = """
  logic [511:0] noise = {16{32'h2545f491}};
  always_ff @(posedge clk_i) noise <= {noise[510:0], noise[511] ^ noise[493] ^ noise[389] ^ noise[97]};
"""


@dataclass(frozen=True)
class Unit:
    """A module with parameters; an input that is not tied to anything gets random bits."""

    module: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """`old` becomes `new` in `module`, or in the unit's own: the assertion `label` must fire, in `where` or there."""

    unit: Unit
    label: str
    old: str
    new: str
    module: str = ""
    where: str = ""

    @property
    def stated_in(self) -> str:
        return self.where or self.module or self.unit.module


ALL_LEVELS = {"thresholds_i": "{8{24'h300100}}", "descending_i": "'0"}
THRESHOLD = Unit(
    "hwgen_threshold",
    {"Lanes": 2, "Beats": 3, "LastLanes": 1, "InputBits": 10, "Levels": 2, "ThresholdBits": 12, "CodeBits": 2},
    ALL_LEVELS,
)
SUMS = {"SumBits": 12, "SumSigned": 0, "Levels": 2, "ThresholdBits": 12, "CodeBase": 1, "CodeBits": 2}
MVTU = {"Pe": 2, "Simd": 3, "NeuronFolds": 3, "SynapseFolds": 3, "LastPe": 1, **SUMS}
PLAIN = Unit("hwgen_mvtu", MVTU, ALL_LEVELS)
GATED = Unit("hwgen_mvtu_gated", MVTU, {**ALL_LEVELS, "gate_data_i": "noise[40] & noise[90]"})
FOLDED = Unit("hwgen_mvtu_planes", {**MVTU, "Planes": 3, "BetaBits": 2, "Betas": "6'h1b"}, ALL_LEVELS)
DEPTHWISE = Unit("hwgen_depthwise", {"Lanes": 2, "LastLanes": 1, "Blocks": 3, "Taps": 3, **SUMS}, ALL_LEVELS)
WINDOW = Unit("hwgen_window", {"Lanes": 2, "LastLanes": 1, "Height": 5, "Width": 5, "OutHeight": 3, "OutWidth": 3})
WIDE = {"Height": 5, "Width": 5, "OutHeight": 7, "OutWidth": 7, "PadTop": 2, "PadLeft": 2}
WHOLE = Unit("hwgen_parallel_window", WIDE)
ADD = Unit("hwgen_add", {"Lanes": 2, "Beats": 3, "LastLanes": 1})
SCALE = Unit("hwgen_scale", {"Lanes": 2, "Beats": 3, "LastLanes": 1})
POOL = Unit("hwgen_pool", {"Lanes": 2, "LastLanes": 1, "PixelBeats": 3, "Columns": 2})
ARGMAX = Unit("hwgen_argmax", {"Lanes": 3, "Beats": 2, "LastLanes": 1})
CONCAT = Unit("hwgen_concat", {"Beats": "{32'd3, 32'd2}"})
WIDTH = Unit("hwgen_width", {"InBeats": 3, "Push": 3, "LastPush": 1, "Pull": 2})
SELECT = Unit("hwgen_select", {"Run": 3, "Inner": 3, "Outer": 2, "KeepInner": "3'b101"})
REORDER = Unit("hwgen_reorder", {"BlockBeats": 4, "Run": 3, "Runs": 2}, {"start_i": "2'd1"})
FIFO, FORK, CONTROL = Unit("hwgen_fifo", {"Depth": 5}), Unit("hwgen_fork"), Unit("hwgen_control")

READER = Unit(  # of words that are taken as they come, whether it asked for them or not
    "hwgen_weight_reader",
    {"DataBits": 1024, "Beats": 100, "Burst": 32, "Depth": 64},
    {"base_i": "64'h1000", "m_ready_i": "1'b1"},
)

QUEUE, LINES = "hwgen_credit_queue", "hwgen_window_lines"

MISTAKES = (
    Mistake(FIFO, "count_is_distance", "if (pop) read_d =", "if (m_ready_i) read_d ="),
    Mistake(
        FIFO, "handshakes_agree", "push && count_q == CountBits'(Depth - 1)", "push && count_q == CountBits'(Depth)"
    ),
    Mistake(THRESHOLD, "issue_has_credit", "fire = credit &&", "fire =", where=QUEUE),
    Mistake(THRESHOLD, "credit_is_room", "CountBits'(Credits - 1)", "CountBits'(Credits - 2)", QUEUE),
    Mistake(THRESHOLD, "push_finds_room", ".Depth(Credits)", ".Depth(Credits - 1)", QUEUE),
    Mistake(THRESHOLD, "pop_was_issued", "if (issue_i != pop)", "if (pop)", QUEUE),
    Mistake(THRESHOLD, "spare_lanes_zero", "lane < LastLanes ||", "lane <= LastLanes ||"),
    Mistake(THRESHOLD, "thresholds_ascend", "compared[level] = sum >=", "compared[level] = sum <=", "hwgen_activation"),
    Mistake(PLAIN, "spare_lanes_zero", "last_beat_q <= last_beat;", "last_beat_q <= beat_q == '0;", "hwgen_mvtu_core"),
    Mistake(PLAIN, "last_is_last", "SynapseFolds - 2)", "SynapseFolds - 1)", "hwgen_mvtu_slots"),
    Mistake(PLAIN, "kept_before_read_back", "if (last_synapse_o) reading_q", "reading_q", "hwgen_mvtu_slots"),
    Mistake(GATED, "weights_follow", "slot_q <= '0;\n      end else if (last", "end else if (last", "hwgen_mvtu_slots"),
    Mistake(GATED, "one_beat_a_cycle", "(credit && !owes) ||", "credit ||"),
    Mistake(GATED, "owed_fits", "NeuronBits'(NeuronFolds - 1);", "NeuronBits'(NeuronFolds);"),
    Mistake(GATED, "gate_with_last_beat", "decides && s_valid_i;", "decides;"),
    Mistake(
        FOLDED,
        "first_plane_reads",
        "(!repeat_i && last_neuron)",
        "last_neuron",
        module="hwgen_mvtu_slots",
        where="hwgen_mvtu_planes",
    ),
    Mistake(DEPTHWISE, "weights_follow", "Slots = Blocks * Taps", "Slots = Blocks * Taps - 1"),
    Mistake(DEPTHWISE, "spare_lanes_zero", "last_block_q <= last_block;", "last_block_q <= block_q == '0;"),
    Mistake(SELECT, "in_row", "beat_q == RunBits'(Run - 1);", "beat_q == RunBits'(Run);"),
    Mistake(REORDER, "block_held", "(!block_start_q || enough)", "1'b1"),
    Mistake(REORDER, "in_block", "beat_q == RunBits'(Run - 1);", "beat_q == RunBits'(Run);"),
    Mistake(WINDOW, "rows_held", "(!row_start || enough)", "1'b1"),
    Mistake(WINDOW, "spare_lanes_zero", "lane < LastLanes ||", "lane <= LastLanes ||"),
    Mistake(
        WINDOW,
        "addr_in_ring",
        "sum >= (AddrBits + 1)'(Depth) ?",
        "sum > (AddrBits + 1)'(Depth) ?",
        "hwgen_window_places",
    ),
    Mistake(WINDOW, "row_finds_room", "take = s_valid_i && s_ready_o", "take = s_valid_i", LINES),
    Mistake(WINDOW, "level_fits", "release_i ? freed_i", "release_i ? -freed_i", LINES),
    Mistake(WHOLE, "beat_is_free", "space_o = held_q < 0", "space_o = held_q <= 0", "hwgen_parallel_window_levels"),
    Mistake(WHOLE, "level_fits", "{1'b0, row_in_i}", "{1'b0, {2{row_in_i}}}", "hwgen_parallel_window_levels"),
    Mistake(ADD, "spare_lanes_zero", "!last_beat ?", "last_beat ?"),
    Mistake(SCALE, "spare_lanes_zero", "!last_beat ?", "last_beat ?"),
    Mistake(SCALE, "product_fits", "parameter int unsigned OutputBits = 16", "parameter int unsigned OutputBits = 12"),
    Mistake(POOL, "spare_lanes_zero", "!last_beat2_q ?", "!last_beat1_q ?"),
    Mistake(ARGMAX, "index_in_frame", "lane < LastLanes || !last,", "1'b1,"),
    Mistake(CONCAT, "beat_in_turn", "last = beat_q == last_of_turn", "last = beat_q > last_of_turn"),
    Mistake(WIDTH, "arriving_fits", "held_q <= HeldBits'(Limit);", "held_q <= HeldBits'(MaxHeld);"),
    Mistake(WIDTH, "held_fits", "HeldBits'(Push))", "HeldBits'(Push + 1))"),
    Mistake(FORK, "readers_together", "s_ready_o = &ready", "s_ready_o = |ready"),
    Mistake(CONTROL, "one_write", "wvalid_i && !bvalid_o", "wvalid_i"),
    Mistake(READER, "word_finds_room", ".Depth(Depth)", ".Depth(1)"),
    Mistake(READER, "burst_stays_in_4_kb", "<< Shift)", "<< (Shift - 1))"),
    Mistake(CONTROL, "one_read", "arvalid_i && !rvalid_o", "arvalid_i"),
)


def copied(unit: Unit, suffix: str, mistake: Mistake | None = None) -> dict[str, str]:
    """The modules that `unit` needs, with a `suffix` to each name; the one with the mistake has it."""
    found: dict[str, str] = {}

    def visit(module: str) -> None:
        text = LIBRARY[f"{module}.sv"]
        if mistake is not None and module == (mistake.module or unit.module):
            assert text.count(mistake.old) == 1, mistake
            text = text.replace(mistake.old, mistake.new)
        found[module + suffix] = MODULE.sub(lambda name: name[0] + suffix, text)
        for name in INSTANCE.findall(text):
            if name + suffix not in found:
                visit(name)

    visit(unit.module)
    return found


def instance(unit: Unit, suffix: str, name: str) -> str:
    inputs = INPUT.findall(LIBRARY[f"{unit.module}.sv"])
    ties = {port: f"noise >> {29 * index}" for index, port in enumerate(inputs)}
    ties |= {"clk_i": "clk_i", "rst_ni": "rst_ni", **unit.ties}
    parameters = ", ".join(f".{key}({value})" for key, value in unit.parameters.items())
    ports = ", ".join(f".{port}({ties[port]})" for port in inputs)
    return f"  {unit.module}{suffix} #({parameters}) {name} ({ports});\n"


def write_model(work: Path) -> None:
    """Every unit as it is, `u_<module>`, and again with each mistake, `u_<number>`."""
    modules: dict[str, str] = {}
    instances = []
    for module, unit in {mistake.unit.module: mistake.unit for mistake in MISTAKES}.items():
        modules |= copied(unit, "__plain")
        instances.append(instance(unit, "__plain", f"u_{module}"))
    for index, mistake in enumerate(MISTAKES):
        modules |= copied(mistake.unit, f"__{index}", mistake)
        instances.append(instance(mistake.unit, f"__{index}", f"u_{index}"))
    top = f"module mutants (input wire logic clk_i, input wire logic rst_ni);\n{NOISE}{''.join(instances)}endmodule\n"
    (work / "mutants.sv").write_text("".join([*PACKAGES, *modules.values(), top]))
    (work / "main.cc").write_text(MAIN.replace("CYCLES", str(CYCLES)))


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Which assertions fired in each instance."""
    work, simulator = tmp_path_factory.mktemp("assertions"), find_simulator()
    write_model(work)
    verilate = [*VERILATE, "--top-module", "mutants", "-Mdir", "model", "mutants.sv"]
    run([simulator.verilator, *verilate], cwd=work, log=work / "verilate.log", timeout_s=120, env=simulator.environment)
    names = ["main.cc", *(f"model/{path.name}" for path in sorted((work / "model").glob("*.cpp")))]
    (work / "all.cc").write_text("".join(f'#include "{name}"\n' for name in names))
    compiled = [*simulator.model_flags("-O0"), "-Imodel", "all.cc", *simulator.link_flags(cocotb=True), "-o", "sim"]
    run([simulator.compiler, *compiled], cwd=work, log=work / "compile.log", timeout_s=600)
    run([work / "sim", "+verilator+error+limit+1000000"], cwd=work, log=work / "sim.log", timeout_s=60)
    found: dict[str, set[str]] = {}
    for path in re.findall(r"Assertion failed in TOP\.mutants\.(\S+): ", (work / "sim.log").read_text()):
        found.setdefault(path.split(".")[0], set()).add(path.split(".")[-1])
    return found


def test_each_mistake_fires_its_assertion(fired: dict[str, set[str]]) -> None:
    assert not [each for index, each in enumerate(MISTAKES) if each.label not in fired.get(f"u_{index}", set())]


def test_no_assertion_fires_without_a_mistake(fired: dict[str, set[str]]) -> None:
    assert not {name: labels for name, labels in fired.items() if not name.removeprefix("u_").isdigit()}


def test_every_assertion_has_a_mistake() -> None:
    stated = {(name.removesuffix(".sv"), label) for name, text in LIBRARY.items() for label in ASSERTION.findall(text)}
    assert len(stated) > 30
    assert stated == {(each.stated_in, each.label) for each in MISTAKES}


def test_simulations_have_them_on(tmp_path: Path) -> None:
    """An output queue with room for one beat less than there are credits."""
    design = design_of(mvtu(np.random.default_rng(7), B, B, (6, 6), (3, 6), result=B))
    project = write(design, tmp_path / "project")
    queue = project / "lib" / "hwgen_credit_queue.sv"
    queue.write_text(queue.read_text().replace(".Depth(Credits)", ".Depth(Credits - 1)"))
    frames = draw(np.random.default_rng(8), B, (20, 6))
    with pytest.raises(ToolError, match="push_finds_room"):
        simulate(design, project, to_words(frames, design.input), tmp_path, stalls=Stalls(0.1, 0.7))
