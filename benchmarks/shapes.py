"""Which of 211 networks that people bring hwgen takes, whether its answers are theirs, and how long a build takes.

The networks are small Brevitas modules with random weights (`brought/`): residual blocks, U-Nets, detectors, mixers,
graph convolutions, every activation in front of a quantiser and so on. Each is loaded, compiled and written, and the
driver's answers on the golden model are compared with those of the module. `--check` holds that at most ten are
refused, that no answer differs, and that none takes more than 30 CPU seconds.

    python benchmarks/shapes.py                       # all, 15 minutes on one core
    python benchmarks/shapes.py --only U-Net mixer    # those whose names hold one of these
    python benchmarks/shapes.py --load                # load alone, by the golden model, 3 minutes
    python benchmarks/shapes.py --rtl                 # simulate 2 frames of each, too
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from brought import dense, gates, images, joins, maps, quantisers, sequences
from brought.layers import Shape
from common import Figure, finish, machine, parser

import hwgen
from hwgen.errors import HwgenError
from hwgen.golden.execute import run_all
from hwgen.ir.graph import Graph
from hwgen.verify.vectors import frames_of, layout_of

SHAPES: Mapping[str, Shape] = {
    f"{module.__name__.removeprefix('brought.')}: {name}": shape
    for module in (dense, gates, images, joins, maps, quantisers, sequences)
    for name, shape in module.SHAPES.items()
}
FRAMES = 40
STEP = 1 / 32
"""Of the 8-bit input codes."""


def trained(shape: Shape, seed: int) -> torch.nn.Module:
    """The network with calibrated quantisers, whose scales are unrelated to the numbers they came from.

    A quantiser whose scale is the largest number of its input by 15 meets numbers half-way between two codes all the
    time, where float32 decides by its rounding errors.
    """
    torch.manual_seed(seed)
    net = shape.make()
    net(*(torch.randn(16, *size[1:]) for size in shape.inputs))
    net.eval()
    with torch.no_grad():
        for name, value in [*net.named_parameters(), *net.named_buffers()]:
            if name.endswith(("scaling_impl.value", "scaling_impl.buffer")) and "weight_quant" not in name:
                value.mul_(0.9 + 0.2 * torch.rand(()))
        net(*(torch.randn(2, *size[1:]) for size in shape.inputs))
    return net


def answers(graph: Graph, codes: Sequence[np.ndarray], layout: str) -> list[np.ndarray]:
    """What the golden model says, a tensor an output, in the model's order and shape."""
    outputs = run_all(graph, frames_of(graph.inputs, tuple(codes), "frames", layout=layout_of(layout)))
    return [graph.reading_of(port).decode(each) for port, each in zip(graph.outputs, outputs, strict=True)]


def wrong_frames(net: torch.nn.Module, found: Sequence[np.ndarray], codes: Sequence[np.ndarray]) -> int:
    """Frames in which an output differs from the module's by more than float32 rounds.

    Where one does, float64 decides: of codes of many bits float32 may take the neighbour.
    """
    wrong = np.ones(len(codes[0]), dtype=bool)
    for dtype in (torch.float32, torch.float64):
        if wrong.any():
            with torch.no_grad():
                wanted = net.to(dtype)(*(torch.tensor(each * STEP, dtype=dtype) for each in codes))
            tensors = wanted if isinstance(wanted, tuple) and not hasattr(wanted, "value") else (wanted,)
            wrong &= ~np.all([_close(tensor, mine) for tensor, mine in zip(tensors, found, strict=True)], axis=0)
    return int(wrong.sum())


def _close(tensor: Any, mine: np.ndarray) -> np.ndarray:
    """Whether each frame is the module's."""
    theirs = np.asarray(getattr(tensor, "value", tensor)).reshape(len(mine), -1)
    near = np.isclose(mine.reshape(len(mine), -1), theirs, rtol=1e-4, atol=2e-5 * max(1, np.abs(theirs).max()))
    return np.asarray(near.all(axis=1))


def measure(name: str, options: Any) -> tuple[int, float, str]:
    """Frames that differ, CPU seconds of load, compile and write, and why the network is refused, if it is."""
    shape, seed = SHAPES[name], sum(map(ord, name))
    net, rng = trained(shape, seed), np.random.default_rng(seed)
    examples = tuple(torch.zeros(size) for size in shape.inputs)
    codes = [rng.integers(-128, 128, (FRAMES, *size[1:])) for size in shape.inputs]
    layout = "nhwc" if shape.channels_last else "nchw"
    start = time.process_time()
    try:
        graph = hwgen.load(net, examples if len(examples) > 1 else examples[0], input_type="int8", input_scale=STEP)
        if options.load:
            return wrong_frames(net, answers(graph, codes, layout), codes), time.process_time() - start, ""
        with tempfile.TemporaryDirectory(prefix="hwgen_shapes_") as folder:
            accelerator = hwgen.compile(graph).write(Path(folder) / "project")
            seconds = time.process_time() - start
            found = answers(accelerator.graph, codes, layout)
            if options.rtl:
                outcome = accelerator.simulate(2, "rtl")
                assert not outcome.mismatches, outcome.mismatches[0]
        return wrong_frames(net, found, codes), seconds, ""
    except HwgenError as error:
        return 0, 0.0, str(error)


def main() -> None:
    """Measure, print, judge."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="networks whose names hold a word")
    options.add_argument("--load", action="store_true", help="load the networks, and neither compile nor write them")
    options.add_argument("--rtl", action="store_true", help="simulate two frames of each in RTL, too")
    chosen = options.parse_args()
    names = [name for name in SHAPES if any(word.lower() in name.lower() for word in chosen.only)]
    where, rows = machine(), {name: measure(name, chosen) for name in names}
    refused = [f"refused: {name}: {reason}" for name, (_, _, reason) in rows.items() if reason]
    wrong = [f"differs in {count} of {FRAMES} frames: {name}" for name, (count, _, _) in rows.items() if count]
    figures = [
        Figure("networks", len(rows), ""),
        Figure("refused", len(refused), "", 11),
        Figure("networks whose answers differ", len(wrong), "", 1),
        Figure("CPU time of the slowest", max(seconds for _, seconds, _ in rows.values()), "s", 30),
    ]
    finish("Networks that people bring", where, figures, [*refused, *wrong], chosen)


if __name__ == "__main__":
    main()
