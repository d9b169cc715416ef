"""Proofs of library modules: monitors fit them, mistakes are refuted, edited files are judged as they stand."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from hwgen.backends.render import asset
from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.verify.formal import Proof, Sources, kept_contents, monitor_of, prove_units, read_sources
from hwgen.verify.formal.aiger import Circuit, read
from hwgen.verify.formal.monitor import contract_names, monitored
from hwgen.verify.formal.netlists import FAMILIES, Netlist, alone, mapping_of, outermost
from hwgen.verify.formal.search import _counterexample
from hwgen.verify.formal.trace import waveform
from tests.tiers import is_long, some

LIBRARY = {
    path.name: path.read_text(encoding="utf-8") for path in sorted((asset("templates") / "rtl/lib").glob("*.sv"))
}
PARAMETER = re.compile(r"^\s*parameter\s+(?:.*?\s)?(\w+)\s*=", re.MULTILINE)
BUDGET_S = 30.0


def project(*instances: str, **edited: str) -> Sources:
    """The library, `edited` files in it, and a top level of instances without connections."""
    body = "".join(f"  {text} u_{place} ();\n" for place, text in enumerate(instances))
    files = {name: edited.get(name.removesuffix(".sv"), text) for name, text in LIBRARY.items()}
    order = ["hwgen_steps_pkg.sv", *(name for name in files if name != "hwgen_steps_pkg.sv")]
    texts = {name: files[name] for name in order} | {"top.sv": f"module top;\n{body}endmodule\n"}
    return Sources("top", texts, frozenset(files), {})


def proofs(sources: Sources, budget_s: float = BUDGET_S) -> list[Proof]:
    return list(prove_units(sources, kept_contents(sources).units, budget_s))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("module", monitored())
def test_a_monitor_fits_its_module(module: str) -> None:
    """The same parameters in the same order; a claim, a cover trace, a mistake; signals that there are."""
    monitor = monitor_of(module)
    assert monitor is not None and all((monitor.claim, monitor.cover, monitor.mistake))
    text = LIBRARY[f"{module}.sv"]
    head = text[text.index("#(") : text.index(") (")]
    assert monitor.parameters == PARAMETER.findall(head)
    assert "mistake_i" in monitor.text and "covered_o" in monitor.text and "_wrong_o" in monitor.text
    below = "".join(LIBRARY.values())
    assert all(re.search(rf"\b{path.rpartition('.')[2]}\b", below) for path in monitor.sees.values())


def test_what_stands_in_for_a_module_is_proved() -> None:
    """A contract has a monitor of its own module; the proofs of the others rest on it."""
    assert set(contract_names()) <= set(monitored())
    for module in monitored():
        monitor = monitor_of(module)
        assert monitor is not None and module not in monitor.contracts


def test_circuits_are_written_and_read() -> None:
    """NOT((toggle AND high) OR (NOT toggle AND NOT high)), which is `toggle XOR high`."""
    circuit = Circuit(("toggle",), (10,), {"high": 4}, ((4, 2), (5, 3), (9, 7)))
    assert [values[2] for values in circuit.run([[1], [0], [1], [1]])] == [0, 1, 1, 0]
    again = read(circuit.to_bytes(), "input 0 0 toggle\noutput 0 0 high\n")
    assert again.inputs == circuit.inputs and again.registers == circuit.registers and again.outputs == circuit.outputs
    assert [set(gate) for gate in again.gates] == [set(gate) for gate in circuit.gates]
    assert circuit.depth is None
    tied = circuit.chosen(["high"], {"toggle": False})
    assert not any(values[2] for values in tied.run([[1]] * 4))


def test_pipelines_are_unrolled() -> None:
    """Two registers in a row: after two frames the output is the first input, whatever came before."""
    pipeline = Circuit(("in",), (2, 4), {"out": 6}, ())
    assert pipeline.depth == 2
    assert pipeline.settled(2).outputs == {"out@0": 0, "out@1": 0, "out@2": 2}
    assert pipeline.induction(1).outputs["wrong"] not in (0, 1)
    with pytest.raises(ValueError, match="not a binary AIGER file"):
        read(b"aag 0 0 0 0 0\n")


def test_lemmas_help_an_induction() -> None:
    """Of three registers in a row the first stays low; that the second does is no induction, and shows the third."""
    circuit = Circuit(("in",), (10, 4, 6), {"second": 6, "third": 8}, ((4, 2),))
    assert _can_be_high(circuit.induction(1)) and not _can_be_high(circuit.induction(1, ["second"]))
    assert not _can_be_high(circuit.induction(2))


def _can_be_high(circuit: Circuit) -> bool:
    """Whether any inputs make the output of gates high."""
    (output,) = circuit.outputs.values()
    stimuli = product((0, 1), repeat=len(circuit.inputs))
    return any(values[output >> 1] ^ output & 1 for values in circuit.run(list(map(list, stimuli))))


def test_a_counterexample_is_read_and_drawn(tmp_path: Path) -> None:
    (tmp_path / "cex").write_text("0\n1\n0\n1\n# DONE\n", encoding="utf-8")
    stimuli = _counterexample(tmp_path, 1)
    assert stimuli == [[1], [0], [1]]
    circuit = Circuit(("toggle",), (10,), {"high": 4}, ((4, 2), (5, 3), (9, 7)))
    wave = waveform("hwgen_x", "input 0 0 toggle\nlatch 0 0 u_unit.high_q\n", circuit, list(circuit.run(stimuli)))
    assert "$scope module hwgen_x_monitor $end" in wave and "$scope module u_unit $end" in wave
    assert re.search(r"\$var wire 1 (.) high_q \$end", wave) and wave.rstrip().endswith("#30")


@pytest.mark.starts_process
def test_units_are_proved() -> None:
    """Each with the trace that reaches its claim, and a mistake that was refuted; all parameters, defaults too."""
    sources = project(
        "hwgen_fifo #(.Width(3), .Depth(21))", "hwgen_mvtu #(.Simd(2), .NeuronFolds(3), .SynapseFolds(3))"
    )
    found = proofs(sources)
    assert {proof.module for proof in found} == {
        "hwgen_fifo", "hwgen_mvtu", "hwgen_credit_queue", "hwgen_lane_sums", "hwgen_popcount"
    }  # fmt: skip
    assert [proof.verdict for proof in found] == ["proved"] * len(found), found
    assert all(proof.cover and proof.cover.cycles > 1 and proof.mistake and proof.mistake.cycles for proof in found)
    fifo = next(proof for proof in found if proof.module == "hwgen_fifo")
    assert fifo.parameters == {"Width": 3, "Depth": 21, "Style": "distributed"} and not fifo.cached
    again = proofs(sources)
    assert all(proof.cached for proof in again) and [proof.seconds for proof in again] == [p.seconds for p in found]


@pytest.mark.starts_process
def test_a_window_that_leaves_gaps_is_proved() -> None:
    """It lets go rows that are yet to come, so that it holds fewer than none."""
    found = proofs(
        project("hwgen_window #(.KernelHeight(1), .KernelWidth(1), .StrideDown(2), .Height(4), .OutHeight(2))")
    )
    assert {proof.module: proof.verdict for proof in found}["hwgen_window"] == "proved", found


@pytest.mark.starts_process
def test_a_module_without_a_monitor_has_no_verdict() -> None:
    (found,) = proofs(project("hwgen_delay"))
    assert (found.verdict, found.passed) == ("none", False)
    assert found.message == "hwgen_delay: must have a monitor in sim/formal to be proved; found none."


@pytest.mark.starts_process
def test_a_monitor_that_does_not_fit_gives_no_verdict() -> None:
    """A parameter more, a register that is called otherwise, a file that Yosys does not read: a line each."""
    fifo, width = LIBRARY["hwgen_fifo.sv"], LIBRARY["hwgen_width.sv"]
    (more,) = proofs(project("hwgen_fifo", hwgen_fifo=fifo.replace("Depth = 2,", "Depth = 2,\n  parameter bit X = 0,")))
    assert more.message == "hwgen_fifo: must have the parameters of its monitor; found X in one alone."
    (other,) = proofs(project("hwgen_width", hwgen_width=width.replace("store_q", "kept_q")))
    assert other.message == ("hwgen_width_monitor: must have the signals that it looks at; found none called store_q.")
    with pytest.raises(
        ToolError, match=r"hwgen_fifo\.sv:\d+: must be legal SystemVerilog to Yosys; found syntax error"
    ):
        kept_contents(project("hwgen_fifo", hwgen_fifo=fifo.replace("assign push =", "assign push ==")))


@pytest.mark.starts_process
def test_a_reference_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitor that says of what parameters it knows nothing."""
    from hwgen.verify.formal import prove

    own = monitor_of("hwgen_tlast")
    assert own is not None
    text = own.text.replace(
        "endmodule", '  if (Beats > 2) begin : gen_check\n    $error("none for 3 beats");\n  end\nendmodule'
    )
    monkeypatch.setattr(prove, "monitor_of", lambda module: replace(own, text=text))
    (found,) = proofs(project("hwgen_tlast #(.Beats(3))"))
    assert found.verdict == "none"
    assert re.fullmatch(
        r"hwgen_tlast_monitor: must have a reference for these parameters; found at monitor\.sv:\d+ none for 3 beats\.",
        found.message,
    )


