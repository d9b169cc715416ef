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
    working,
)
from hwgen.cli.frames import read_codes

if TYPE_CHECKING:
    from hwgen.host import Driver


class Place(StrEnum):
    """Where the design runs."""

    golden = "golden"
    rtl = "rtl"
    pynq = "pynq"


def predict(
    project: ProjectFolder,
    images: GivenImages,
    on: Annotated[Place, typer.Option(help="The golden model, the RTL in simulation, or a PYNQ board.")] = Place.golden,
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

    driver = open_driver(project, on.value, bitfile=bitfile)
    codes, _ = read_codes(driver.ports, images, frames, key, binarize_at, real, layout)
    with working(f"classifying on {on.value}"):
        report = _report(driver, codes, top)
    if as_json:
        print_json({"on": on.value, **report})
        return
    for index, found in enumerate(report["classes"]):
        scores = f"  {' '.join(f'{score:.15g}' for score in report['scores'][index])}" if top else ""
        out.print(f"{index}: {' '.join(map(str, found)) if top else found}{scores}")


def _report(driver: Driver, images: Any, top: int | None) -> dict[str, Any]:
    """The classes, and with `top` so many of each image and their scores."""
    if top is None:
        classes = driver.predict(images)
        return {"frames": len(classes), "classes": classes.tolist()}
    classes, scores = driver.top_k(images, top)
    return {"frames": len(classes), "classes": classes.tolist(), "scores": scores.tolist()}
