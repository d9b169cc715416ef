"""Frames over the serial line of a board, to the bridge that `hwgen bitstream` puts in front of a design."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from hwgen.config import Positive
from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.hw.packing import Bytes
from hwgen.stored import fitted, read_json

BREAK_S = 0.05
TIMEOUT_S = 5.0


@dataclass(frozen=True)
class _SerialLine:
    """The serial line in the report of a bitstream."""

    baud: Positive
    frame_bytes: Positive
    result_bytes: Positive


class SerialPort(Protocol):
    """The part of pyserial's `Serial` that is used."""

    def write(self, data: bytes) -> int | None: ...
    def read(self, size: int) -> bytes: ...
    def send_break(self, duration: float) -> None: ...
    def reset_input_buffer(self) -> None: ...


class UartTransport:
    """Carries whole frames over a serial line, one at a time: the next goes when the result of the last is there.

    Args:
        port: an open serial port, 8 bits, no parity, one stop bit, with a time limit for reading.
        frame_bytes, result_bytes: of a frame and of its result.
    """

    def __init__(self, port: SerialPort, frame_bytes: int, result_bytes: int) -> None:
        self.port, self.frame_bytes, self.result_bytes = port, frame_bytes, result_bytes
        self.restart()

    def restart(self) -> None:
        """Send a break: bridge and design start again at the first byte of a frame."""
        self.port.send_break(BREAK_S)
        time.sleep(BREAK_S)
        self.port.reset_input_buffer()

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """Send the bytes of whole frames, (n,); the `size` bytes that come back, (size,).

        Raises:
            DataError: `data` are not whole frames, or the board falls silent; it is started again then.
        """
        frames, rest = divmod(len(data), self.frame_bytes)
        if rest or frames * self.result_bytes != size:
            must = f"must come as whole frames of {self.frame_bytes} bytes, {self.result_bytes} back for each"
            raise DataError("serial line", must, f"{len(data)} bytes, {size} back")
        answers = [self._answer(frame.tobytes()) for frame in data.reshape(frames, self.frame_bytes)]
        return np.frombuffer(b"".join(answers), dtype=np.uint8)

    def _answer(self, frame: bytes) -> bytes:
        self.port.write(frame)
        answer = self.port.read(self.result_bytes)
        if len(answer) < self.result_bytes:
            self.restart()
            must = f"must answer {self.result_bytes} bytes to a frame"
            raise DataError("serial line", must, f"{len(answer)}", "Check that the board holds this very bitstream")
        return answer

    def now(self) -> float:
        """Seconds on the clock of the host."""
        return time.perf_counter()


def open_uart(bitstream: str | Path, port: str) -> UartTransport:
    """A transport to the board at the serial port `port` ("/dev/ttyUSB0"), loaded from the folder `bitstream`.

    Raises:
        DataError: the folder holds no bitstream.
        ToolError: pyserial is missing.
        ConfigError: the port cannot be opened.
    """
    path = Path(bitstream) / "report.json"
    try:
        line = fitted(_SerialLine, read_json(path)["serial_line"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        must = "must be a folder that `hwgen bitstream` wrote"
        raise DataError(str(bitstream), must, f"no {path.name} of its own", "Run it first") from error
    try:
        import serial
    except ImportError as error:
        must = "must be installed to reach a board"
        raise ToolError("pyserial", must, "no such package", "pip install 'hwgen[fpga]'") from error
    try:
        device = serial.Serial(port, line.baud, bytesize=8, parity="N", stopbits=1, timeout=TIMEOUT_S)
    except serial.SerialException as error:
        found = str(error).replace("\n", " ")
        raise ConfigError(port, "must be a serial port that can be opened", found, "Plug the board in") from error
    return UartTransport(device, line.frame_bytes, line.result_bytes)
