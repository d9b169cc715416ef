"""What other generators make of hwgen's matrices, by the same synthesis; each is imported where it is asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from hwgen.hw.device import Family
from hwgen.ir.types import Bipolar, DType, IntArray
from hwgen.verify.synth import SynthesisJob, synthesise

_TOP = """module peer;
  sums u_sums ();
endmodule
"""


def alkaid_lut(weights: IntArray, source: DType) -> int:
    """LUTs of alkaid's pipelined Verilog for `x @ weights.T`, by Yosys for the 7 series.

    Of the ways that alkaid knows for inputs of one bit, tables of them (its default) and adders alone, the one that it
    counts as the smaller. Registers stand behind every second level of adders, as in wired units. Its own interpreter
    must give the sums of numpy.

    Args:
        weights: (outputs, inputs).
        source: of the inputs; bipolar ones are handed over as their bits.
    """
    from alkaid.codegen import RTLModel
    from alkaid.trace import FVArrayInput, trace

    matrix = np.ascontiguousarray(weights.T, dtype=np.float32)
    low, high = (0, 1) if isinstance(source, Bipolar) else (source.min, source.max)
    found = []
    for options in ({}, {"binary_lut": False}):
        x = FVArrayInput(len(matrix), solver_options=options).quantize(low < 0, source.bits - (low < 0), 0)
        found.append(trace(x, x @ matrix))
    best = min(found, key=lambda each: each.cost)
    frames = np.random.default_rng(0).integers(low, high, (100, len(matrix)), endpoint=True).astype(np.float64)
    if not np.array_equal(best.predict(frames), frames @ matrix):
        raise SystemExit("alkaid's sums are not those of the matrix")
    with tempfile.TemporaryDirectory(prefix="hwgen-") as work:
        RTLModel(best, work, prj_name="sums", latency_cutoff=2).write()
        sources = (path for path in Path(work, "src").rglob("*.v") if path.name != "sums_wrapper.v")
        files = {"peer.v": _TOP} | {path.name: path.read_text(encoding="utf-8") for path in sources}
        job = SynthesisJob("peer", files | {"files.f": "\n".join(files)})
        Path(work, "yosys").mkdir()
        return synthesise([job], Family.XC7, Path(work, "yosys"))[0].total.lut
