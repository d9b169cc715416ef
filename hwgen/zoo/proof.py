"""The proof of a trained network: PyTorch, golden model and back ends on the same test images."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hwgen import flow
from hwgen.config import Settings
from hwgen.errors import MismatchError
from hwgen.flow import Accelerator
from hwgen.golden.matmul import Codes
from hwgen.verify.evaluate import classes
from hwgen.zoo.datasets import Dataset, Kind
from hwgen.zoo.registry import Entry, find
from hwgen.zoo.training import scores, train

if TYPE_CHECKING:
    from rich.table import Table
    from torch import nn

BACKENDS = ("csim", "dpi", "rtl")

MakeAccelerator = Callable[["nn.Module", Entry, Kind], Accelerator]
"""Builds a trained network of the zoo that takes images of a kind."""


@dataclass(frozen=True)
class Proof:
    """What was found of one network.

    Attributes:
        accuracy: share of all test images that the golden model gets right.
        frames: test images that were simulated.
        mismatches: numbers that differ from the golden model's, by who computed them: `torch` or a back end.
        passed: every simulation did, to the cycle where it counts them.
        interval: cycles a frame as the RTL took them; None where no RTL was simulated.
        predicted: cycles a frame of the estimate.
        lut, dsp: LUTs and DSP slices of the estimate.
    """

    name: str
    accuracy: float
    frames: int
    mismatches: dict[str, int]
    passed: bool
    interval: int | None
    predicted: int
    lut: int
    dsp: int

    @property
    def holds(self) -> bool:
        """Nothing differs, and the cycles are the predicted ones."""
        return self.passed and not any(self.mismatches.values())


def compiled(model: nn.Module, entry: Entry, kind: Kind, chosen: Settings) -> Accelerator:
    """The accelerator of a trained network of the zoo that takes images of `kind`."""
    import torch

    graph = flow.load(model, torch.zeros(kind.example_shape), name=entry.name, **kind.hardware_input)
    return flow.compile_with(graph, chosen)


def torch_mismatches(built: Accelerator, model: nn.Module, kind: Kind, images: Codes) -> int:
    """Class accumulators of the golden model that differ from those behind PyTorch's scores in double precision.

    In single precision the rounding of a batch norm would decide numbers next to a step of a quantiser.
    """
    meaning = built.graph.decoding
    accumulators = np.rint((scores(copy.deepcopy(model).double(), images, kind) - meaning.offset) / meaning.scale)
    return int((accumulators != built.outputs(images).reshape(accumulators.shape)).sum())


def prove(
    built: Accelerator, model: nn.Module, data: Dataset, frames: int = 100, backends: Iterable[str] = BACKENDS
) -> Proof:
    """Hold PyTorch on all test images, and the back ends on the first `frames`, against the golden model."""
    found = {"torch": torch_mismatches(built, model, data.kind, data.test_images)}
    images = data.test_images[:frames]
    interval, passed = None, True
    for backend in backends:
        outcome = built.simulate(images, backend)
        found[backend], passed = outcome.mismatch_count, passed and outcome.passed
        if backend == "rtl" and outcome.cycles is not None:
            interval = outcome.cycles.interval
    right = classes(built.graph, built.outputs(data.test_images)) == data.test_labels
    report = built.estimate()
    figures = (interval, report.interval_cycles, round(report.resources.lut), report.resources.dsp)
    return Proof(built.graph.name, float(right.mean()), len(images), found, passed, *figures)


def compare(
    names: Iterable[str],
    data: Dataset,
    accelerator: MakeAccelerator,
    epochs: int | None = None,
    frames: int = 100,
) -> tuple[Proof, ...]:
    """Train networks of the zoo the same way, prove each, and print what was found as a table.

    Raises: MismatchError where a proof does not hold.
    """
    from rich.text import Text

    from hwgen.report.console import Plain

    console, proofs = Plain(), []
    for name in names:
        entry = find(name)
        model = entry.network(data.kind)
        recipe = replace(entry.recipe, epochs=epochs or entry.recipe.epochs)
        with console.status(Text(f"training {name}, {recipe.epochs} epochs")):
            train(model, data, recipe)
        built = accelerator(model, entry, data.kind)
        with console.status(Text(f"simulating {frames} images of {name}")):
            proofs.append(prove(built, model, data, frames))
    title = f"{frames} test images of {data.kind.name}, PyTorch on all {len(data.test_labels)}"
    console.print(proof_table(proofs, title))
    for proof in proofs:
        if not proof.holds:
            found = {**proof.mismatches, "interval": proof.interval, "predicted": proof.predicted}
            must = "PyTorch, golden model and back ends must agree, and cycles be the predicted ones"
            raise MismatchError(proof.name, must, ", ".join(f"{key} {value}" for key, value in found.items()))
    return tuple(proofs)


def proof_table(proofs: Iterable[Proof], title: str) -> Table:
    """One row a network."""
    from hwgen.report.console import table

    proofs = tuple(proofs)
    judges = tuple(proofs[0].mismatches)
    headings = ("network", "accuracy", *judges, "cycles a frame", "LUT", "DSP")
    rows = []
    for proof in proofs:
        found = [str(proof.mismatches[judge]) for judge in judges]
        taken = f"{proof.predicted:,}" if proof.interval is None else f"{proof.interval:,} / {proof.predicted:,}"
        rows.append([proof.name, f"{proof.accuracy:.2%}", *found, taken, f"{proof.lut:,}", str(proof.dsp)])
    return table(headings, rows, texts=1, title=title, caption="mismatches with the golden model")
