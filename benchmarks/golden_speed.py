"""Golden model against hls4ml's C simulation and the qonnx executor: the same TFC, the same frames, one run.

Times are wall time a frame, the best of the runs. Golden and hls4ml take all frames in one call and take turns; as a
call of golden's takes milliseconds, a run of it is the mean over calls for a fifth of a second. The qonnx executor
runs the graph as it is, frame by frame. Targets: golden at least 100 times as fast as hls4ml's C
simulation and at least 1,000 times as fast as the qonnx executor. For information the executor also runs the graph
rewritten to one batch of all frames.

hls4ml is given its best: the design that computes the network's own classes, its binary arithmetic, the Latency
strategy, compiled by its own compile(), all frames in one predict call. What must be adapted for it is in the notes.

    python benchmarks/golden_speed.py --model tfc.onnx --images t10k-images-idx3-ubyte.gz
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import Figure, finish, machine, parser
from networks import write_network

from hwgen.golden.execute import decode, run
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import FloatArray
from hwgen.verify.evaluate import classes
from hwgen.verify.vectors import as_codes, random_codes, read_array

if TYPE_CHECKING:
    from hls4ml.model import ModelGraph
    from qonnx.core.modelwrapper import ModelWrapper

HLS4ML_TARGET = 100.0
QONNX_TARGET = 1000.0


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Silence libraries that print their progress, compilers' children included."""
    logging.disable(logging.WARNING)
    saved, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            os.dup2(sink, 1)
            yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(sink)
        logging.disable(logging.NOTSET)


def timed(work: Callable[[], Any], least_s: float = 0.0) -> tuple[float, Any]:
    """Wall seconds of `work()`, the mean over calls for at least `least_s`, and what it gives."""
    start, calls = time.perf_counter(), 0
    while True:
        result = work()
        calls += 1
        passed = time.perf_counter() - start
        if passed >= least_s:
            return passed / calls, result


