"""LUTs of an XNOR processing element with its accumulator, by Yosys's synthesis for 7-series and ECP5 devices.

The element is `hwgen_dot` and `hwgen_neuron` without thresholds: XNOR of SIMD weights and inputs from the ports,
popcount, accumulator and output registers. The accumulator has the width proven for eight beats. LUTs and flip-flops
are counted as `hwgen synth` counts them: carry chains of the 7 series are none, those of ECP5 take two a CCU2C.
Target: below 1.8 LUTs per XNOR-MAC on xc7 at SIMD 64.

    python benchmarks/popcount_luts.py --simd 16 64
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from common import Figure, finish, machine, parser

from hwgen.backends.render import library
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from hwgen.verify.synth import resources_of, run_yosys

LIMIT = 1.8
TARGET_SIMD = 64
BEATS = 8
SIZES = (1, 2, 3, 4, 6, 8, 9, 16, 25, 32, 49, 64, 128, 200)
FLOWS = {Family.XC7: "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf", Family.ECP5: "synth_ecp5"}

ELEMENT = """
module element_{simd} (
  input  logic              clk_i, rst_ni, first_i, fired_i,
  input  logic [{simd}-1:0] weights_i, inputs_i,
  output logic [{bits}-1:0] code_o
);
  logic [{bits}-1:0] sum;
  logic carry;

  hwgen_dot #(.Simd({simd}), .SumBits({bits})) u_dot (
    .clk_i, .rst_ni, .weights_i, .inputs_i, .shared_i({bits}'(0)), .betas_i(1'b0), .sum_o(sum), .carry_o(carry)
  );
  hwgen_neuron #(.SumBits({bits}), .SumSigned(0), .Carried(1), .CodeBits({bits})) u_neuron (
    .clk_i, .sum_i(sum), .carry_i(carry), .first_i, .fired_i, .masked_i(1'b0), .valid_i(1'b0), .thresholds_i(1'b0),
    .descending_i(1'b0), .code_o
  );
endmodule
"""


def synthesise(sizes: list[int]) -> dict[tuple[Family, int], Resources]:
    """What an element takes for each family and SIMD.

    Raises:
        ToolError: Yosys is missing or failed.
    """
    files = library("rtl") | {f"element_{simd}.sv": _element(simd) for simd in sizes}
    runs = [(family, simd) for simd in sizes for family in FLOWS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
        names = sorted(files, key=lambda file: not file.endswith("_pkg.sv"))
        run_yosys("\n".join(_script(family, simd, names) for family, simd in runs), folder)
        return {(family, simd): _taken(folder / f"{family.value}_{simd}.json", family) for family, simd in runs}


def _element(simd: int) -> str:
    return ELEMENT.format(simd=simd, bits=(BEATS * simd).bit_length())


def _script(family: Family, simd: int, files: list[str]) -> str:
    top = f"element_{simd}"
    return "\n".join(
        (
            "design -reset",
            *(f"read_verilog -sv -defer {file}" for file in files),
            f"hierarchy -check -top {top}",
            f"{FLOWS[family]} -top {top}",
            f"tee -q -o {family.value}_{simd}.json stat -json",
        )
    )


def _taken(statistics: Path, family: Family) -> Resources:
    return resources_of(json.loads(statistics.read_text(encoding="utf-8"))["design"]["num_cells_by_type"], family)


def figures_of(taken: dict[tuple[Family, int], Resources]) -> list[Figure]:
    """The figures of each SIMD, with the target at `TARGET_SIMD`."""
    figures = []
    for (family, simd), each in taken.items():
        where = f"SIMD {simd:>3}, {family.value}"
        limit = LIMIT if family is Family.XC7 and simd == TARGET_SIMD else None
        figures.append(Figure(f"{where}: LUT", each.lut, ""))
        figures.append(Figure(f"{where}: LUT per XNOR-MAC", each.lut / simd, "", limit))
        figures.append(Figure(f"{where}: flip-flops", each.ff, ""))
    return figures


def main() -> None:
    """Synthesise, report."""
    options = parser(__doc__)
    options.add_argument("--simd", type=int, nargs="+", default=SIZES, help="sizes (default: a table of them)")
    chosen = options.parse_args()
    where = machine()
    sizes = sorted({*chosen.simd, TARGET_SIMD})
    notes = [f"accumulator proven for {BEATS} beats: 10 bits at SIMD {TARGET_SIMD}"]
    finish("LUTs of XNOR and popcount", where, figures_of(synthesise(sizes)), notes, chosen)


if __name__ == "__main__":
    main()