@pytest.mark.starts_process
def test_a_budget_that_ends_is_said() -> None:
    """A dot product of wide numbers that no step proves in a second."""
    unit = "hwgen_fifo #(.Width(64), .Depth(100))"
    (found,) = proofs(project(unit), budget_s=1.0)
    assert found.verdict in ("bounded", "none") and "\n" not in found.message
    assert re.search(r"found 1 CPU seconds used up\. Give a larger --budget\.$", found.message)


@pytest.mark.starts_process
def test_netlists_are_proved_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units for ECP5, one with a multiplier in the long tier; a netlist with LUTs of other contents is refuted."""
    scale = "hwgen_scale #(.Lanes(1), .InputBits(4), .FactorBits(3), .OutputBits(7))"
    sources = project("hwgen_fifo #(.Width(2), .Depth(3))", *([scale] if is_long() else []))
    units = outermost(kept_contents(sources).units)
    assert [unit.module for unit in units] == ["hwgen_fifo", *(["hwgen_scale"] if is_long() else [])]
    found = list(prove_units(sources, units, BUDGET_S, netlist=Netlist("ecp5")))
    assert [(proof.verdict, proof.message) for proof in found] == [("proved", "")] * len(units)
    assert all(proof.cover and proof.mistake and proof.mistake.cycles for proof in found)
    own = FAMILIES["ecp5"]
    wrong = replace(own, synthesis=(*own.synthesis, "setparam -set INIT 16'h8000 netlist/t:LUT4"))
    monkeypatch.setitem(FAMILIES, "ecp5", wrong)
    (refuted,) = prove_units(sources, units[:1], BUDGET_S, netlist=Netlist("ecp5"))
    assert refuted.verdict == "refuted" and refuted.cycles and refuted.rule.endswith("_wrong_o")
    assert re.search(r"\$scope module u_netlist \$end", refuted.waveform)


@pytest.mark.starts_process
def test_wide_parameters_keep_their_sign() -> None:
    """One of 48 bits, the upper ones 0, in a table that is wrong where they are not; and a netlist without cells."""
    table = "hwgen_wired_table #(.Inputs(4), .Outputs(3), .Contents(48'h4b0b44b6666))"
    old, new = "= entries[bits_i];", "= entries[bits_i] ^ Contents[Outputs*Entries-1];"
    assert LIBRARY["hwgen_wired_table.sv"].count(old) == 1
    sources = project(table, hwgen_wired_table=LIBRARY["hwgen_wired_table.sv"].replace(old, new))
    (one,) = proofs(sources)
    assert one.verdict == "proved" and one.parameters["Contents"] == 0x4B0B44B6666
    stated = alone(kept_contents(sources).units[0])
    assert "sh4b0b44b6666)" in stated and "44'sh" in stated
    sources = project("hwgen_tlast #(.Beats(1))")
    (marker,) = prove_units(sources, kept_contents(sources).units, BUDGET_S, netlist=Netlist("ecp5"))
    assert marker.verdict == "proved", marker


def test_netlists_of_what_families() -> None:
    with pytest.raises(ConfigError, match=r"--netlist: must be one of ecp5, xc7; found ice40"):
        mapping_of("ice40")


def test_files_that_are_not_the_projects(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"files\.f: must be a file of the project"):
        read_sources(tmp_path, "top")
    (tmp_path / "files.f").write_text("../elsewhere.sv\n", encoding="utf-8")
    with pytest.raises(DataError, match="must list each source once"):
        read_sources(tmp_path, "top")


FIFO = "hwgen_fifo #(.Width(2), .Depth(5))"
BLOCK = 'hwgen_fifo #(.Width(2), .Depth(5), .Style("block"))'
MVTU = (
    "hwgen_mvtu #(.Pe(2), .Simd(2), .NeuronFolds(3), .SynapseFolds(3), .LastPe(1), .LastSimd(1), .SumBits(4), "
    ".SumSigned(0), .Levels(1), .ThresholdBits(3), .ThresholdSigned(0), .CodeBits(1))"
)
ADD = "hwgen_add #(.Lanes(2), .Beats(3), .LastLanes(1), .InputBits(8), .SumBits(5), .Bits(16'h0404))"
POOL = "hwgen_pool #(.Lanes(2), .LastLanes(1), .InputBits(3), .OutputBits(3), .PixelBeats(2), .Columns(2))"
THRESHOLD = (
    "hwgen_threshold #(.Lanes(2), .Beats(3), .LastLanes(1), .InputBits(4), .Levels(3), .ThresholdBits(4), .CodeBits(2))"
)
WIDTH = "hwgen_width #(.GroupBits(2), .InBeats(3), .Push(3), .LastPush(2), .Pull(2))"
CONCAT = "hwgen_concat #(.Width(2), .Beats(64'h0000_0002_0000_0001))"
ARGMAX = "hwgen_argmax #(.Beats(3), .ScoreBits(3))"
DEPTHWISE = (
    "hwgen_depthwise #(.Lanes(2), .LastLanes(1), .Blocks(3), .Taps(3), .SumBits(4), .SumSigned(0), .Levels(1), "
    ".ThresholdBits(3), .ThresholdSigned(0), .CodeBits(1))"
)
PRODUCTS = DEPTHWISE.replace(".SumSigned(0)", ".InputBits(2), .InputSigned(0), .InputBipolar(0)")
CHANNELS = "hwgen_channel_sums #(.Lanes(2), .Simd(3), .InputBits(3), .InputBipolar(0))"
FOURS = "hwgen_lane_sums #(.Pe(2), .Simd(4), .SumBits(4))"
BLOCK_MVTU = MVTU.replace("(.Pe(2), ", '(.Pe(2), .Style("block"), ')
PAIRS = (
    "hwgen_mvtu #(.Simd(2), .Pairs(1), .WeightBits(2), .WeightBipolar(0), .InputBits(2), .InputBipolar(0), "
    ".SynapseFolds(2), .CodeBits(8))"
)
PACKED = (
    "hwgen_mvtu #(.Pe(2), .Fields(2), .FieldBits(9), .WeightBits(4), .WeightBipolar(0), .InputBits(4), "
    ".InputBipolar(0), .SynapseFolds(2), .SumBits(10), .CodeBits(10))"
)
LINE = (
    "hwgen_threshold #(.Lanes(2), .Beats(3), .LastLanes(1), .InputBits(5), .InputSigned(1), .Levels(3), "
    ".ThresholdBits(6), .ThresholdSigned(1), .CodeBase(-2), .CodeTop(1), .CodeBits(2), .FactorBits(4), "
    ".PlaceBits(7), .Shift(4), .TiesToEven(1), .ThresholdStages(4))"
)
START = (
    "hwgen_threshold #(.InputBits(5), .ThresholdBits(6), .ThresholdSigned(1), .CodeTop(3), .CodeBits(2), "
    ".FactorBits(1), .PlaceBits(7), .Shift(2), .ThresholdStages(1))"
)
PLANES = (
    "hwgen_lane_sums #(.Pe(2), .Simd(3), .PaddedBipolar(1), .Planes(2), .BetaBits(2), .InputBits(3), .InputSigned(0), "
    ".InputBipolar(0), .Span(2))"
)
FOLDED_PLANES = (
    "hwgen_mvtu_planes #(.Pe(2), .Simd(2), .NeuronFolds(2), .SynapseFolds(3), .LastPe(1), .LastSimd(1), "
    ".PaddedBipolar(1), .BetaBits(3), .Betas(6'b011101), .Levels(1), .ThresholdBits(7), .OperandStages(1))"
)
BLOCKS = (
    "hwgen_lane_sums #(.Pe(2), .Simd(3), .Fields(2), .FieldBits(4), .Chained(2), .WeightBits(2), .WeightBipolar(0), "
    ".InputBits(2), .InputSigned(0), .InputBipolar(0))"
)
STREAMED = "hwgen_mvtu_streamed #(.Simd(2), .NeuronFolds(3), .SynapseFolds(2), .SumBits(4), .SumSigned(0))"
SCALE = "hwgen_scale #(.Lanes(2), .Beats(3), .LastLanes(1), .InputBits(4), .FactorBits(4), .OutputBits(8))"
SEARCH = "hwgen_search #(.Rows(3), .NumberBits(4), .PlaceBits(2), .ThresholdBits(4), .Falling(1))"
MAGNITUDE = "hwgen_magnitude #(.Lanes(2), .Beats(3), .LastLanes(1), .Vectors(2), .InputBits(3))"
SELECT = "hwgen_select #(.Width(2), .Run(2), .Inner(3), .Outer(2), .KeepInner(3'b101), .KeepOuter(2'b01))"
REORDER = "hwgen_reorder #(.Width(2), .BlockBeats(4), .Run(2), .Runs(3), .Rows(2))"
CONTROL = "hwgen_control #(.AddrBits(6), .Identity(32'h12345678))"
WRITABLE = "hwgen_writable #(.Width(40), .Depth(3), .PlaceBits(6), .Base(8))"
MUTATIONS = [
    (FIFO, "hwgen_fifo", "read_d = read_q == LastPtr ? '0 : read_q + 1'b1", "read_d = read_q + 1'b1"),
    (FIFO, "hwgen_fifo", "count_q == CountBits'(Depth - 1)", "count_q == CountBits'(Depth - 2)"),
    (FIFO, "hwgen_fifo", "assign pop = valid_q && m_ready_i", "assign pop = m_ready_i"),
    (FIFO, "hwgen_fifo", "write_q <= write_q == LastPtr ? '0 : write_q + 1'b1", "write_q <= write_q + 1'b1"),
    (FIFO, "hwgen_fifo", "assign push = s_valid_i && !full_q", "assign push = s_valid_i"),
    (BLOCK, "hwgen_fifo", "bypass_q <= push && write_q == read_d", "bypass_q <= push && write_q == read_q"),
    (BLOCK, "hwgen_fifo", "read_data_q <= memory[read_d]", "read_data_q <= memory[read_q]"),
    ("hwgen_fork", "hwgen_fork", "assign s_ready_o = &ready", "assign s_ready_o = |ready"),
    ("hwgen_fork", "hwgen_fork", ".s_valid_i(s_valid_i && s_ready_o)", ".s_valid_i(s_valid_i)"),
    (WIDTH, "hwgen_width", "held_q <= HeldBits'(Limit)", "held_q < HeldBits'(Limit)"),
    (WIDTH, "hwgen_width", "push ? kept + (last ?", "push ? held_q + (last ?"),
    (WIDTH, "hwgen_width", "BeatBits'(InBeats - 1)", "BeatBits'(InBeats - 2)"),
    ("hwgen_tlast #(.Beats(10))", "hwgen_tlast", "BeatBits'(Beats - 1)", "BeatBits'(Beats - 2)"),
    ("hwgen_tlast #(.Beats(10))", "hwgen_tlast", "valid_i && ready_i", "valid_i"),
    (ADD, "hwgen_credit_queue", "pop || (credit_q &&", "(credit_q &&"),
    (ADD, "hwgen_credit_queue", "count_q == CountBits'(Credits - 1)", "count_q == CountBits'(Credits)"),
    (ADD, "hwgen_add", "assign sum = plus_sum - minus_sum", "assign sum = plus_sum + 1'b1"),
    (ADD, "hwgen_add", "lane < LastLanes || !last_beat", "lane < LastLanes"),
    (ADD, "hwgen_add", "fire = credit && &s_valid_i", "fire = credit && |s_valid_i"),
    (ADD, "hwgen_add", "beat_q <= last_beat ? '0 : beat_q + 1'b1", "beat_q <= beat_q + 1'b1"),
    (CONCAT, "hwgen_concat", "beat_q <= last ? '0 : beat_q + 1'b1", "beat_q <= beat_q + 1'b1"),
    (CONCAT, "hwgen_concat", "take = s_valid_i[i] && ready", "take = s_valid_i[i]"),
    (ARGMAX, "hwgen_argmax", "key1_q > top_key_q", "key1_q >= top_key_q"),
    (ARGMAX, "hwgen_argmax", "assign s_ready_o = credit || !last", "assign s_ready_o = credit"),
    (POOL, "hwgen_pool", "(value ^ Flip) > (held ^ Flip)", "(value ^ Flip) < (held ^ Flip)"),
    (POOL, "hwgen_pool", "first1_q ? value : combined", "combined"),
    (POOL, "hwgen_pool", "assign ends = last_across && last_down", "assign ends = last_across"),
    (POOL, "hwgen_pool", "IndexBits'(PixelBeats - 1);", "IndexBits'(PixelBeats);"),
    (THRESHOLD, "hwgen_threshold", "operand_q <= s_data_i", "operand_q <= ~s_data_i"),
    (THRESHOLD, "hwgen_threshold", "lane < LastLanes || !masked", "lane < LastLanes || masked"),
    (THRESHOLD, "hwgen_activation", "assign compared[level] = sum >=", "assign compared[level] = sum >"),
    (THRESHOLD, "hwgen_activation", "MathBits'(Levels) - MathBits'(ones)", "MathBits'(Levels - 1) - MathBits'(ones)"),
    (MVTU, "hwgen_mvtu", "assign may_fire = credit || !last", "assign may_fire = credit"),
    (MVTU, "hwgen_mvtu", "fire && last),", "fire),"),
    (MVTU, "hwgen_mvtu_slots", "SlotBits'(Slots - 1)", "SlotBits'(Slots - 2)"),
    (MVTU, "hwgen_mvtu_slots", "NeuronBits'(NeuronFolds - 1)", "NeuronBits'(NeuronFolds - 2)"),
    (MVTU, "hwgen_mvtu_vector", "last_synapse_i ? s_data_i & LastMask : s_data_i", "s_data_i"),
    (BLOCK_MVTU, "hwgen_mvtu_vector", "reading1_q ? arriving_q : kept", "reading_i ? arriving_q : kept"),
    (MVTU, "hwgen_ram", "read_addr_q <= read_addr_i", "read_addr_q <= write_addr_i + 1'b1"),
    (MVTU, "hwgen_mvtu_core", "pe >= LastPe && last_beat_q", "pe > LastPe && last_beat_q"),
    (MVTU, "hwgen_neuron", "first_i ? SumBits'(Start) : accumulator_q", "accumulator_q"),
    (PRODUCTS, "hwgen_neuron", "(first_i ? '0 : accumulator_q) + sum_i", "accumulator_q + sum_i"),
    (MVTU, "hwgen_dot", "~(weights_i ^ inputs_i)", "weights_i ^ inputs_i"),
    (FOURS, "hwgen_dot", "Counted < Simd && equal[Simd-1]", "1'b0"),
    (PAIRS, "hwgen_mvtu_core", "(64'd0 - 64'(Slots) * Excess)", "(-64'(Slots) * Excess)"),
    (PACKED, "hwgen_neuron", "{sum_i, carry_i} - ~{so_far, carry_i}", "{sum_i, 1'b0} - ~{so_far, 1'b0}"),
    (LINE, "hwgen_activation", "assign shifted = line >>> Shift", "assign shifted = line >> Shift"),
    (LINE, "hwgen_activation", "LineBits'(shifted[0] && line", "LineBits'(line"),
    (LINE, "hwgen_product", "low = {1'b0, wide[LowBits-1:0]}", "low = {wide[LowBits-1], wide[LowBits-1:0]}"),
    (START, "hwgen_activation", "{SumSigned && sum_i[SumBits-1], sum_i} ^", "{SumSigned && sum_i[SumBits-1], sum_i} |"),
    (PLANES, "hwgen_dot_residual", "(count << 1) + shared_i", "(count << 1)"),
    (PLANES, "hwgen_dot_residual", "inputs_i[lane*InputBits+Planes-1-plane]", "inputs_i[lane*InputBits+plane]"),
    (FOLDED_PLANES, "hwgen_mvtu_planes", "last = last_synapse && last_plane", "last = last_synapse"),
    (FOLDED_PLANES, "hwgen_mvtu_planes", "Betas[plane1_q*BetaBits", "Betas[plane_q*BetaBits"),
    (FOLDED_PLANES, "hwgen_mvtu_planes", "PlaneBits'(Planes - 1) - plane1_q", "plane1_q"),
    (FOLDED_PLANES, "hwgen_mvtu_slots", "slot_q - SlotBits'(SynapseFolds - 1)", "slot_q - SlotBits'(SynapseFolds)"),
    (BLOCKS, "hwgen_dot_packed", "carries[chain] = !into[chain*Fields+field]", "carries[chain] = 1'b1"),
    (BLOCKS, "hwgen_packed", "assign offset = ~{{OffsetBits", "assign offset = {{OffsetBits"),
    (DEPTHWISE, "hwgen_depthwise", "first_q[SumCycles]),", "1'b0),"),
    (DEPTHWISE, "hwgen_depthwise", "tap_q <= last ? '0 : tap_q + 1'b1", "tap_q <= tap_q + 1'b1"),
    (CHANNELS, "hwgen_channel_sums", "inputs[(tap*Lanes+lane)*InputBits", "inputs[(lane*Simd+tap)*InputBits"),
    (STREAMED, "hwgen_mvtu_streamed", "may_fire && w_valid_i && (s_valid_i", "may_fire && (s_valid_i"),
    (SCALE, "hwgen_scale", "lane < LastLanes || !last_beat ? value", "lane < LastLanes || last_beat ? value"),
    (SCALE, "hwgen_scale", "fire && (Factors > 1 || last_beat)", "fire && (Factors > 1 || !last_beat)"),
    (SEARCH, "hwgen_search", "assign reached = (number >= threshold)", "assign reached = (number > threshold)"),
    (SEARCH, "hwgen_search", "row_q == RowBits'(Rows - 1) ? '0", "row_q == RowBits'(Rows) ? '0"),
    (MAGNITUDE, "hwgen_magnitude", "InputSigned && value[InputBits-1] ? -value", "InputSigned ? -value"),
    (MAGNITUDE, "hwgen_magnitude", "total_q <= first2_q ? sum_q", "total_q <= first1_q ? sum_q"),
    (SELECT, "hwgen_select", "KeepInner[inner_q] && KeepOuter[outer_q]", "KeepInner[inner_q]"),
    (SELECT, "hwgen_select", "assign last_inner = last_beat && inner_q", "assign last_inner = inner_q"),
    (REORDER, "hwgen_reorder", "localparam logic signed [LevelBits-1:0] MinusOne = '1", "localparam int MinusOne = 1"),
    (REORDER, "hwgen_reorder", "block_q + AddrBits'(start_i) +", "block_q +"),
    (CONTROL, "hwgen_control", "write_o <= take && legal", "write_o <= take"),
    (CONTROL, "hwgen_control", "bvalid_o <= take || (bvalid_o && !bready_i)", "bvalid_o <= take"),
    (WRITABLE, "hwgen_writable", "(write_place_i >> SizeBits) == Tag", "(write_place_i >> SizeBits) >= Tag"),
    (WRITABLE, "hwgen_writable", "piece == PlaceBits'(Pieces - 1);", "piece != PlaceBits'(Pieces);"),
]


@pytest.mark.starts_process
@pytest.mark.parametrize("part", range(6))
def test_mistakes_are_refuted(part: int) -> None:
    """One-line mistakes in library files: refuted, with a counterexample that is not empty and a waveform."""
    assert len(MUTATIONS) >= 30
    cases = some(MUTATIONS[part::6], 7)
    for instance, module, old, new in cases:
        text = LIBRARY[f"{module}.sv"]
        assert text.count(old) >= 1, (module, old)
        found = proofs(project(instance, **{module: text.replace(old, new, 1)}))
        refuted = [proof for proof in found if proof.verdict == "refuted"]
        assert refuted, (module, old, new, [(proof.module, proof.verdict, proof.message) for proof in found])
        assert all(proof.cycles and proof.waveform.startswith("$timescale") for proof in refuted)
        assert all(re.search(rf"found .+ wrong in cycle {p.cycles} after a reset\.$", p.message) for p in refuted)


@pytest.mark.starts_process
def test_a_monitor_that_lets_its_mistake_live_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake is the proof of the proof: without it there is no verdict, whatever was proved."""
    from hwgen.verify.formal import prove

    own = monitor_of("hwgen_tlast")
    assert own is not None
    blind = replace(own, text=own.text.replace("LeftBits'(mistake_i)", "LeftBits'(0)"))
    never = replace(own, text=own.text.replace("assign covered_o = last && taken", "assign covered_o = 1'b0"))
    for monitor, told in ((blind, "must refute its own mistake"), (never, "must reach its cover trace")):
        monkeypatch.setattr(prove, "monitor_of", lambda module, monitor=monitor: monitor)
        (found,) = proofs(project("hwgen_tlast #(.Beats(3))"))
        assert found.verdict == "none" and told in found.message
