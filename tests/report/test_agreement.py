"""Reports of an HLS tool against the model of the pipelines: every figure that the model rules out is named."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.report.agreement import Agreement, agreement
from hwgen.report.vitis import HlsReport, read_cosim, read_csynth
from tests.builders import random_network
from tests.report.vitis_files import cosim, csynth

TINY = csynth(top="tiny")
SYNTHESIS = {
    "initiation interval": (
        "<PipelineII>1</PipelineII><PipelineDepth>4",
        "<PipelineII>2</PipelineII><PipelineDepth>4",
        "tiny_fc0, loop slots: must start a slot a cycle; the report says an initiation interval of 2",
    ),
    "no pipeline": (
        "<PipelineII>1</PipelineII><PipelineDepth>4</PipelineDepth>",
        "",
        "tiny_fc0, loop slots: must start a slot a cycle; the report says no pipeline",
    ),
    "slots": (
        "<TripCount>32</TripCount>",
        "<TripCount>33</TripCount>",
        "tiny_fc0, loop slots: must turn 32 times a frame; the report says 33",
    ),
    "interval of a function": (
        "36 ~ 37<",
        "36 ~ 99<",
        "tiny_fc0: its interval must be at most 98 cycles, for 32 slots in 64 stages; the report says 99",
    ),
    "latency of a function": (
        "<Worst-caseLatency>36<",
        "<Worst-caseLatency>99<",
        "tiny_fc0: its latency must be at most 98 cycles, for 32 slots in 64 stages; the report says 99",
    ),
    "no function": (
        "tiny_fc1_s",
        "other_fc1_s",
        "tiny_fc1: must be among the modules of the report; is it of this very project?",
    ),
    "no loop": (
        "<slots>\n<TripCount>",
        "<slots>\n<Trips>",
        "tiny_fc1: must have a pipelined loop; the report has none",
    ),
    "stream": (
        "<StaticDepth>6<",
        "<StaticDepth>5<",
        "stream fc0: must hold at least 6 beats; the report says 5",
    ),
    "interval of the top": (
        "<Interval-max>50<",
        "<Interval-max>99<",
        "top function: the interval must be at most the stated 98 cycles; the report says 99",
    ),
}
WARNINGS = {
    "latency": (
        "<Worst-caseLatency>75<",
        "<Worst-caseLatency>312<",
        "csynth: a latency of 70 to 312 cycles, the model says 59 to 311",
    ),
    "early": ("<Best-caseLatency>70<", "<Best-caseLatency>9<", "csynth: a latency of 9 to 75 cycles, the model says"),
    "interval of a function": (
        "36 ~ 37<",
        "36 ~ 39<",
        "tiny_fc0: its interval must be at most 38 cycles, for 32 slots in 4 stages; the report says 39",
    ),
    "latency of a function": (
        "<Worst-caseLatency>36<",
        "<Worst-caseLatency>98<",
        "tiny_fc0: its latency must be at most 38 cycles, for 32 slots in 4 stages; the report says 98",
    ),
    "stages": (
        "<PipelineDepth>6<",
        "<PipelineDepth>65<",
        "tiny_fc1_s, loop slots: 65 stages, streams are deep enough for 64",
    ),
    "memory": (
        "<BRAM_18K>0<",
        "<BRAM_18K>4<",
        "fc0: 4 block RAMs of 18 kbit, 0 were estimated",
    ),
}


@cache
def tiny() -> hwgen.Accelerator:
    """Two layers of 32 slots: at most 98 cycles a frame, 59 to 311 for the first, a stream of 6 beats."""
    return hwgen.compile(random_network(np.random.default_rng(0), (12, 8, 4), name="tiny"))


def compared(folder: Path, text: str | None = TINY, run: str | None = None) -> Agreement:
    for name, content in (("csynth", text), ("cosim", run)):
        (folder / name).write_text(content or "")
    synthesis = read_csynth(folder / "csynth") if text else None
    return agreement(
        tiny().design, tiny().estimate(), HlsReport(synthesis, read_cosim(folder / "cosim") if run else None)
    )


def test_a_report_that_agrees(tmp_path: Path) -> None:
    assert compared(tmp_path, run=cosim()) == Agreement()
    assert agreement(tiny().design, tiny().estimate(), None) == Agreement()
    assert compared(tmp_path, text=None) == Agreement()


@pytest.mark.parametrize("name", SYNTHESIS)
def test_what_the_model_rules_out(name: str, tmp_path: Path) -> None:
    right, wrong, message = SYNTHESIS[name]
    text = TINY.replace(right, wrong, 1)
    if name == "no loop":
        text = text[: text.index("<slots>\n<Trips>")] + text[text.index("</slots>", text.index("<Trips>")) + 8 :]
    assert text != TINY
    assert compared(tmp_path, text) == Agreement((message,))


@pytest.mark.parametrize("name", WARNINGS)
def test_what_the_tool_estimates(name: str, tmp_path: Path) -> None:
    right, wrong, message = WARNINGS[name]
    assert right in TINY
    found = compared(tmp_path, TINY.replace(right, wrong, 1))
    assert found.findings == () and len(found.warnings) == 1 and found.warnings[0].startswith(message)


def test_cosimulation(tmp_path: Path) -> None:
    late = cosim().replace("|     48|     49|     50|", "|     48|     99|    120|")
    message = "cosimulation: the interval must be at most the stated 98 cycles; the report says 99"
    assert compared(tmp_path, run=late) == Agreement((message,))
    slow = cosim().replace("|     71|     73|     74|", "|     71|     73|    312|")
    message = "cosimulation: a latency of 71 to 312 cycles, the model says 59 to 311"
    assert compared(tmp_path, run=slow) == Agreement((), (message,))
