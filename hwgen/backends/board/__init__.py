"""What a design needs to run on a board with open tools."""

from hwgen.backends.board.boards import BOARDS, Board
from hwgen.backends.board.chips import Chip, Chips
from hwgen.backends.board.emit import BENCH, TOP, SerialLine, emit, emit_bench, line_of
from hwgen.backends.board.found import board_of

__all__ = [
    "BENCH",
    "BOARDS",
    "TOP",
    "Board",
    "Chip",
    "Chips",
    "SerialLine",
    "board_of",
    "emit",
    "emit_bench",
    "line_of",
]
