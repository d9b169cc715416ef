"""QDQ, QCDQ and QLinear files: against onnxruntime where it rounds nothing, and the QONNX of the same module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from brevitas.export import export_onnx_qcdq, export_qonnx
from brevitas.quant import Int32Bias, ShiftedUint8ActPerTensorFloat, Uint8ActPerTensorFloat
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.qonnx_to_qcdq import QuantToQCDQ
from qonnx.util.cleanup import cleanup_model

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.frontend.silence import quiet
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, Conv, MatMul, Quantise, Rounding
from hwgen.ir.types import IntType
from tests.frontend.images import outputs, random_codes, to_hardware
from tests.frontend.onnx_nets import net, node
from tests.frontend.random_qdq import random_qdq
from tests.seeds import SEED

INT8 = IntType(8, signed=True)
SCALE = 1 / 8
SHAPE = (3, 8, 8)


def executed(model: onnx.ModelProto, frames: Any) -> Any:
    """onnxruntime's outputs (N, elements), no operators fused."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    name = session.get_inputs()[0].name
    results = [session.run(None, {name: frame[None].astype(np.float32)})[0].reshape(-1) for frame in frames]
    return np.stack(results).astype(np.float64)


def equal(model: onnx.ModelProto, seed: int = 1, frames: int = 20) -> Graph:
    """The graph of `model`, once it gives just what onnxruntime does."""
    graph = import_qonnx(model, input_type=INT8, input_scale=SCALE)
    check(graph)
    shape = tuple(dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim)[1:]
    codes = random_codes(graph, frames, shape, seed)
    np.testing.assert_array_equal(outputs(graph, codes), executed(model, codes * SCALE))
    return graph


def test_random_files() -> None:
    """Per-tensor and per-channel weights, zero points even and odd, both kinds of files."""
    for seed in range(60):
        equal(random_qdq(seed), seed)


@pytest.mark.long
def test_many_random_files() -> None:
    print(f"seeds from {SEED}")
    for seed in range(SEED, SEED + 1500):
        equal(random_qdq(seed), seed)


class _Net(torch.nn.Module):
    """Two convolutions, a pool, a batch norm and a dense layer; biases of 32 bits."""

    def __init__(self, act: Any, bits: int, *, per_channel: bool) -> None:
        super().__init__()
        weights = {"weight_bit_width": bits, "weight_scaling_per_output_channel": per_channel}
        self.quant = qnn.QuantIdentity(bit_width=8, return_quant_tensor=True)
        self.conv = qnn.QuantConv2d(3, 4, 3, padding=1, bias=True, bias_quant=Int32Bias, **weights)
        self.act = qnn.QuantReLU(bit_width=bits, act_quant=act, return_quant_tensor=True)
        self.pool = torch.nn.MaxPool2d(2)
        self.deep = qnn.QuantConv2d(4, 4, 3, bias=False, **weights)
        self.norm = torch.nn.BatchNorm2d(4)
        self.last = qnn.QuantIdentity(bit_width=bits, return_quant_tensor=True)
        self.dense = qnn.QuantLinear(16, 5, bias=True, bias_quant=Int32Bias, weight_bit_width=8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.act(self.conv(self.quant(x))))
        return self.dense(self.last(self.norm(self.deep(x))).flatten(1))


MODULES = {
    "unsigned": (Uint8ActPerTensorFloat, 4, False),
    "eight_bits": (Uint8ActPerTensorFloat, 8, True),
    "three_bits_per_channel": (Uint8ActPerTensorFloat, 3, True),
    "zero_point": (ShiftedUint8ActPerTensorFloat, 5, True),
    "two_bits": (Uint8ActPerTensorFloat, 2, False),
    "six_bits": (ShiftedUint8ActPerTensorFloat, 6, False),
}


def _module(name: str) -> _Net:
    torch.manual_seed(sorted(MODULES).index(name))
    act, bits, per_channel = MODULES[name]
    module = _Net(act, bits, per_channel=per_channel)
    module(torch.randn(32, *SHAPE))
    module.eval()
    with torch.no_grad():
        module(torch.randn(2, *SHAPE))
    return module


