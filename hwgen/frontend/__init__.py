"""Frontends: from a Brevitas module or a QONNX file to the integer network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar, DType, IntType

if TYPE_CHECKING:
    import onnx
    import torch

    from hwgen.frontend.findings import Findings

    ModelSource: TypeAlias = str | Path | onnx.ModelProto | torch.nn.Module

__all__ = ["check", "load"]


def load(
    source: ModelSource,
    example_input: Any = None,
    *,
    name: str | None = None,
    input_type: DType | Mapping[str, DType] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
) -> Graph:
    """The integer network of a QONNX file, an ONNX model in memory or a Brevitas module.

    Args:
        source: what to read; a path never imports torch.
        example_input: one input with its batch axis, for a module; or a tuple of all, as torch's exporter takes them.
        name, input_type, input_scale, input_offset: as `import_qonnx` takes them.

    Raises: ModelError naming the node, what must hold, what was found and what to change.
    """
    from hwgen.frontend.qonnx import import_qonnx, is_model

    _require_options(name, input_type)
    if isinstance(source, str | Path) or is_model(source):
        return import_qonnx(
            source, name=name, input_type=input_type, input_scale=input_scale, input_offset=input_offset
        )
    if example_input is None:
        raise ModelError(
            type(source).__name__,
            "a module must come with an example of its input",
            "none",
            "Give a tensor of shape (1, ...) as example_input",
        )
    from hwgen.frontend.brevitas import import_module

    return import_module(
        source, example_input, name=name, input_type=input_type, input_scale=input_scale, input_offset=input_offset
    )


def check(
    source: ModelSource,
    example_input: Any = None,
    *,
    name: str | None = None,
    input_type: DType | Mapping[str, DType] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
) -> Findings:
    """What becomes of every node of a network, and all reasons why some of it is refused; arguments as of `load`.

    Raises: ModelError where there is no whole model to look at.
    """
    from hwgen.frontend.qonnx import check_qonnx, is_model
    from hwgen.frontend.walk import InputOptions

    _require_options(name, input_type)
    title = name
    if not isinstance(source, str | Path) and not is_model(source):
        from hwgen.frontend.brevitas import export

        title = name or type(source).__name__
        source = export(source, example_input, title)
    return check_qonnx(source, name=title, options=InputOptions(input_type, input_scale, input_offset))


def _require_options(name: Any, input_type: Any) -> None:
    """Options must be of their types. Raises: ModelError."""
    if not isinstance(name, str | None):
        raise ModelError("name", "must be text", type(name).__name__)
    for each in input_type.values() if isinstance(input_type, Mapping) else (input_type,):
        if not isinstance(each, IntType | Bipolar | None):
            raise ModelError("input_type", "must be bipolar, intN or uintN", repr(each))
