"""Wall seconds to simulate 1,000 TFC frames as RTL at the 64-cycle folding, every stream compared with golden.

Two runs of `hwgen simulate --backend rtl`, each a fresh process that Verilates and compiles the design: the first
with an empty cache (Verilator's runtime is compiled too), the second with the cache that the first one left.
Target: both below 60 s.

    python benchmarks/rtl_speed.py --model tfc.onnx --images t10k-images-idx3-ubyte.gz
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import Figure, finish, machine, parser
from networks import write_folding, write_network

LIMIT_S = 60.0


def hwgen(arguments: list[str], cache: Path) -> tuple[float, dict[str, Any]]:
    """Wall seconds of a command line of hwgen's in a fresh process, and the report it prints.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", "hwgen.cli", *arguments, "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "HWGEN_CACHE": str(cache)},
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    wall_s = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return wall_s, report


def main() -> None:
    """Build, simulate twice, report."""
    options = parser(__doc__)
    options.add_argument("--model", type=Path, help="QONNX file of a TFC whose input is pixels u / 255")
    options.add_argument("--images", type=Path, help="frames, IDX or .npy; random ones by default")
    options.add_argument("--frames", type=int, default=1000, help="frames to simulate (default 1000)")
    chosen = options.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache, project = folder / "cache", folder / "project"
        model = chosen.model or write_network("tfc", folder)
        build = ["build", str(model), "--output", str(project), "--folding", str(write_folding("tfc", folder))]
        build_s, _ = hwgen([*build, "--input-type", "uint8", "--input-scale", "1/255"], cache)
        simulate = ["simulate", str(project), "--backend", "rtl", "--frames", str(chosen.frames)]
        if chosen.images:
            simulate += ["--images", str(chosen.images)]
        cold_s, cold = hwgen(simulate, cache)
        warm_s, warm = hwgen(simulate, cache)
    figures = [Figure("hwgen build", build_s, "s")]
    for title, wall_s, report in (("empty cache", cold_s, cold), ("warm cache", warm_s, warm)):
        figures.append(Figure(f"hwgen simulate, {chosen.frames} frames, {title}", wall_s, "s", LIMIT_S))
        figures.append(Figure("  of which Verilator and C++ compilation", report["wall_s"]["build"], "s"))
        figures.append(Figure("  of which the simulation itself", report["wall_s"]["run"], "s"))
    notes = [
        f"{model.name if chosen.model else 'random TFC'}, {chosen.images.name if chosen.images else 'random frames'}",
        f"{warm['mismatches']} mismatches on {len(warm['streams_checked'])} streams",
        f"interval {warm['interval_cycles']} cycles (predicted {warm['predicted']['interval_cycles']}), "
        f"total {warm['total_cycles']} (predicted {warm['predicted']['total_cycles']})",
    ]
    finish("RTL simulation speed", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