@pytest.mark.parametrize("name", MODULES)
def test_the_qcdq_export_of_brevitas_is_its_qonnx_export(name: str, tmp_path: Path) -> None:
    """Also what the qonnx package makes of the latter."""
    module, paths = _module(name), [tmp_path / f"{kind}.onnx" for kind in ("qcdq", "qonnx", "converted")]
    with quiet():
        export_onnx_qcdq(module, args=torch.zeros(1, *SHAPE), export_path=str(paths[0]), dynamo=False)
        export_qonnx(module, args=torch.zeros(1, *SHAPE), export_path=str(paths[1]), dynamo=False)
        cleanup_model(ModelWrapper(str(paths[1]))).transform(QuantToQCDQ()).save(str(paths[2]))
    graphs = [import_qonnx(path, input_type=INT8, input_scale=SCALE) for path in paths]
    codes = random_codes(graphs[0], 40, SHAPE, seed=2)
    found = [run(graph, to_hardware(graph, codes)) for graph in graphs]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[2], found[1])
    bits = MODULES[name][1]
    for graph in graphs:
        conv = graph.node("conv0").op
        assert isinstance(conv, Conv) and conv.weight_type == IntType(bits, signed=True)
        assert graph.node("conv0_act").output.type.dtype.bits == bits


class _Frames(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.frames = iter([{"x": rng.normal(size=(1, *SHAPE)).astype(np.float32)} for _ in range(8)])

    def get_next(self) -> Any:
        return next(self.frames, None)


def _rounded_scales(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with each scale the next power of two, so that float32 rounds nothing; those of biases follow."""
    for tensor in model.graph.initializer:
        if tensor.name.endswith("_scale"):
            scales = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(np.exp2(np.rint(np.log2(scales))).astype(np.float32), tensor.name))
    return model


@pytest.fixture(scope="module")
def float_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float network, as torch exports it."""
    torch.manual_seed(0)
    first = [torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    second = [torch.nn.Conv2d(4, 6, 3), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.AvgPool2d(2)]
    dense = [torch.nn.Flatten(), torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 5)]
    path = tmp_path_factory.mktemp("float") / "float.onnx"
    names = {"input_names": ["x"], "output_names": ["y"]}
    with quiet():
        module = torch.nn.Sequential(*first, *second, *dense).eval()
        torch.onnx.export(module, torch.zeros(1, *SHAPE), str(path), dynamo=False, opset_version=17, **names)
    return path


@pytest.mark.parametrize("kinds", [("QUInt8", "QInt8"), ("QInt8", "QInt8"), ("QUInt8", "QUInt8")], ids=str)
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_the_static_quantisation_of_onnxruntime(
    form: str, kinds: tuple[str, str], float_model: Path, tmp_path: Path, *, per_channel: bool
) -> None:
    path, (act, weight) = tmp_path / "quantised.onnx", (QuantType[kind] for kind in kinds)
    options = {"per_channel": per_channel, "activation_type": act, "weight_type": weight, "reduce_range": True}
    with quiet():
        quantize_static(str(float_model), str(path), _Frames(), quant_format=QuantFormat[form], **options)
    import_qonnx(path, input_type=INT8, input_scale=SCALE)
    graph = equal(_rounded_scales(onnx.load(path)), frames=40)
    assert [n.name for n in graph.nodes if isinstance(n.op, Conv | MatMul)] == ["conv0", "conv1", "fc2", "fc3"]


RUNTIME = {"domain": "com.microsoft"}
WINDOW = {"kernel_shape": [2, 2], "strides": [2, 2]}
OWN = "os oz"
OPERATORS: dict[str, tuple[list[onnx.NodeProto], tuple[int, ...]]] = {
    "add": ([node("QLinearAdd", f"q s z p ps pz {OWN}", "o", **RUNTIME)], (1, 3, 4, 4)),
    "add_itself": ([node("QLinearAdd", f"q s z q s z {OWN}", "o", **RUNTIME)], (1, 12)),
    "average": ([node("QLinearAveragePool", f"q s z {OWN}", "o", **RUNTIME, **WINDOW)], (1, 3, 5, 4)),
    "mean": ([node("QLinearGlobalAveragePool", f"q s z {OWN}", "o", **RUNTIME)], (1, 3, 4, 4)),
    "concat": ([node("QLinearConcat", f"{OWN} q s z p ps pz", "o", axis=1, **RUNTIME)], (1, 3, 4, 4)),
    "leaky": ([node("QLinearLeakyRelu", f"q s z {OWN}", "o", alpha=0.25, **RUNTIME)], (1, 12)),
    "matmul": ([node("QLinearMatMul", f"q s z w ws wz {OWN}", "o")], (1, 6)),
    "gemm_alpha": ([node("QGemm", f"q s z w ws wz b {OWN}", "o", alpha=0.5, **RUNTIME)], (1, 6)),
    "gemm_to_numbers": ([node("QGemm", "q s z w ws wz b", "y", alpha=1.0, **RUNTIME)], (1, 6)),
    "multiply": ([node("QLinearMul", f"q s z c cs cz {OWN}", "o", **RUNTIME)], (1, 3, 4, 4)),
}


@pytest.mark.parametrize("zero", [30, 31])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_onnxruntime(name: str, zero: int) -> None:
    """Two quantisers of other scales and zero points, the operator, its numbers."""
    layers, shape = OPERATORS[name]
    nodes = [node("QuantizeLinear", "x s z", "q", name="first"), node("QuantizeLinear", "x ps pz", "p", name="second")]
    nodes = [each for each in nodes if any(each.output[0] in layer.input for layer in layers)]
    behind = [node("DequantizeLinear", f"o {OWN}", "y", name="numbers")] if "o" in layers[-1].output else []
    rng = np.random.default_rng(3)
    tensors: dict[str, Any] = {
        "s": np.float32(0.25), "z": np.uint8(7), "ps": np.float32(0.125), "pz": np.uint8(90), "os": np.float32(0.5),
        "oz": np.uint8(zero), "w": rng.integers(-30, 31, (6, 3)).astype(np.int8), "wz": np.int8(0),
        "ws": np.float32(0.0625), "b": rng.integers(-99, 99, 3).astype(np.int32), "cs": np.float32(0.5),
        "c": np.asarray([[[3]], [[9]], [[5]]], np.uint8), "cz": np.uint8(4),
    }  # fmt: skip
    model = net([*nodes, *layers, *behind], shape=shape, opset=17)
    read = {each for item in model.graph.node for each in item.input}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(a), n) for n, a in tensors.items() if n in read)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    equal(model, frames=60)


