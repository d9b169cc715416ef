"""What becomes of every node of a file, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.flow.stages import types_of
from hwgen.frontend.findings import Findings
from hwgen.ir.types import DType
from hwgen.passes.pipeline import integer_network


def check(
    path: Path,
    *,
    input_type: str | Mapping[str, DType | str] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
) -> Findings:
    """What becomes of every node of a QONNX file, and all reasons why some of it is refused; options as of `load`.

    Raises: ModelError where there is no whole model to look at, ConfigError where `input_type` is no name of a type.
    """
    from hwgen.frontend import check as frontend_check

    kind = types_of(input_type)
    findings = frontend_check(path, input_type=kind, input_scale=input_scale, input_offset=input_offset)
    if findings.graph is None:
        return findings
    try:
        integer_network(findings.graph)
    except ModelError as error:
        return replace(findings, errors=(*findings.errors, error), graph=None)
    return findings
