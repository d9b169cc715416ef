"""CPU seconds of `hwgen build`, imports included: user and system time of a fresh child process.

Networks: the TFC and LFC of the FINN papers, W1A1, at their published foldings. Random ones unless files are given.
The CNV, also at its published folding, is built where its file is given. A build before those that are measured
fills numba's cache. Targets: TFC below 2 s, LFC below 5 s, CNV below 10 s, each the median of the runs.

    python benchmarks/build_time.py --tfc tfc.onnx --lfc lfc.onnx.gz --cnv cnv.onnx.gz
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from common import Figure, finish, machine, measured, parser
from networks import write_folding, write_network

LIMITS_S = {"tfc": 2.0, "lfc": 5.0, "cnv": 10.0}
PIXELS = ("--input-type", "uint8", "--input-scale", "1/255")


def main() -> None:
    """Measure both networks and report."""
    options = parser(__doc__)
    options.add_argument("--tfc", type=Path, help="QONNX file of a TFC whose input is pixels u / 255")
    options.add_argument("--lfc", type=Path, help="QONNX file of an LFC")
    options.add_argument("--cnv", type=Path, help="QONNX file of a CNV that quantises its input; left out if not given")
    options.add_argument("--lfc-pixels", action="store_true", help="the given LFC's input is pixels u / 255, not +1/-1")
    options.add_argument("--repeat", type=int, default=5, help="runs of each build (default 5)")
    chosen = options.parse_args()
    where = machine()
    figures, notes = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for network, given in (("tfc", chosen.tfc), ("lfc", chosen.lfc), ("cnv", chosen.cnv)):
            if network == "cnv" and given is None:
                continue
            model = given or write_network(network, folder)
            pixels = PIXELS if given is None or network == "tfc" or (network == "lfc" and chosen.lfc_pixels) else ()
            command = [sys.executable, "-m", "hwgen.cli", "build", str(model), "--output", str(folder / network)]
            command += ["--folding", str(write_folding(network, folder)), "--json", *pixels]
            if not figures:
                measured(command)
            runs = tuple(measured(command)[0] for _ in range(chosen.repeat))
            title = f"hwgen build, {network.upper()}, user + system"
            figures.append(Figure(title, statistics.median(runs), "CPU s", LIMITS_S[network], runs=runs))
            notes.append(f"{network.upper()}: {given.name if given else 'random network'}, published folding")
    finish("build time", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