def _qdq(*behind: onnx.NodeProto, zero: Any = 0, kind: Any = np.uint8, scale: Any = 0.25, **constants: Any) -> Any:
    """A quantiser in front of other nodes; constants keep their element types."""
    model = net([node("QuantizeLinear", "x s z", "q"), *behind], shape=(1, 4), opset=19)
    tensors = {"s": np.float32(scale), "z": np.asarray(zero, dtype=kind), **constants}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(a), name) for name, a in tensors.items())
    return model


DQ = node("DequantizeLinear", "q s z", "y")


@pytest.mark.parametrize(
    ("zero", "rounding"), [(0, Rounding.HALF_EVEN), (7, Rounding.HALF_ODD), (8, Rounding.HALF_EVEN)]
)
def test_ties_go_to_the_even_integer_before_the_zero_point(zero: int, rounding: Rounding) -> None:
    """Every other input code is a tie."""
    graph = equal(_qdq(DQ, zero=zero))
    op = graph.nodes[0].op
    assert isinstance(op, Activation) and isinstance(op.steps[-1], Quantise) and op.steps[-1].rounding is rounding


def test_a_quantiser_of_codes_that_keep_is_none() -> None:
    """Here of the input, and of codes behind a maximum or a move."""
    dense = [node("MatMul", "y w", "m"), node("Identity", "m", "out")]
    model = _qdq(DQ, *dense, kind=np.int8, scale=SCALE, w=np.ones((4, 2), np.float32))
    model.graph.output[0].name = "out"
    assert [n.name for n in equal(model).nodes] == ["fc0"]


def test_a_clip_of_codes_narrows_the_quantiser() -> None:
    clip = [node("Clip", "q low high", "c"), node("DequantizeLinear", "c s z", "y")]
    graph = equal(_qdq(*clip, low=np.uint8(1), high=np.uint8(6)))
    assert graph.nodes[0].output.type.dtype == IntType(3, signed=False)


