"""The HLS project of an accelerator: checked, taken through an HLS tool, its reports read."""

from __future__ import annotations

from pathlib import Path

from hwgen.backends.hls import emit
from hwgen.flow.accelerator import Accelerator, hls_options
from hwgen.flow.project import inside, replacing, work_folder
from hwgen.flow.rewritable import require_hls
from hwgen.hw.dataflow import DEFAULT_DEPTH, dataflow
from hwgen.hw.design import Design
from hwgen.hw.hls_memory import table_implementations
from hwgen.ir.names import local_name
from hwgen.report.agreement import Agreement, agreement
from hwgen.report.vitis import HlsReport, read_cosim, read_csynth
from hwgen.verify import vitis
from hwgen.verify.hlscheck import HlsCheck, check
from hwgen.verify.sources import write_files


def check_hls(accelerator: Accelerator, work: Path | None = None) -> HlsCheck:
    """Check the emitted C++ without an HLS tool; `work` keeps the logs.

    Raises:
        ToolError: g++ or the vendor's headers are missing.
    """
    with work_folder(work) as scratch:
        design = accelerator.design
        return check(_folder(accelerator), design.name, scratch, _depths(design), table_implementations(design))


def run_hls(accelerator: Accelerator, step: str) -> Path:
    """Take the project through a step of Vitis HLS (csim, csynth, cosim, export); the path of the log.

    Raises:
        ToolError: no Vitis HLS is installed, or it fails.
    """
    return vitis.run(_folder(accelerator), accelerator.design.name, step)


def read_hls(accelerator: Accelerator) -> HlsReport | None:
    """What Vitis HLS has reported of the project, kept as `hls.json`; None where it has not run.

    Raises:
        DataError: a report cannot be read.
        OutputError: the record cannot be written.
    """
    csynth, cosim = vitis.reports(_folder(accelerator), accelerator.design.name)
    if csynth is None and cosim is None:
        return None
    found = HlsReport(read_csynth(csynth) if csynth else None, read_cosim(cosim) if cosim else None)
    accelerator.record("hls.json", found.to_json())
    return found


def compare_hls(accelerator: Accelerator, found: HlsReport | None) -> Agreement:
    """Hold what Vitis HLS has reported against the model of the project's pipelines."""
    return agreement(accelerator.design, accelerator.estimate(), found)


def write_layer(accelerator: Accelerator, layer: str, folder: Path) -> None:
    """Write the HLS project of one layer alone, with golden vectors of its own, to a new or empty `folder`.

    Raises:
        ConfigError: no such layer, or one that reads several streams; writable layers.
        OutputError: the folder holds something else, or cannot be written.
    """
    require_hls(accelerator.design)
    design = accelerator.only(layer)
    with replacing(folder) as staging:
        write_files(staging, emit(design, hls_options(accelerator.settings)) | accelerator.vectors(design))


def _depths(design: Design) -> dict[str, int]:
    """The stated depths of all streams, by their names in the emitted top."""
    stated = design.hls.depths if design.hls else {}
    return {local_name(name): stated.get(name, DEFAULT_DEPTH) for name in dataflow(design).streams}


def _folder(accelerator: Accelerator) -> Path:
    assert accelerator.project is not None, "reports belong to a project"
    require_hls(accelerator.design)
    return inside(accelerator.project, "hls")
