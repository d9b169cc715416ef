"""The layers of a design, each simulated alone between the golden model's own beats: jobs for any workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwgen.backends import hls, rtl
from hwgen.golden.matmul import Codes
from hwgen.hw.design import Design
from hwgen.verify.process import temporary_folder
from hwgen.verify.simulate import Backend, Conditions, compared
from hwgen.verify.sources import write_files


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer alone, and the golden codes (frames, elements or image) of its streams by tensor."""

    design: Design
    golden: Mapping[str, Codes]


@dataclass(frozen=True)
class LayerRuns:
    """How each layer is run: the back end (RTL, CSIM or DPI), what else a run is told, and how HLS C++ is written."""

    backend: Backend
    conditions: Conditions
    options: hls.Options


def layer_alone(design: Design, name: str, golden: Mapping[str, Codes]) -> Layer:
    """The layer `name` of a design, of a trace of the golden model."""
    alone = design.isolated(name)
    tensors = {stream.tensor for stream in alone.streams.values() if stream.tensor}
    return Layer(alone, {tensor: golden[tensor] for tensor in sorted(tensors)})


def simulated(runs: LayerRuns, layer: Layer) -> dict[str, Any]:
    """The report of a layer's run as JSON values (see `Outcome.to_json`), without wall time: `passed` says how it went.

    Raises: ToolError where a tool is missing or fails, MismatchError where the layer hangs.
    """
    with temporary_folder() as folder:
        project, work = folder / "project", folder / "build"
        work.mkdir()
        if runs.backend is Backend.RTL:
            write_files(project / "rtl", rtl.emit(layer.design))
        else:
            write_files(project / "hls", hls.emit(layer.design, runs.options))
        outcome = compared(
            layer.golden, layer.design, runs.backend, project=project, work=work, conditions=runs.conditions
        )
    report = outcome.to_json()
    del report["wall_s"]
    return {"passed": outcome.passed, **report}