def test_codes_of_four_bits() -> None:
    """Weights and activations of int4 and uint4, of which two are a byte."""
    weights = [node("DequantizeLinear", "w ws wz", "v", name="weights", axis=0), node("Gemm", "y v", "out", transB=1)]
    model = _qdq(DQ, *weights, ws=np.asarray([0.5, 0.25], np.float32))
    del model.graph.initializer[1]
    codes = np.asarray([[-8, 7, 3, 1], [0, -1, 5, 2]])
    model.graph.initializer.append(helper.make_tensor("z", TensorProto.UINT4, [], [3]))
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.INT4, codes.shape, codes.reshape(-1).tolist()))
    model.graph.initializer.append(helper.make_tensor("wz", TensorProto.INT4, [2], [0, 0]))
    model.opset_import[0].version, model.ir_version = 21, 10
    model.graph.output[0].name = "out"
    graph = equal(model)
    assert graph.nodes[0].output.type.dtype == IntType(4, signed=False)
    dense = graph.node("fc0").op
    assert isinstance(dense, MatMul)
    np.testing.assert_array_equal(dense.weights, codes)
    assert dense.weight_type == IntType(4, signed=True)


def _wide(bits: int) -> Any:
    kind = np.dtype(f"int{bits}")
    dense = [node("MatMul", "y w", "m"), node("QuantizeLinear", "m s v", "o")]
    model = _qdq(DQ, *dense, w=np.ones((4, 2), np.float32), v=np.zeros((), kind))
    model.graph.output[0].name = "o"
    return model


CASES: dict[str, tuple[Any, str]] = {
    "wide": (
        lambda: _wide(32),
        "quantizelinear (QuantizeLinear): an activation must have at most 16 bits; found 32 bits. Set bit_width.",
    ),
    "float8": (
        lambda: _qdq(DQ, kind=np.float32),
        "quantizelinear (QuantizeLinear): its zero point must be integers; found elements of type float32. "
        "Quantise to int8.",
    ),
    "zero_scale": (
        lambda: _qdq(DQ, scale=0.0),
        "quantizelinear (QuantizeLinear): its quantiser's scale must be positive; found 0. Train or export again.",
    ),
    "mixed_zero_points": (
        lambda: _qdq(DQ, zero=[0, 1, 2, 3], scale=[0.5] * 4),
        "quantizelinear (QuantizeLinear): its zero points must all be even or all odd; found both. "
        "Quantise per tensor.",
    ),
    "blocks": (
        lambda: _qdq(DQ, zero=np.zeros((2, 4)), scale=np.full((2, 4), 0.5)),
        "quantizelinear (QuantizeLinear): its scale must be one number, or one for each channel; found shape (2, 4). "
        "Quantise per tensor or per channel, not in blocks.",
    ),
    "block_size": (
        lambda: _qdq(node("DequantizeLinear", "q s z", "y", block_size=2)),
        "dequantizelinear (DequantizeLinear): its attributes must be among axis; found block_size = 2. "
        "Leave it out, or export the model again with a newer opset.",
    ),
    "numbers": (
        lambda: _qdq(DQ, node("DequantizeLinear", "y s", "r", name="again")),
        "again (DequantizeLinear): its codes must be integers; found float32. Put a QuantizeLinear before it.",
    ),
    "types": (
        lambda: _qdq(node("DequantizeLinear", "q s v", "y"), v=np.int8(0)),
        "dequantizelinear (DequantizeLinear): its zero point must be of the type of its codes, uint8; found int8. "
        "Export the model again.",
    ),
    "bounds": (
        lambda: _qdq(node("Clip", "q low", "c"), node("DequantizeLinear", "c s z", "y"), low=np.uint8(255)),
        "quantizelinear (QuantizeLinear and Clip): its codes must be several; found from 255 to 255. Correct the Clip.",
    ),
    "bias_of_an_operator": (
        lambda: _qdq(
            node("QLinearMatMul", "q s z w ws wz s z", "y", name="fc"),
            w=np.ones((4, 2), np.int8),
            ws=np.float32(-1),
            wz=np.int8(0),
        ),
        "fc (QLinearMatMul): its quantiser's scale must be positive; found -1. Train or export again.",
    ),
    "weights_along_the_inputs": (
        lambda: _qdq(
            DQ,
            node("DequantizeLinear", "w ws", "v", axis=0),
            node("MatMul", "y v", "y2"),
            w=np.ones((4, 2), np.int8),
            ws=np.asarray([1, 2, 1, 1], np.float32),
        ),
        "matmul (MatMul): the scale of its weights must be one value, or one for each output channel; found scales "
        "that differ along the inputs. Quantise the weights per output channel.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_files_that_cannot_become_hardware(name: str) -> None:
    make, message = CASES[name]
    model = make()
    model.graph.output[0].name = model.graph.node[-1].output[0]
    with pytest.raises(ModelError) as caught:
        import_qonnx(model, input_type=INT8, input_scale=SCALE)
    assert str(caught.value) == message
