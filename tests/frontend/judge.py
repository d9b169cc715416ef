"""The reference executor: an ONNX model node by node, in onnxruntime, onnx's own evaluator and the qonnx package.

Unlike qonnx's own loop it keeps to the file's opset, takes optional operands that are left out, and needs no shapes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from qonnx.core.execute_custom_node import execute_custom_node
from qonnx.custom_op.general.intquant import int_quant

from hwgen.errors import DataError, ModelError
from hwgen.frontend import walk
from hwgen.frontend.qonnx import import_qonnx
from hwgen.frontend.symbolic import Build
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.types import DType, IntType
from hwgen.verify.vectors import Layout, as_codes
from tests.frontend.images import random_codes
from tests.frontend.onnx_nets import CHANNELS_LAST, DOMAIN, QONNX_OPS

Array = npt.NDArray[Any]
Values = dict[str, Array]
Run = Callable[[Values], Sequence[Array]]
INT5 = IntType(5, signed=True)

onnxruntime.set_default_logger_severity(4)


_LEAST = 7
"""The first opset that onnxruntime runs. Files of older ones mean the same where they are taken (`_modern`)."""
_SAME_TYPE = ("Add", "Div", "MatMul", "Mul", "Sub")
_FORMER = ("broadcast", "consumed_inputs", "is_test")


class Refused(Exception):
    """No reference executor runs the node as the file has it."""


def _array(tensor: onnx.TensorProto) -> Array:
    """A constant, bfloat16 as the float32 that it stands for."""
    array = numpy_helper.to_array(tensor)
    if tensor.data_type == onnx.TensorProto.BFLOAT16:
        return array.astype(np.float32)
    return array


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def _modern(node: onnx.NodeProto) -> onnx.NodeProto:
    """The node without the attributes that opset 7 has no more: inference and plain broadcasting go without saying."""
    copy = _copy(node)
    testing = any(attribute.name == "is_test" and attribute.i for attribute in node.attribute)
    if node.op_type in ("BatchNormalization", "Dropout") and not testing:
        raise Refused(f"{node.op_type}: training, as is_test is 0")
    del copy.attribute[:]
    copy.attribute.extend(attribute for attribute in node.attribute if attribute.name not in _FORMER)
    return copy


def _versions(model: onnx.ModelProto) -> dict[str, int]:
    found = {entry.domain: entry.version for entry in model.opset_import}
    return {"": found.get("ai.onnx", 1), DOMAIN: 1, CHANNELS_LAST: 9, **found}


@lru_cache(maxsize=1024)
def _onnxruntime(model: bytes) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options)
    return lambda given: session.run(None, given)


@lru_cache(maxsize=1024)
def _evaluator(model: bytes) -> Run:
    evaluator = ReferenceEvaluator(onnx.ModelProto.FromString(model))
    return lambda given: evaluator.run(None, given)


def _named(run: Run, names: Sequence[str], given: Values) -> Sequence[Array]:
    """The results, with an empty array for each output that has no name."""
    results = iter(run(given))
    return [next(results) if name else np.zeros(0) for name in names]


def _quantised(node: onnx.NodeProto, operands: Sequence[Array]) -> Array:
    """Quant in the precision of its input, attributes that are absent as the operator's document has them."""
    stated = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    mode = stated.get("rounding_mode", b"ROUND").decode()
    return np.asarray(int_quant(*operands, stated.get("signed", 1), stated.get("narrow", 0), mode))


