"""TFC and a small CNN, both trained, down to a bitstream for an ECP5 with open tools; their netlists against golden.

TFC comes from a QONNX file; the CNN is of the zoo, with the parameters that ship with hwgen, on scikit-learn's digits.
Each is built for the board's clock, synthesised, placed, routed and packed as `hwgen bitstream` does it, and the placed
netlist classifies real images in simulation. Fmax, utilisation and seconds of wall time are printed.
Targets: no code differs from golden's, and the board's clock is met.

    python benchmarks/bitstream.py --tfc TFC_1W1A.onnx --images t10k-images-idx3-ubyte.gz --check
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import Figure, finish, machine, parser
from networks import write_network

from hwgen import flow
from hwgen.backends.board import board_of
from hwgen.config import settings
from hwgen.flow import Accelerator
from hwgen.golden.matmul import Codes
from hwgen.ir.graph import Graph
from hwgen.report.bitstream import BitstreamReport
from hwgen.verify.vectors import as_codes, random_codes, read_array
from hwgen.zoo import find, load_dataset
from hwgen.zoo.build import imported


def tfc(model: Path, images: Path | None, frames: int, board: str, folder: Path) -> tuple[Accelerator, Codes]:
    """The network of the QONNX file `model`, whose input is pixels u / 255, and frames for it."""
    graph = flow.load(model, input_type="uint8", input_scale=1 / 255)
    accelerator = built(graph, board, folder)
    if images is None:
        return accelerator, random_codes(accelerator.graph.inputs[0], frames, 0)
    return accelerator, as_codes(accelerator.graph.inputs[0], read_array(images)[:frames], str(images))


def of_the_zoo(network: str, frames: int, board: str, folder: Path) -> tuple[Accelerator, Codes]:
    """A trained network of the zoo, and test images of its data set."""
    entry = find(network)
    accelerator = built(imported(entry), board, folder)
    images = load_dataset(entry.dataset).test_images[:frames]
    return accelerator, as_codes(accelerator.graph.inputs[0], images, entry.dataset)


def built(graph: Graph, board: str, folder: Path) -> Accelerator:
    """The project of `graph` for the chip and the clock of `board`."""
    chosen = board_of(board)
    wishes = settings(part=chosen.chip.part, clock_mhz=chosen.clock_mhz)
    return flow.compile_with(graph, wishes).write(folder)


def figures(name: str, report: BitstreamReport) -> list[Figure]:
    """What the report says, with targets where there are any."""
    placed, check, found = report.placement, report.check, report.to_json()
    assert check is not None, "frames were given"
    wrong = sum(each.count for each in check.mismatches)
    used = [Figure(f"{name}: {kind}", use.used, f"of {use.available:,}") for kind, use in placed.use.items()]
    return [
        Figure(f"{name}: Fmax", placed.fmax_mhz, "MHz", placed.clock_mhz, at_least=True),
        *used,
        Figure(f"{name}: frames a second at {placed.clock_mhz:g} MHz", report.fps, "frames/s"),
        Figure(f"{name}: codes that differ from golden's in {check.frames} images", wrong, "", 1),
        *(Figure(f"{name}: {stage}", seconds, "s") for stage, seconds in found["wall_s"].items()),
        Figure(f"{name}: simulation of the netlist", check.build_s + check.run_s, "s"),
    ]


def main() -> None:
    """Build, make bitstreams, check netlists, report."""
    options = parser(__doc__)
    options.add_argument("--tfc", type=Path, help="QONNX file of a TFC; a random one by default")
    options.add_argument("--images", type=Path, help="MNIST images for TFC; random ones by default")
    options.add_argument("--network", default="binarynet-small", help="of the zoo (default binarynet-small)")
    options.add_argument("--board", default="ulx3s-85f", help="default ulx3s-85f")
    options.add_argument("--frames", type=int, default=20, help="images for each netlist (default 20)")
    chosen = options.parse_args()
    where, found = machine(), list[Figure]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = chosen.tfc or write_network("tfc", folder)
        for label, (accelerator, codes) in {
            "TFC": tfc(model, chosen.images, chosen.frames, chosen.board, folder / "tfc"),
            chosen.network: of_the_zoo(chosen.network, chosen.frames, chosen.board, folder / "cnn"),
        }.items():
            found += figures(label, flow.bitstream(accelerator, chosen.board, frames=codes))
    title = f"Bitstreams for {chosen.board}, {chosen.tfc.name if chosen.tfc else 'a random TFC'} and {chosen.network}"
    finish(title, where, found, [], chosen)


if __name__ == "__main__":
    main()
