"""Build the accelerator of a variant, prove it on images, and say what it takes."""

from pathlib import Path

import torch

import hwgen
from hwgen.config import read_settings
from hwgen.golden.execute import decode

HERE = Path(__file__).resolve().parent
CYCLES_PER_PIXEL = 18
"""Of the image: twice the fewest that a 3x3 window unit needs."""

BACKENDS = ("csim", "dpi", "rtl")


def accelerator(model, variant, size=8):
    """The accelerator of `model`; its hardware receives the bytes of `size` x `size` images."""
    scale = 1 / 16 if size == 8 else 1 / 255
    example = torch.zeros(1, 1, size, size)
    graph = hwgen.load(model.float(), example, name=f"net_{variant}", input_type="uint8", input_scale=scale)
    settings = read_settings(HERE / "settings.toml").model_dump()
    return hwgen.compile(graph, **{**settings, "target_interval": CYCLES_PER_PIXEL * size**2})


def differing(built, scores, images):
    """How many scores of the golden model are not those of PyTorch, to the last bit of double precision."""
    return int((decode(built.graph, built.outputs(built.codes(images))) != scores).sum())


def proof(built, images):
    """Mismatches of every back end against golden, and whether each beat of the RTL moved when predicted."""
    codes = built.codes(images)
    outcomes = {name: built.simulate(codes, name) for name in BACKENDS}
    return {name: outcome.mismatch_count for name, outcome in outcomes.items()}, outcomes["rtl"].passed


def path_of_k(report):
    """What the magnitude, filter and scale units of an estimate take, with what stands around them."""
    k = {layer.name for layer in report.layers if layer.kind in ("magnitude", "scale", "sum pool")}
    return [unit for unit in report.units if unit.layer in k]


def figures(built):
    """What the weights' values do not change."""
    report = built.estimate()
    return {
        "interval_cycles": report.interval_cycles,
        "latency_cycles": report.latency_cycles,
        "dsp": report.resources.dsp,
        "layers": {layer.name: f"{layer.kind}, {layer.cycles} cycles" for layer in report.layers},
    }
