"""Somebody else's project: every file of it changed, and every verb that opens it; errors of hwgen's, nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow
from hwgen.flow import Accelerator
from hwgen.flow.report import write_report
from hwgen.report.vitis import HlsReport, read_csynth
from hwgen.verify.evaluate import accuracy
from tests.builders import conv_network, random_network
from tests.report.vitis_files import csynth

LIMIT_S = 20
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 3, 1.5, 10**30, 2**31, 1e300, "", "x", "../../outside", "a/b", "0" * 5000, [], {}, [[]], [1, 2],
    {"a": 1}, "\n`include", "\ud800",
)  # fmt: skip
RECORDS = ("simulate.json", "evaluate.json", "synth.json", "hls.json")


def filled(folder: Path, accelerator: Accelerator) -> Path:
    """A project with all its records."""
    written = accelerator.write(folder)
    codes = written.codes(4)
    written.record("simulate.json", written.simulate(codes, "golden").to_json())
    labels = np.zeros(4, dtype=np.int64)
    found = accuracy(written.graph, "golden", written.outputs(codes), labels, "labels")
    written.record("evaluate.json", found.to_json())
    measured = {"lut": 5, "ff": 6, "bram18": 0, "bram36": 0, "dsp": 0, "uram": 0}
    written.record("synth.json", {"tool": "yosys", "family": "xc7", "measured": measured})
    (folder.parent / "csynth.xml").write_text(csynth("net"))
    written.record("hls.json", HlsReport(read_csynth(folder.parent / "csynth.xml")).to_json())
    write_report(folder)
    (folder / "bitstream" / "icebreaker").mkdir(parents=True)
    line = {"baud": 1_000_000, "frame_bytes": 3, "result_bytes": 2}
    (folder / "bitstream" / "icebreaker" / "report.json").write_text(json.dumps({"serial_line": line}))
    return folder


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A dense one with a layer that can be rewritten, and one of images."""
    folder = tmp_path_factory.mktemp("foreign")
    dense = flow.compile(random_network(np.random.default_rng(0), (12, 8, 4)), writable=("fc0",), target_interval=16)
    image = flow.compile(conv_network(np.random.default_rng(1)), target_interval=64)
    return [filled(folder / "dense", dense), filled(folder / "image", image)]
