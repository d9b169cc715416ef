"""SFC-max, LFC-max and CNV-max of the FINN paper beside ours: the same networks at their throughput, part and clock.

Ours have random weights, which change no figure but the LUTs of constant thresholds. `hwgen` folds each network to at
most the published interval. With `--simulate N`, interval and latency are those of an RTL simulation of N frames, every
stream held against the golden model. Every figure says whether it was measured or predicted here, or published there.
Target: each of ours takes at most the cycles a frame that the published throughput implies.

    python benchmarks/finn_table.py --simulate 3 --markdown docs/comparison.md
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import Figure, finish, machine, parser

from hwgen.config import read_published
from hwgen.flow import open_project, variant
from hwgen.flow.compare import entry
from hwgen.report.compare import ComparedDesign, published
from hwgen.report.tables import COMPARED, Columns, compared, legend

ROOT = Path(__file__).resolve().parents[1]
PAPER = Path(__file__).resolve().parent / "published" / "finn.toml"
PART, CLOCK_MHZ = "xc7z045ffg900-2", 200.0
BUILDS = {
    "SFC-max": ("mnist_tfc", "--network", "sfc"),
    "LFC-max": ("mnist_tfc", "--network", "lfc"),
    "CNV-max": ("cnv_cifar10",),
}
"""The example that builds each network, and its options."""


def ours(name: str, interval: int, frames: int, folder: Path) -> ComparedDesign:
    """The network called `name`, folded to at most `interval` cycles a frame, simulated if `frames` is not 0."""
    example, *options = BUILDS[name]
    built, project = folder / "built", folder / "project"
    script = ROOT / "examples" / example / "build.py"
    subprocess.run([sys.executable, script, *options, "--random", "--output", built], check=True, stdout=sys.stderr)
    wishes = {"target_interval": interval, "part": PART, "clock_mhz": CLOCK_MHZ}
    accelerator = variant(open_project(built), **wishes).write(project)
    if frames:
        outcome = accelerator.simulate(frames, "rtl")
        assert outcome.passed, outcome.to_json()
        accelerator.record("simulate.json", outcome.to_json())
    return entry(accelerator, f"hwgen {name}", "this repository")


def pairs(frames: int) -> list[tuple[ComparedDesign, ComparedDesign]]:
    """Ours and theirs, network by network."""
    found = []
    for each in read_published(PAPER):
        theirs = published(each)
        assert theirs.interval_cycles is not None
        name = each.name.removeprefix("FINN ")
        with tempfile.TemporaryDirectory() as folder:
            found.append((ours(name, int(theirs.interval_cycles.value), frames, Path(folder)), theirs))
    return found


def markdown(entries: Sequence[ComparedDesign], columns: Columns = COMPARED) -> str:
    """The comparison as a table, its legend below."""
    headings = ["design", "part", *(heading for heading, _ in columns.values())]
    rows = [headings, ["---", "---", *["---:"] * len(columns)]]
    rows += [[each.name, each.part or "-", *compared(each, columns)] for each in entries]
    return "\n".join(["| " + " | ".join(row) + " |" for row in rows]) + f"\n\n{legend(entries, columns)}.\n"


def write_between_marks(path: Path, table: str, mark: str = "finn_table") -> None:
    """Put `table` in the place between the two marks of a page."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    text, count = marked.subn(lambda found: found[1] + table + found[2], path.read_text(encoding="utf-8"))
    if count != 1:
        sys.exit(f"error: {path}: must hold the marks <!-- {mark} --> and <!-- /{mark} --> once")
    path.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Build, compare, report."""
    options = parser(__doc__)
    options.add_argument("--simulate", type=int, default=0, metavar="FRAMES", help="simulate so many frames in RTL")
    options.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into a page, between its marks")
    chosen = options.parse_args()
    where = machine()
    found = pairs(chosen.simulate)
    entries = [each for pair in found for each in pair]
    if chosen.markdown:
        write_between_marks(chosen.markdown, markdown(entries))
    figures = []
    for mine, theirs in found:
        assert mine.fps and theirs.interval_cycles
        limit = CLOCK_MHZ * 1e6 / theirs.interval_cycles.value
        figures.append(Figure(mine.name, mine.fps.value, f"FPS, {mine.fps.origin.value}", limit, at_least=True))
    finish("FINN's table", where, figures, markdown(entries).splitlines(), chosen)


if __name__ == "__main__":
    main()
