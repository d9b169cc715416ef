"""Tiny ONNX models written by hand, and what the qonnx package's own executor makes of them."""

from __future__ import annotations

from functools import cache, partial
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

DOMAIN = "qonnx.custom_op.general"
CHANNELS_LAST = "qonnx.custom_op.channels_last"
QONNX_OPS = ("Quant", "BipolarQuant", "IntQuant", "MultiThreshold", "Trunc")
Array = npt.NDArray[Any]


def node(op: str, inputs: str, output: str, *, name: str = "", domain: str = "", **attributes: Any) -> onnx.NodeProto:
    """A node with its inputs and outputs as words in one string, `-` for one that is left out."""
    if op in QONNX_OPS and not domain:
        domain = DOMAIN
    names, results = ([("" if word == "-" else word) for word in words.split()] for words in (inputs, output))
    return helper.make_node(op, names, results, name=name or op.lower(), domain=domain, **attributes)


def net(
    nodes: list[onnx.NodeProto],
    *,
    shape: tuple[int | str, ...] = (1, 4),
    output: str = "y",
    opset: int = 14,
    kind: int = TensorProto.FLOAT,
    types: dict[str, str] | None = None,
    version: int = 1,
    shapes: dict[str, tuple[int, ...]] | None = None,
    **constants: npt.ArrayLike,
) -> onnx.ModelProto:
    """A model with input `x` of `shape`, float32 constants (int64 where integers are given) and one output."""
    tensors = []
    for name, value in constants.items():
        array = np.asarray(value)
        array = array.astype(np.int64) if array.dtype.kind == "i" else array.astype(np.float32)
        tensors.append(numpy_helper.from_array(array, name.replace("__", ".")))
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info(output, kind, None)
    graph = helper.make_graph(nodes, "tiny", [given], [result], tensors)
    for tensor, size in (shapes or {}).items():
        graph.value_info.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, size))
    for tensor, text in (types or {}).items():
        note = onnx.TensorAnnotation(tensor_name=tensor)
        note.quant_parameter_tensor_names.add(key="finn_datatype", value=text)
        graph.quantization_annotation.append(note)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, version)]
    if any(item.domain == CHANNELS_LAST for item in nodes):
        opsets.append(helper.make_opsetid(CHANNELS_LAST, 9))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def resized(model: onnx.ModelProto, old: int, new: int) -> onnx.ModelProto:
    """A model of convolutions on an image of `new` pixels a side; its layers do not depend on the size."""
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            dim.dim_value = new if dim.dim_value == old else dim.dim_value
    return model


def execute(model: onnx.ModelProto, frames: Array) -> Array:
    """The outputs (N, elements) of the qonnx executor for real inputs (N, *input shape)."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for item in copy.graph.node:
        if item.op_type in QONNX_OPS:
            item.domain = DOMAIN
    copy.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    wrapped = ModelWrapper(copy).transform(InferShapes())
    constants = wrapped.make_empty_exec_context()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = cache(partial(onnxruntime.InferenceSession, sess_options=options))  # by a node's model: for all frames
    first, last = wrapped.graph.input[0].name, wrapped.graph.output[0].name
    shape = wrapped.get_tensor_shape(first)
    with (
        patch.object(wrapped, "make_empty_exec_context", lambda: dict(constants)),
        patch.object(onnxruntime, "InferenceSession", session),
    ):
        results = [execute_onnx(wrapped, {first: f.reshape(shape).astype(np.float32)})[last] for f in frames]
    return np.stack([np.asarray(r).reshape(-1) for r in results])
