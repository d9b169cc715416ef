"""The driver: images in, classes out, wherever the design runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError
from hwgen.host.rewrite import direction_words, threshold_words, weight_words
from hwgen.host.transport import Control, Transport
from hwgen.hw.address_map import WritableLayer
from hwgen.hw.ports import PortMap, structure
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, Conv, MatMul, Threshold
from hwgen.ir.types import FloatArray, IntArray
from hwgen.verify.vectors import Layout, as_codes, random_codes


@dataclass(frozen=True)
class Throughput:
    """Frames sent as fast as they are taken.

    Attributes:
        seconds: from the first byte in to the last byte out; of a simulated design, at its clock.
        bytes_in, bytes_out: of all frames.
    """

    frames: int
    seconds: float
    bytes_in: int
    bytes_out: int

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


class Driver:
    """A design ready to take images.

    Images are arrays of N frames: integers are codes of the input type, floating-point numbers are real numbers and
    become the nearest codes. `codes` converts images that are meant otherwise, or are to be binarised.

    Args:
        ports: the edge of the design.
        transport: carries bytes to the design and back.
    """

    def __init__(self, ports: PortMap, transport: Transport) -> None:
        self.ports, self.transport = ports, transport

    def codes(
        self,
        images: npt.ArrayLike,
        *,
        binarize_at: float | None = None,
        real: bool | None = None,
        layout: Layout | str = "nhwc",
    ) -> npt.NDArray[Any]:
        """Input codes (N, *input shape) of `images`; for options and errors see `hwgen.verify.vectors.as_codes`."""
        return as_codes(self.ports, images, "images", binarize_at=binarize_at, real=real, layout=layout)

    def outputs(self, images: npt.ArrayLike) -> IntArray:
        """Output codes (N, *output shape) as they leave the design, channels last; `infer` has the model's layout.

        Raises:
            DataError: `images` are not frames of this design, or another number of bytes came back.
        """
        return self._run(self.codes(images))

    def infer(self, images: npt.ArrayLike) -> FloatArray:
        """The model's output: real numbers (N, *shape of its output), in its own layout. For errors see `outputs`.

        Scores, an image (channels where the model has them), or the index of the best class.
        """
        return self.ports.reading.decode(self.outputs(images))

    def scores(self, images: npt.ArrayLike) -> FloatArray:
        """Scores (N, classes): the real numbers that the output codes stand for, numbered as the model's output.

        For errors see `outputs`.

        Raises:
            ConfigError: the index of the best class leaves the design, not the scores.
        """
        if self.ports.ranked:
            found = "a top-1 unit at the end"
            raise ConfigError("scores", "must leave the design", found, "Build it without --top1")
        codes = self.outputs(images)
        return self.ports.reading.scores(codes).reshape(len(codes), -1)

    def predict(self, images: npt.ArrayLike) -> IntArray:
        """The class (N,) of each image: the first of the largest scores. For errors see `outputs`.

        A single score that the model does not rank is class 1 where it is positive and class 0 elsewhere.
        """
        reading = self.ports.reading
        return reading.classes(self.outputs(images)) if reading.ranked else reading.best(self.scores(images))

    def top_k(self, images: npt.ArrayLike, k: int = 5) -> tuple[IntArray, FloatArray]:
        """The `k` best classes (N, k) and their scores (N, k), the best first, the lower class first of equal ones.

        Raises:
            ConfigError: there are fewer classes; see also `scores`.
        """
        scores = self.scores(images)
        if not 1 <= k <= scores.shape[1]:
            raise ConfigError("top", f"must be 1 to {scores.shape[1]}, the number of classes", str(k))
        classes = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return classes.astype(np.int64), np.take_along_axis(scores, classes, axis=1)

    def throughput_test(self, frames: int = 1000) -> Throughput:
        """Send `frames` random frames, packed beforehand, and take the time."""
        source, sink = self.ports.source, self.ports.sink
        data, size = source.pack(random_codes(self.ports, frames, seed=0)), frames * sink.frame_bytes
        start = self.transport.now()
        self._exchange(data, size)
        return Throughput(frames, self.transport.now() - start, len(data), size)

    def write(
        self,
        layer: str,
        *,
        weights: npt.ArrayLike | None = None,
        thresholds: npt.ArrayLike | None = None,
        descending: npt.ArrayLike | None = None,
    ) -> None:
        """Give `layer` new parameters; those left out stay. All frames sent before have been answered by then.

        Args:
            weights, thresholds, descending: see `hwgen.host.rewrite`.

        Raises:
            ConfigError: the layer cannot be rewritten, or not where the design runs.
            DataError: the parameters do not fit it; nothing was written.
        """
        given = {"weights": weights, "thresholds": thresholds, "descending": descending}
        self._send(self._words(layer, given))

    def load(self, graph: Graph) -> None:
        """Give every writable layer the parameters of `graph`, a network like the one that was built.

        From then on input and output codes have the meaning that `graph` gives them.

        Raises:
            ConfigError, DataError: as in `write`, or `graph` differs in more than what can be rewritten.
        """
        if any(isinstance(node.op, Activation) for node in graph.nodes):
            from hwgen.passes.pipeline import integer_network

            graph = integer_network(graph)
        layers = self._writable()
        if structure(graph, layers) != self.ports.structure:
            must = f"must differ from the network that was built in the parameters of {', '.join(layers)} alone"
            raise DataError(graph.name, must, "other differences", "Build a design for it")
        self._send([words for name in layers for words in self._words(name, _parameters(graph, name))])
        source, sink = self.ports.source, self.ports.sink
        ends = replace(source, affine=graph.encoding), replace(sink, affine=graph.decoding)
        ports = replace(self.ports, source=ends[0], sink=ends[1])
        self.ports = replace(ports, order=graph.order, ranking=graph.ranking, input_order=graph.input_order)

    def _writable(self) -> Mapping[str, WritableLayer]:
        """Layers that can be rewritten. Raises: ConfigError."""
        if self.ports.control is None:
            change = "Build it with --writable LAYER"
            raise ConfigError(self.ports.name, "must have layers that can be rewritten", "none", change)
        return self.ports.control.layers

    def _words(self, name: str, given: Mapping[str, npt.ArrayLike | None]) -> list[tuple[int, list[int]]]:
        """What is written to give the layer `name` the parameters `given`. Raises: ConfigError, DataError."""
        layers = self._writable()
        if name not in layers:
            raise ConfigError("layer", f"must be one of {', '.join(layers)}, which can be rewritten", name)
        makers = {"weights": weight_words, "thresholds": threshold_words, "descending": direction_words}
        return [
            words
            for kind, values in given.items()
            if values is not None
            for words in makers[kind](layers[name], values)
        ]

    def _send(self, words: list[tuple[int, list[int]]]) -> None:
        """Write memories. Raises: ConfigError."""
        if not isinstance(self.transport, Control):
            found = f"{type(self.transport).__name__}, which does not"
            raise ConfigError("write", "must reach the design's AXI4-Lite port", found, "Choose another place")
        for address, pieces in words:
            self.transport.write(address, pieces)

    def _run(self, codes: npt.NDArray[Any]) -> IntArray:
        data = self._exchange(self.ports.source.pack(codes), len(codes) * self.ports.sink.frame_bytes)
        return self.ports.sink.unpack(data)

    def _exchange(self, data: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
        answer = self.transport.exchange(data, size)
        if len(answer) != size:
            must = f"must answer {size} bytes"
            raise DataError(self.ports.name, must, f"{len(answer)}", "Check that the board holds this very design")
        return answer


def _parameters(graph: Graph, name: str) -> dict[str, npt.ArrayLike | None]:
    """Weights of a layer, and thresholds where some follow, by the model's rows."""
    node = graph.node(name)
    assert isinstance(node.op, MatMul | Conv)
    found, behind = {"weights": node.op.weights}, [user.op for user in graph.users.get(node.output.name, ())]
    if behind and isinstance(behind[0], Threshold):
        found |= {"thresholds": behind[0].thresholds, "descending": behind[0].descending}
    back = np.argsort(node.op.rows) if node.op.rows else slice(None)
    return {kind: each[back] if len(each) > 1 else each for kind, each in found.items()}
