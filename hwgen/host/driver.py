"""The driver: images in, classes out, wherever the design runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError
from hwgen.host.rewrite import direction_words, threshold_words, weight_words
from hwgen.host.transport import Control, Transport, Transports
from hwgen.hw.address_map import WritableLayer
from hwgen.hw.packing import Bytes
from hwgen.hw.ports import PortMap, meaning, structure
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, Conv, MatMul, Threshold
from hwgen.ir.types import FloatArray, IntArray
from hwgen.verify.vectors import Frames, Layout, frames_of, random_frames


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


Numbers = Any
"""An array; where a design has several outputs, a dictionary of arrays by the names of the outputs, in their order."""


class Driver:
    """A design ready to take images.

    Images are arrays of N frames: integers are codes of the input type, floating-point numbers are real numbers and
    become the nearest codes. `codes` converts images that are meant otherwise, or are to be binarised. Where a design
    has several inputs, images are arguments, a sequence, or a mapping by the names of the inputs.

    Args:
        ports: the edge of the design.
        transport: carries bytes to the design and back.
    """

    def __init__(self, ports: PortMap, transport: Transport | Transports) -> None:
        self.ports, self.transport = ports, transport

    def codes(
        self,
        *images: Any,
        binarize_at: float | None = None,
        real: bool | None = None,
        layout: Layout | str = "nhwc",
    ) -> Any:
        """Input codes (N, *input shape) of `images`, a tuple where there are several inputs.

        For options and errors see `hwgen.verify.vectors.as_codes`.
        """
        codes = self._codes(images, binarize_at=binarize_at, real=real, layout=layout)
        return codes[0] if len(codes) == 1 else codes

    def outputs(self, *images: Any) -> Numbers:
        """Output codes (N, *output shape) as they leave the design, channels last; `infer` has the model's layout.

        Raises:
            DataError: `images` are not frames of this design, or another number of bytes came back.
        """
        return _alone(self._outputs(images))

    def infer(self, *images: Any) -> Numbers:
        """The model's output: real numbers (N, *shape of its output), in its own layout. For errors see `outputs`.

        Scores, an image (channels where the model has them), or the index of the best class.
        """
        found = self._outputs(images)
        return _alone({port.name: port.reading.decode(found[port.name]) for port in self.ports.outputs})

    def scores(self, *images: Any) -> Numbers:
        """Scores (N, classes): the real numbers that the output codes stand for, numbered as the model's output.

        For errors see `outputs`.

        Raises:
            ConfigError: the index of the best class leaves the design, not the scores.
        """
        return _alone(self._scores(images))

    def predict(self, *images: Any) -> Numbers:
        """The class (N,) of each image: the first of the largest scores. For errors see `outputs`.

        A single score that the model does not rank is class 1 where it is positive and class 0 elsewhere.
        """
        found = self._outputs(images)
        return _alone({port.name: port.reading.classes(found[port.name]) for port in self.ports.outputs})

    def top_k(self, images: Any, k: int = 5) -> Any:
        """The `k` best classes (N, k) and their scores (N, k), the best first, the lower class first of equal ones.

        Raises:
            ConfigError: there are fewer classes; see also `scores`.
        """
        return _alone({name: _best(name, scores, k) for name, scores in self._scores((images,)).items()})

    def throughput_test(self, frames: int = 1000) -> Throughput:
        """Send `frames` random frames, packed beforehand, and take the time."""
        codes = random_frames(self.ports.inputs, frames, seed=0)
        data = [port.pack(each) for port, each in zip(self.ports.inputs, codes, strict=True)]
        start = self.transport.now()
        answers = self._exchange(data, frames)
        seconds = self.transport.now() - start
        return Throughput(frames, seconds, sum(map(len, data)), sum(map(len, answers)))

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
        self.ports = meaning(self.ports, graph)

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

    def _codes(self, images: tuple[Any, ...], **options: Any) -> Frames:
        return frames_of(self.ports.inputs, images, "images", **options)

    def _outputs(self, images: tuple[Any, ...]) -> dict[str, IntArray]:
        """Output codes of each output, by its name."""
        codes = self._codes(images)
        data = [port.pack(each) for port, each in zip(self.ports.inputs, codes, strict=True)]
        answers = self._exchange(data, len(codes[0]))
        return {port.name: port.unpack(each) for port, each in zip(self.ports.outputs, answers, strict=True)}

    def _scores(self, images: tuple[Any, ...]) -> dict[str, FloatArray]:
        """Scores of each output, by its name. Raises: ConfigError."""
        ranked = next((port for port in self.ports.outputs if port.ranked), None)
        if ranked is not None:
            where = "scores" if len(self.ports.outputs) == 1 else f"scores of {ranked.name}"
            raise ConfigError(where, "must leave the design", "a top-1 unit at the end", "Build it without --top1")
        found = self._outputs(images)
        scores = {port.name: port.reading.scores(found[port.name]) for port in self.ports.outputs}
        return {name: each.reshape(len(each), -1) for name, each in scores.items()}

    def _exchange(self, data: list[Bytes], frames: int) -> Sequence[Bytes]:
        """The answers of each output to so many frames. Raises: ConfigError, DataError."""
        sizes = [frames * port.frame_bytes for port in self.ports.outputs]
        if self.ports.single and isinstance(self.transport, Transport):
            answers: Sequence[Bytes] = [self.transport.exchange(data[0], sizes[0])]
        elif isinstance(self.transport, Transports):
            answers = self.transport.exchange_all(data, sizes)
        else:
            found = f"{type(self.transport).__name__}, which carries one of each"
            streams = f"{len(data)} inputs and {len(sizes)} outputs"
            raise ConfigError("transport", f"must carry {streams}", found, "Choose another place")
        for port, size, answer in zip(self.ports.outputs, sizes, answers, strict=True):
            if len(answer) != size:
                where = self.ports.name if len(sizes) == 1 else f"{self.ports.name}, output {port.name}"
                change = "Check that the board holds this very design"
                raise DataError(where, f"must answer {size} bytes", f"{len(answer)}", change)
        return answers


T = TypeVar("T")


def _alone(found: dict[str, T]) -> T | dict[str, T]:
    """What there is for the only output, or all by their names."""
    return next(iter(found.values())) if len(found) == 1 else found


def _best(name: str, scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """See `Driver.top_k`. Raises: ConfigError."""
    if not 1 <= k <= scores.shape[1]:
        raise ConfigError("top", f"must be 1 to {scores.shape[1]}, the number of classes", str(k))
    classes = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return classes.astype(np.int64), np.take_along_axis(scores, classes, axis=1)


def _parameters(graph: Graph, name: str) -> dict[str, npt.ArrayLike | None]:
    """Weights of a layer, and thresholds where some follow, by the model's rows."""
    node = graph.node(name)
    assert isinstance(node.op, MatMul | Conv)
    found, behind = {"weights": node.op.weights}, [user.op for user in graph.users.get(node.output.name, ())]
    if behind and isinstance(behind[0], Threshold):
        found |= {"thresholds": behind[0].thresholds, "descending": behind[0].descending}
    back = np.argsort(node.op.rows) if node.op.rows else slice(None)
    return {kind: each[back] if len(each) > 1 else each for kind, each in found.items()}
