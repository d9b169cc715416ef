"""What the estimate's table and the report page say of the HLS project's memories."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import hwgen
from hwgen.flow.report import write_report
from hwgen.report.hls import memories
from hwgen.report.tables import estimate_table
from tests.builders import random_network


def test_memories_are_shown(tmp_path: Path) -> None:
    graph = random_network(np.random.default_rng(3), (20, 12, 5))
    accelerator = hwgen.compile(graph, memory={"fc0": "block"}).write(tmp_path / "out")
    report = accelerator.estimate()
    assert report.hls is not None and report.hls.memory.bram >= 0.5
    bram, bits, srl = report.hls.memory.bram, report.hls.memory.lutram_bits, report.hls.memory.srl_bits
    told = f"{bram:g} BRAM, {bits:,} bits of LUT RAM, {srl:,} of shift registers"
    assert f"its memories: {told}; of them streams: 0 BRAM, " in str(estimate_table(report).caption)
    assert f"Its memories, estimated: {told}; of them" in write_report(tmp_path / "out").read_text()


def test_without_an_hls_project_nothing_is_said() -> None:
    graph = random_network(np.random.default_rng(3), (20, 12, 5))
    report = hwgen.compile(graph, writable=("fc0",)).estimate()
    assert report.hls is None and memories(report) == ""
