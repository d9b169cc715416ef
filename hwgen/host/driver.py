"""The driver: images in, classes out, wherever the design runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError
from hwgen.host.transport import Transport
from hwgen.hw.ports import Ports
from hwgen.ir.types import FloatArray, IntArray
from hwgen.verify.vectors import as_codes, random_codes


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

    Images are arrays of N frames: integers are codes of the input type, real numbers are quantised to them with the
    input's scale and offset.

    Args:
        ports: the edge of the design.
        transport: what carries bytes there and back.
    """

    def __init__(self, ports: Ports, transport: Transport) -> None:
        self.ports, self.transport = ports, transport

    def outputs(self, images: npt.ArrayLike) -> IntArray:
        """Output codes (N, *output shape) as they leave the design.

        Raises:
            DataError: `images` are not frames of this design, or another number of bytes came back.
        """
        array = np.asarray(images)
        return self._run(as_codes(self.ports, array, "images", real=array.dtype.kind == "f"))

    def scores(self, images: npt.ArrayLike) -> FloatArray:
        """Scores (N, classes): the real numbers that the output codes stand for. For errors see `outputs`.

        Raises:
            ConfigError: the index of the best class leaves the design, not the scores.
        """
        if self.ports.ranked:
            found = "a top-1 unit at the end"
            raise ConfigError("scores", "must leave the design", found, "Build it without --top1")
        decoding, codes = self.ports.sink.affine, self.outputs(images)
        return np.asarray(codes * decoding.scale + decoding.offset, dtype=np.float64).reshape(len(codes), -1)

    def predict(self, images: npt.ArrayLike) -> IntArray:
        """The class (N,) of each image: the first of the largest scores. For errors see `outputs`.

        A single score is class 1 where it is positive and class 0 elsewhere.
        """
        if self.ports.ranked:
            return self.outputs(images).reshape(len(np.asarray(images)), -1)[:, 0]
        scores = self.scores(images)
        found = scores[:, 0] > 0 if scores.shape[1] == 1 else np.argmax(scores, axis=1)
        return np.asarray(found, dtype=np.int64)

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

    def _run(self, codes: npt.NDArray[Any]) -> IntArray:
        data = self._exchange(self.ports.source.pack(codes), len(codes) * self.ports.sink.frame_bytes)
        return self.ports.sink.unpack(data)

    def _exchange(self, data: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
        answer = self.transport.exchange(data, size)
        if len(answer) != size:
            must = f"must answer {size} bytes"
            raise DataError(self.ports.name, must, f"{len(answer)}", "Check that the board holds this very design")
        return answer
