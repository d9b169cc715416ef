"""The verb that classifies images: predict."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.common import (
    AsJson,
    Binarize,
    Frames,
    GivenImages,
    Key,
    LayoutName,
    LayoutOption,
    ProjectFolder,
    Real,
    out,
    print_json,
)
from hwgen.cli.frames import Given, read_codes
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.host import Driver


class Place(StrEnum):
    """Where the design runs."""

    golden = "golden"
    rtl = "rtl"
    pynq = "pynq"


PlaceOption = Annotated[
    Place, typer.Option("--backend", "--on", help="golden model, RTL in simulation, or a PYNQ board (pynq).")
]


def predict(
    project: ProjectFolder,
    images: GivenImages,
    backend: PlaceOption = Place.golden,
    top: Annotated[int | None, typer.Option(min=1, help="The K best classes with scores.", show_default=False)] = None,
    bitfile: Annotated[Path | None, typer.Option(help="The overlay of a PYNQ board.", show_default=False)] = None,
    frames: Frames = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = None,
    layout: LayoutOption = LayoutName.nhwc,
    as_json: AsJson = False,
) -> None:
    """The class of each image, by the same driver wherever the design runs."""
    from hwgen.host import open_driver

    driver = open_driver(project, backend.value, bitfile=bitfile)
    given = read_codes(driver.ports.inputs, images, frames, key, binarize_at, real, layout)
    with stage(f"classifying on {backend.value}"):
        report = _report(driver, given, top)
    if as_json:
        print_json({"on": backend.value, "backend": backend.value, **report}, "predict")
        return
    outputs = report.get("outputs", {"": report})
    for index in range(given.frames):
        told = (f"{name}{' ' if name else ''}{_line(found, index, top)}" for name, found in outputs.items())
        out.print(f"{index}: {', '.join(told)}")


def _line(report: dict[str, Any], index: int, top: int | None) -> str:
    """The class of an image, or the best ones and their scores."""
    found = report["classes"][index]
    if not top:
        return str(found)
    return f"{' '.join(map(str, found))}  {' '.join(f'{score:.15g}' for score in report['scores'][index])}"


def _report(driver: Driver, given: Given, top: int | None) -> dict[str, Any]:
    """The classes, and with `top` so many of each image and their scores; for each output where there are several."""
    found = driver.predict(given.codes) if top is None else driver.top_k(given.codes, top)
    if isinstance(found, dict):
        return {"frames": given.frames, "outputs": {name: _in_json(each) for name, each in found.items()}}
    return {"frames": given.frames, **_in_json(found)}


def _in_json(found: Any) -> dict[str, Any]:
    if not isinstance(found, tuple):
        return {"classes": found.tolist()}
    classes, scores = found
    return {"classes": classes.tolist(), "scores": scores.tolist()}
