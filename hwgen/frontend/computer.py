"""Nodes whose operands are constant, computed in onnxruntime within bounds. With qonnx.py, model_file.py and sound.py
the sole owner of onnx and onnxruntime imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.sound import opset_of
from hwgen.frontend.source import MAX_ELEMENTS, Array, SourceNode

if TYPE_CHECKING:
    import onnx

_MOST_BYTES = 8 * MAX_ELEMENTS
"""Memory of all operators of constants together."""

_CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})


class Computer:
    """Computes nodes whose operands are constant, in onnxruntime, as the model's own executors do."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.opset = opset_of(model)

    def __call__(self, node: SourceNode, arrays: Sequence[Array | None]) -> Sequence[Array]:
        """The node's outputs. Raises: ModelError."""
        _require_calm(node, arrays)
        given = {name: a for name, a in zip(node.inputs, arrays, strict=True) if a is not None}
        try:
            session = _session(self._model(node, given))
            results = dict(zip(filter(None, node.outputs), session.run(None, given), strict=True))
        except Exception as error:  # from operators, by way of onnxruntime
            raise ModelError(
                node.label, "its constants must be computable", _found(error), "Export the model again"
            ) from error
        odd = next((each for each in results.values() if not isinstance(each, np.ndarray)), None)
        if odd is not None:
            found = f"a {type(odd).__name__}"
            raise ModelError(node.label, "its constants must be tensors", found, "Export the model again")
        return [results.get(name, np.empty(0)) for name in node.outputs]

    def _model(self, node: SourceNode, given: Mapping[str, Array]) -> bytes:
        """A model of this node alone."""
        from onnx import AttributeProto, helper

        copy = helper.make_node(node.op, node.inputs, [name for name in node.outputs if name])
        for name, value in node.attributes.items():
            empty = isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value
            copy.attribute.append(helper.make_attribute(name, value, attr_type=AttributeProto.INTS if empty else None))
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in given.items()
        ]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.outputs if name]
        graph = helper.make_graph([copy], "constants", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        return bytes(model.SerializeToString())


def _require_calm(node: SourceNode, arrays: Sequence[Array | None]) -> None:
    """Refuse operators that may not end, are random or stop the process. Raises: ModelError."""
    change = "Fold it before the export"
    if node.op in _CONTROL:
        raise ModelError(node.label, "constants must be computed without branches and loops", node.op, change)
    if node.op in ("Div", "Mod") and len(arrays) == 2 and all(a is not None and a.dtype.kind in "iu" for a in arrays):
        left, right = (np.asarray(array) for array in arrays)
        least = np.iinfo(left.dtype).min
        if np.any(right == 0) or (least < 0 and np.any(right == -1) and np.any(left == least)):
            raise ModelError(node.label, "its divisor must not be zero or overflow", f"{right.min()}", change)


@lru_cache(maxsize=1)
def _options() -> Any:
    """Options of a session: one thread, and memory from one arena of `_MOST_BYTES`."""
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    where = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    limits = onnxruntime.OrtArenaCfg({"max_mem": _MOST_BYTES, "arena_extend_strategy": 1})
    try:
        onnxruntime.create_and_register_allocator(where, limits)
    except RuntimeError:  # the caller's program has set up one of its own
        return options
    options.add_session_config_entry("session.use_env_allocators", "1")
    return options


def _session(model: bytes) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(model, _options())


def _found(error: Exception) -> str:
    """What onnxruntime says, in one line."""
    text = str(error).strip().splitlines()
    if "bfc_arena" in str(error) or "would require more than" in str(error):
        return f"more than {_MOST_BYTES >> 20} MiB of memory"
    return text[0].rstrip(".") if text else type(error).__name__