def flattened(path: Path) -> ModelWrapper:
    """The QONNX graph cleaned, its input reshaped to (1, elements) outside: what hls4ml's converter takes."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.util.cleanup import cleanup_model

    model = cleanup_model(ModelWrapper(str(path)))
    for node in [node for node in model.graph.node if node.op_type in ("Reshape", "Flatten")]:
        source, result = node.input[0], node.output[0]
        elements = int(np.prod(model.get_tensor_shape(source)))
        for reader in model.graph.node:
            for index, name in enumerate(reader.input):
                if name == result:
                    reader.input[index] = source
        model.graph.node.remove(node)
        model.set_tensor_shape(source, [1, elements])
    return cleanup_model(model)


def convert(model: ModelWrapper, folder: Path, io_type: str, precision: str) -> ModelGraph:
    """The network in hls4ml, not yet compiled."""
    import hls4ml

    config = hls4ml.utils.config.config_from_onnx_model(
        model, granularity="name", backend="Vitis", default_precision=precision
    )
    config["Model"]["Strategy"] = "Latency"
    return hls4ml.converters.convert_from_onnx_model(
        model, output_dir=str(folder), backend="Vitis", hls_config=config, io_type=io_type
    )


def put_right(design: ModelGraph, graph: Graph) -> None:
    """Give hls4ml's layers the weights and thresholds that the network has.

    hls4ml 1.3 quantises weights of BipolarQuant twice, so that all become +1; it rounds a threshold down where it
    compares with >=; and it takes the slope of every batch norm for positive. A channel that falls is turned round:
    its weights change sign, and -acc >= 1 - T says that acc < T.
    """
    products = [node for node in graph.nodes if isinstance(node.op, MatMul)]
    weights = [node.op.weights for node in products if isinstance(node.op, MatMul)]
    steps = {node.inputs[0].name: node.op for node in graph.nodes if isinstance(node.op, Threshold)}
    hidden = [steps[node.output.name] for node in products if node.output.name in steps]
    layers = list(design.get_layers())
    dense = [layer for layer in layers if layer.class_name == "Dense"]
    activations = [layer for layer in layers if layer.class_name == "BatchNormalizationQuantizedTanh"][-len(hidden) :]
    falls = [op.descending.astype(bool) for op in hidden] + [np.zeros(len(weights[-1]), dtype=bool)]
    for layer, matrix, falling in zip(dense, weights, falls, strict=True):
        layer.weights["weight"].data = (np.where(falling[:, None], -matrix, matrix).T > 0).astype(int)
    for layer, op in zip(activations, hidden, strict=True):
        bounds = op.thresholds[:, 0]
        layer.weights["threshold"].data = np.where(op.descending.astype(bool), 1 - bounds, bounds)


def qonnx_frames(model: ModelWrapper, pixels: FloatArray) -> FloatArray:
    """The executor's scores, one call a batch of the graph's own size."""
    from qonnx.core.onnx_exec import execute_onnx

    name, output = model.graph.input[0].name, model.graph.output[0].name
    shape = model.get_tensor_shape(name)
    batches = pixels.astype(np.float32).reshape(-1, *shape)
    results = [execute_onnx(model, {name: batch})[output] for batch in batches]
    return np.concatenate(results).reshape(len(pixels), -1)


def batched(path: Path, frames: int) -> ModelWrapper:
    """The flattened graph with a batch of `frames`."""
    from qonnx.transformation.change_batchsize import ChangeBatchSize
    from qonnx.transformation.infer_shapes import InferShapes

    return flattened(path).transform(InferShapes()).transform(ChangeBatchSize(frames)).transform(InferShapes())


def main() -> None:
    """Load the network three times, check that all agree, measure, report."""
    options = parser(__doc__)
    options.add_argument("--model", type=Path, help="QONNX file of a W1A1 TFC whose input is pixels u / 255")
    options.add_argument("--images", type=Path, help="frames, IDX or .npy; random ones by default")
    options.add_argument("--frames", type=int, default=1000, help="frames (default 1000)")
    options.add_argument("--repeat", type=int, default=7, help="runs of golden and hls4ml (default 7)")
    options.add_argument("--io-type", default="io_parallel", choices=("io_parallel", "io_stream"), help="of hls4ml")
    options.add_argument("--precision", default="fixed<16,6>", help="hls4ml's default precision (fixed<16,6>)")
    chosen = options.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        measure(chosen, where, Path(name))


def measure(chosen: Any, where: dict[str, Any], folder: Path) -> None:
    """The measurement itself, its files in `folder`."""
    import hls4ml
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.util.cleanup import cleanup_model

    import hwgen

    path = chosen.model or write_network("tfc", folder)
    graph = hwgen.compile(hwgen.load(path, input_type="uint8", input_scale=1 / 255)).graph
    if chosen.images:
        codes = as_codes(graph.inputs[0], read_array(chosen.images)[: chosen.frames], str(chosen.images))
    else:
        codes = random_codes(graph.inputs[0], chosen.frames, seed=0).astype(np.uint8)
    count = len(codes)
    pixels = np.ascontiguousarray(codes.reshape(count, -1).astype(np.float32) / 255)
    with hushed():
        model = flattened(path)
        as_converted = convert(model, folder / "as_converted", chosen.io_type, chosen.precision)
        as_converted.compile()
        design = convert(model, folder / "put_right", chosen.io_type, chosen.precision)
        put_right(design, graph)
        design.compile()
        plain, batch = cleanup_model(ModelWrapper(str(path))), batched(path, count)
    runs: dict[str, list[float]] = {"golden": [], "hls4ml": [], "qonnx": [], "qonnx batch": []}
    for _ in range(chosen.repeat):
        seconds, scores = timed(lambda: decode(graph, run(graph, codes)), least_s=0.2)
        runs["golden"].append(seconds / count)
        seconds, simulated = timed(lambda: design.predict(pixels))
        runs["hls4ml"].append(seconds / count)
    seconds, executed = timed(lambda: qonnx_frames(plain, pixels))
    runs["qonnx"].append(seconds / count)
    seconds, executed_batch = timed(lambda: qonnx_frames(batch, pixels))
    runs["qonnx batch"].append(seconds / count)
    best = {key: min(values) for key, values in runs.items()}
    right = classes(graph, run(graph, codes))

    def agreement(found: FloatArray) -> str:
        return f"{np.mean(np.argmax(found.reshape(count, -1), axis=1) == right):.2%}"

    def figure(title: str, key: str) -> Figure:
        return Figure(title, best[key] * 1e6, "us a frame", runs=tuple(value * 1e6 for value in runs[key]))

    figures = [
        figure("golden model", "golden"),
        figure("hls4ml C simulation", "hls4ml"),
        figure("qonnx executor, frame by frame", "qonnx"),
        figure(f"qonnx executor, one batch of {count}", "qonnx batch"),
        Figure("hls4ml over golden", best["hls4ml"] / best["golden"], "x", HLS4ML_TARGET, at_least=True),
        Figure("qonnx over golden", best["qonnx"] / best["golden"], "x", QONNX_TARGET, at_least=True),
        Figure("qonnx in one batch over golden", best["qonnx batch"] / best["golden"], "x"),
    ]
    compiler = f"hls4ml {hls4ml.__version__}, Vitis back end, {chosen.io_type}, {chosen.precision}, Latency"
    notes = [
        f"{path.name if chosen.model else 'random TFC'}, {count} {'images' if chosen.images else 'random frames'}; "
        f"all start from arrays in memory and end with real scores",
        f"{compiler}; qonnx {version('qonnx')}",
        f"same class as golden: hls4ml {agreement(simulated)}, qonnx {agreement(executed)}, "
        f"qonnx in one batch {agreement(executed_batch)}",
        f"largest difference of a score from the qonnx executor's: golden {np.abs(scores - executed).max():.2g}, "
        f"hls4ml {np.abs(simulated.reshape(count, -1) - executed).max():.2g}",
        f"adapted for hls4ml: the reshape in front is taken out; weights and thresholds are put right after conversion "
        f"(as converted it agrees on {agreement(as_converted.predict(pixels))}); no layer or type changes",
    ]
    finish("golden model speed", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
