"""A kernel is a declaration, a module and a template: one that hwgen has not, added here, runs in both back ends."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from hwgen.backends import render
from hwgen.hw.bill import Bill
from hwgen.hw.cost import unit_resources
from hwgen.hw.declaration import Function, Parameters, Size
from hwgen.hw.device import Family
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.packing import to_words
from hwgen.hw.schedule import Queue
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar
from hwgen.report.estimate import estimate
from hwgen.verify.rtlsim import simulate
from tests.hls_lib.cases import Case, run_cases
from tests.rtl_support import assert_cycles, draw, graph_of, write

FRAMES = 4

MODULE = """\
// Every sign turned round. Do not use it where a beat has spare lanes: they would carry ones.

`default_nettype none

module hwgen_invert #(
  parameter int unsigned Width = 8
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,

  input  wire logic [Width-1:0] s_data_i,
  input  wire logic             s_valid_i,
  output logic                  s_ready_o,

  output logic      [Width-1:0] m_data_o,
  output logic                  m_valid_o,
  input  wire logic             m_ready_i
);

  hwgen_fifo #(
    .Width(Width),
    .Depth(2)
  ) u_queue (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (~s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready_o),
    .m_data_o (m_data_o),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i)
  );

endmodule

`default_nettype wire
"""

TEMPLATE = """\
// One frame: BEATS words of signs, turned round.
#ifndef HWGEN_INVERT_HPP
#define HWGEN_INVERT_HPP

#include "hls_stream.h"
#include "pragmas.hpp"

namespace hwgen {

template <unsigned BEATS, int WIDTH>
void invert(hls::stream<ap_uint<WIDTH>>& in, hls::stream<ap_uint<WIDTH>>& out) {
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    out.write(ap_uint<WIDTH>(~in.read()));
  }
}

}  // namespace hwgen

#endif  // HWGEN_INVERT_HPP
"""


@dataclass(frozen=True, eq=False)
class InvertUnit(Unit):
    """Turns every sign round."""

    stem: ClassVar[str] = "invert"

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Queue:
        return Queue(2)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (Loop(self.input.beats, (Access.each(),), (Access.each(),)),)

    @property
    def parameters(self) -> Parameters:
        return {"Width": self.input.width}

    @property
    def function(self) -> Function:
        word, size = str(self.input.width), Size("BEATS", self.input.beats, "of a frame")
        return Function("Signs, turned round.", (size,), (), ("BEATS",), (word,), word)

    def write_bill(self, bill: Bill) -> None:
        bill.queue(self.input.width, 2, MemoryStyle.LUT)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The templates with the two files of the kernel among them."""
    found = {folder: render.asset(folder) for folder in ("templates", "sim")}
    shutil.copytree(found["templates"], tmp_path / "templates")
    (tmp_path / "templates" / "rtl" / "lib" / "hwgen_invert.sv").write_text(MODULE)
    (tmp_path / "templates" / "hls" / "lib" / "invert.hpp").write_text(TEMPLATE)
    found["templates"] = tmp_path / "templates"
    monkeypatch.setattr(render, "asset", found.__getitem__)


@pytest.mark.starts_process
@pytest.mark.usefixtures("library")
def test_a_new_kernel(tmp_path: Path) -> None:
    source = Stream("source", Bipolar(), 12, 3, vectors=2)
    unit = InvertUnit("turned", "layer", (source,), (Stream("turned", Bipolar(), 12, 3, vectors=2),))
    design = graph_of(source, unit)
    frames = draw(np.random.default_rng(7), Bipolar(), (FRAMES, source.size))

    trace = simulate(design, write(design, tmp_path / "project"), to_words(frames, source), tmp_path)
    np.testing.assert_array_equal(trace.outputs, to_words(-frames, design.output))
    assert_cycles(design, FRAMES, trace)
    (tmp_path / "csim").mkdir()
    assert run_cases([Case(design, frames, -frames)], tmp_path / "csim") == []

    report = estimate(design)
    assert (report.layers[0].kind, report.layers[0].pe, report.interval_cycles) == ("invert", 3, 8)
    assert unit_resources(unit, Family.XC7).ff > 0