class Judge:
    """A model that can be run; `double` computes in float64 what the file has in float32.

    Raises: Refused from `outputs` where no executor takes a node.
    """

    def __init__(self, model: onnx.ModelProto, *, double: bool = False) -> None:
        self.model, self.double = model, double
        self.versions = _versions(model)
        constants = {tensor.name: _array(tensor) for tensor in model.graph.initializer}
        self.constants = {name: self._real(array) for name, array in constants.items()}
        self.input = next(value for value in model.graph.input if value.name not in constants)
        self.kind = helper.tensor_dtype_to_np_dtype(self.input.type.tensor_type.elem_type)
        self._runs: dict[int, Run] = {}

    def outputs(self, frames: Array) -> Array:
        """The output (N, *its shape) for real inputs (N, *the input's shape without its batch axis)."""
        return np.stack([self._frame(frame)[self.model.graph.output[0].name] for frame in frames])

    def _real(self, array: Array) -> Array:
        return array.astype(np.float64) if self.double and array.dtype == np.float32 else array

    def _frame(self, frame: Array) -> Values:
        dims = [dim.dim_value for dim in self.input.type.tensor_type.shape.dim]
        shape = (1, *dims[1:]) if len(dims) > 1 else tuple(dims)
        known = {**self.constants, self.input.name: self._real(frame.reshape(shape).astype(self.kind))}
        for index, node in enumerate(self.model.graph.node):
            results = self._node(index, node, known)
            known.update({name: np.asarray(value) for name, value in zip(node.output, results, strict=True) if name})
        return known

    def _node(self, index: int, node: onnx.NodeProto, known: Values) -> Sequence[Array]:
        given = {name: known[name] for name in node.input if name}
        if node.op_type in _SAME_TYPE:  # constants of another type than the tensor beside them are their numbers
            real = next((array.dtype for array in given.values() if array.dtype in (np.float32, np.float64)), None)
            numbers = {name: array for name, array in given.items() if real is not None and array.dtype.kind in "biuf"}
            given |= {name: array.astype(real) for name, array in numbers.items()}
        if node.op_type in QONNX_OPS:
            return self._quantiser(node, given)
        if node.domain == CHANNELS_LAST:
            return self._channels_last(index, node, given)
        return self._standard(index, node, given)

    def _quantiser(self, node: onnx.NodeProto, given: Values) -> Sequence[Array]:
        with np.errstate(all="ignore"):
            if node.op_type in ("Quant", "IntQuant"):
                result = _quantised(node, [given[name] for name in node.input])
            else:
                context: Values = dict(given)
                copy = _copy(node)
                copy.domain = DOMAIN
                if node.op_type == "Trunc" and not any(item.name == "rounding_mode" for item in node.attribute):
                    copy.attribute.append(helper.make_attribute("rounding_mode", "FLOOR"))
                try:
                    execute_custom_node(copy, context, None, self.versions[DOMAIN])
                except Exception as error:
                    raise Refused(f"{node.op_type}: {error}") from error
                result = np.asarray(context[node.output[0]])
        return [result if self.double else result.astype(np.float32)]

    def _channels_last(self, index: int, node: onnx.NodeProto, given: Values) -> Sequence[Array]:
        copy = _copy(node)
        copy.domain = ""
        moved = [n for i, n in enumerate(node.input) if i == 0 or (i == 1 and node.op_type == "Conv")]
        first = {name: np.moveaxis(a, -1, 1) if name in moved else a for name, a in given.items()}
        return [np.moveaxis(np.asarray(a), 1, -1) for a in self._standard(index, copy, first, CHANNELS_LAST)]

    def _standard(self, index: int, node: onnx.NodeProto, given: Values, domain: str = "") -> Sequence[Array]:
        if index not in self._runs:
            self._runs[index] = self._prepared(node, given, self.versions[domain])
        try:
            results = self._runs[index](given)
        except Exception as error:
            raise Refused(f"{node.op_type}: {error}") from error
        if not self.double or not node.input:
            return results
        return [_settled(node, given[node.input[0]], results[0]), *results[1:]]

    def _prepared(self, node: onnx.NodeProto, given: Values, version: int) -> Run:
        """The first executor that takes the node and these operands."""
        copy = _modern(node) if version < _LEAST else _copy(node)
        version = max(version, _LEAST)
        copy.name = ""
        if self.double:  # onnx's evaluator pads for VALID where the stride leaves pixels over
            plain = [each for each in copy.attribute if (each.name, each.s) != ("auto_pad", b"VALID")]
            del copy.attribute[:]
            copy.attribute.extend(plain)
        if self.double and node.op_type == "BatchNormalization":  # below version 14 onnx's evaluator trains
            plain = [each for each in copy.attribute if each.name != "spatial"]
            del copy.attribute[:]
            copy.attribute.extend(plain)
            version = max(version, 14)
        for attribute in copy.attribute:
            if self.double and node.op_type == "Cast" and attribute.name == "to" and attribute.i == 1:
                attribute.i = onnx.TensorProto.DOUBLE
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in given.items()
        ]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        graph = helper.make_graph([copy], "node", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
        context = onnx.checker.C.CheckerContext()
        context.ir_version, context.opset_imports = 8, {"": version}
        errors = []
        for executor in (_onnxruntime, _evaluator):
            try:
                onnx.checker.check_node(copy, context)
                found = executor(model.SerializeToString(deterministic=True))
                found(given)
                return partial(_named, found, node.output)
            except Exception as error:  # each executor has errors of its own
                errors.append(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
        raise Refused(f"{node.op_type}: {'; '.join(errors)}")


_LEAST_NUMBER = 1e-300


def _settled(node: onnx.NodeProto, x: Array, y: Array) -> Array:
    """Values of float64 without what float64 does to them.

    They reach the limits of functions, which no real number does. And sums of means, or of parts of pixels, whose
    divisor is no power of two, miss by their last bits what they are: a tie, say.
    """
    given = {each.name: each.f for each in node.attribute}
    match node.op_type:
        case "Conv" | "Gemm" | "MatMul" | "Resize":
            step = 2.0 ** (int(np.frexp(np.abs(y).max(initial=0.0))[1]) - 44)
            return np.round(y / step) * step
        case "Sigmoid":
            return np.clip(y, _LEAST_NUMBER, np.nextafter(1, 0))
        case "Tanh" | "Erf":
            return np.clip(y, np.nextafter(-1, 0), np.nextafter(1, 0))
        case "Exp" | "Softplus":
            return np.maximum(y, _LEAST_NUMBER)
        case "Gelu" | "Mish" | "Swish":
            return np.where(x < 0, np.minimum(y, -_LEAST_NUMBER), y)
        case "Elu" | "Celu":
            return np.maximum(y, np.nextafter(-given.get("alpha", 1.0), 0))
        case "Selu":
            return np.maximum(y, np.nextafter(-given.get("alpha", 1.67326319) * given.get("gamma", 1.05070102), 0))
    return y


def readings(graph: Graph, codes: Array) -> list[Array]:
    """What hwgen makes of frames in the model's own shape: channels come last or first in images alone."""
    found = []
    for layout in Layout if graph.inputs[0].order is None and len(graph.input.type.shape) == 3 else [Layout.NHWC]:
        with contextlib.suppress(DataError):
            found.append(as_codes(graph.inputs[0], codes, "frames", real=False, layout=layout))
    return found


@dataclass(frozen=True)
class Imported:
    """A model as an integer network.

    Attributes:
        shape: of a frame in the model.
        places: where each element of such a frame is among those of the network's input.
    """

    graph: Graph
    shape: tuple[int, ...]
    places: Array

    def placed(self, frames: Array) -> Array:
        """Frames of codes (N, *shape) as the network takes them."""
        found = np.empty((len(frames), self.graph.input.type.elements), dtype=np.int64)
        found[:, self.places] = frames.reshape(len(frames), -1)
        return found.reshape(len(frames), *self.graph.input.type.shape)


def imported(model: onnx.ModelProto, kind: DType = INT5, scale: float = 0.25) -> Imported:
    """The network of a model, whose rules it keeps. Raises: ModelError."""
    made: list[Build] = []
    with patch.object(walk, "Build", side_effect=lambda *given: made.append(Build(*given)) or made[-1]):
        graph = import_qonnx(model, input_type=kind, input_scale=scale)
    check(graph)
    return Imported(graph, frame_shape(model), next(iter(made[-1].starts.values())).reshape(-1))


def frame_shape(model: onnx.ModelProto) -> tuple[int, ...]:
    """The shape of a frame, without its batch axis."""
    dims = tuple(dim.dim_value for dim in Judge(model).input.type.tensor_type.shape.dim)
    return dims[1:] or dims


def agree(model: onnx.ModelProto, network: Imported, codes: Array, scale: float = 0.25) -> None:
    """The imported network gives what the reference executors give of frames of codes (N, *shape).

    float32 is asked first; where it rounds otherwise than real numbers would, float64 decides.

    Raises: AssertionError on another number or shape; Refused where no executor runs the model.
    """
    graph, placed = network.graph, network.placed(codes)
    assert any(np.array_equal(each, placed) for each in readings(graph, codes)), "frames are read in another order"
    found = graph.decode(run(graph, placed))
    wanted = Judge(model).outputs(codes * scale)
    shape = wanted.shape[2:] if wanted.shape[1:2] == (1,) else wanted.shape[1:]
    assert found.shape == (len(codes), *shape), f"shape {found.shape}, not {wanted.shape}"
    if not np.allclose(found.reshape(wanted.shape), wanted, rtol=1e-5, atol=1e-5):
        wanted = Judge(model, double=True).outputs(codes * scale)
        np.testing.assert_allclose(found.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-9)


def agreement(model: onnx.ModelProto, kind: DType = INT5, scale: float = 0.25, frames: int = 8) -> str:
    """The message of the refusal, or nothing where the imported network gives what the reference executors give.

    Raises: see `agree`.
    """
    try:
        network = imported(model, kind, scale)
    except ModelError as error:
        return str(error)
    agree(model, network, random_codes(network.graph, frames, network.shape, seed=3), scale)
    return ""
