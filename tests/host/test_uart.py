"""The serial transport, on a port that answers as a board would."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.host.uart import TIMEOUT_S, UartTransport, open_uart


class Board:
    """Answers each frame of three bytes with its sum and its first byte; deaf from frame `deaf` on."""

    def __init__(self, *settings: object, deaf: int = 1000, **options: object) -> None:
        self.settings, self.options, self.deaf, self.frames = settings, options, deaf, 0
        self.waiting, self.log = b"", list[str]()

    def write(self, data: bytes) -> int:
        self.log.append(f"write {len(data)}")
        if self.frames < self.deaf:
            self.waiting += bytes([sum(data) % 256, data[0]])
        self.frames += 1
        return len(data)

    def read(self, size: int) -> bytes:
        found, self.waiting = self.waiting[:size], self.waiting[size:]
        return found

    def send_break(self, duration: float) -> None:
        assert duration >= 0.01
        self.log.append("break")

    def reset_input_buffer(self) -> None:
        self.waiting = b""


def test_frames_go_one_at_a_time_after_a_break() -> None:
    board = Board()
    transport = UartTransport(board, 3, 2)
    found = transport.exchange(np.arange(9, dtype=np.uint8), 6)
    assert found.tolist() == [3, 0, 12, 3, 21, 6]
    assert board.log == ["break", "write 3", "write 3", "write 3"]
    assert transport.now() <= transport.now()


def test_a_restart_waits_for_the_board_and_drops_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    board = Board()
    board.waiting = b"left over"
    monkeypatch.setattr("hwgen.host.uart.time.sleep", lambda seconds: board.log.append(f"sleep {seconds >= 0.01}"))
    transport = UartTransport(board, 3, 2)
    assert board.log == ["break", "sleep True"]
    assert transport.exchange(np.array([1, 2, 3], dtype=np.uint8), 2).tolist() == [6, 1]


def test_a_silent_board_is_started_again() -> None:
    board = Board(deaf=1)
    transport = UartTransport(board, 3, 2)
    with pytest.raises(DataError) as error:
        transport.exchange(np.arange(9, dtype=np.uint8), 6)
    said = "serial line: must answer 2 bytes to a frame; found 0. Check that the board holds this very bitstream."
    assert str(error.value) == said
    assert board.log == ["break", "write 3", "write 3", "break"]


@pytest.mark.parametrize(("count", "size"), [(8, 4), (9, 4), (6, 6)])
def test_only_whole_frames(count: int, size: int) -> None:
    with pytest.raises(DataError) as error:
        UartTransport(Board(), 3, 2).exchange(np.zeros(count, dtype=np.uint8), size)
    must = "serial line: must come as whole frames of 3 bytes, 2 back for each"
    assert str(error.value) == f"{must}; found {count} bytes, {size} back."


def test_open_reads_the_line_of_the_bitstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"baud": 1_000_000, "frame_bytes": 3, "result_bytes": 2}
    (tmp_path / "report.json").write_text(json.dumps({"serial_line": line}))
    module = types.ModuleType("serial")
    module.Serial = Board  # type: ignore[attr-defined]
    module.SerialException = OSError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "serial", module)
    transport = open_uart(tmp_path, "/dev/ttyUSB0")
    assert isinstance(transport.port, Board) and transport.port.settings == ("/dev/ttyUSB0", 1_000_000)
    assert transport.port.options == {"bytesize": 8, "parity": "N", "stopbits": 1, "timeout": TIMEOUT_S}
    assert transport.exchange(np.array([1, 2, 3], dtype=np.uint8), 2).tolist() == [6, 1]
    monkeypatch.delitem(sys.modules, "serial")
    with pytest.raises(ConfigError) as absent:
        open_uart(tmp_path, str(tmp_path / "tty"))
    text, must = str(absent.value), "must be a serial port that can be opened; found [Errno 2] could not open port"
    assert text.startswith(f"{tmp_path / 'tty'}: {must}")
    assert text.endswith(" Plug the board in.")
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(ToolError) as missing:
        open_uart(tmp_path, "/dev/ttyUSB0")
    must = "pyserial: must be installed to reach a board; found no such package."
    assert str(missing.value) == f"{must} pip install 'hwgen[fpga]'."


def test_open_wants_a_bitstream(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        open_uart(tmp_path, "/dev/ttyUSB0")
    must = f"{tmp_path}: must be a folder that `hwgen bitstream` wrote; found no report.json of its own."
    assert str(error.value) == f"{must} Run it first."
