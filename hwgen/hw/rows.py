"""Rows of a line buffer: the fewest with which a sliding window unit adds nothing to the interval."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwgen.hw.schedule import LineBuffer


@lru_cache(maxsize=4096)
def fewest_rows(lines: LineBuffer, columns: int, blocks: int, window_cycles: int, interval: int = 0) -> int:
    """The fewest rows of the line buffer with which a sliding window unit adds nothing to the interval.

    Cached: a search over foldings asks for the same units again.

    Args:
        lines: the unit's schedule, with any number of rows.
        columns: windows of a row.
        blocks: parts of a pixel that windows are made of one after another.
        window_cycles: cycles that the reader takes for one window, at least the window's own beats.
        interval: a longer interval, which the unit and its reader have to meet.
    """
    most = rows = max(lines.needed)
    while not _is_feasible(lines, columns, blocks, window_cycles, interval, most):
        rows, most = most + 1, 2 * most
    while rows < most:
        middle = (rows + most) // 2
        enough = _is_feasible(lines, columns, blocks, window_cycles, interval, middle)
        rows, most = (rows, middle) if enough else (middle + 1, most)
    return rows


def _is_feasible(lines: LineBuffer, columns: int, blocks: int, window_cycles: int, interval: int, rows: int) -> bool:
    """Whether `rows` rows sustain an interval of `interval` cycles, or that of the slower side if this is longer.

    The constraint graph has a node for the time at which each row of the image is in and each row of windows is out.
    Row k of the image is in `row_in` cycles after row k - 1 and after its room was released; row r of windows is out
    `row_out` cycles after row r - 1 and `fresh` cycles after the last row of the image that it reads (the cycles that
    the reader computes after a row's last block are left out). Constraints across frames are relaxed by the interval.
    The schedule is feasible unless the graph has a positive cycle; Bellman-Ford decides it.
    """
    row_in, row_out = lines.row_beats, columns * window_cycles
    fresh = row_out - (window_cycles - lines.out_row_beats // columns) // blocks
    height, count = lines.height, len(lines.needed)
    interval = max(interval, height * row_in, count * row_out)
    images, outputs = np.arange(height), np.arange(count)
    last = np.cumsum((0, *lines.released[:-1])) + lines.needed - 1
    released_by = np.repeat(outputs, lines.released)
    freed, frames_ago = released_by[(images - rows) % height], (images - rows) // height
    come, gone = np.zeros(height, np.int64), np.zeros(count, np.int64)
    for _ in range(height + count + 1):
        before = come, gone
        room = gone[freed] + frames_ago * interval + row_in
        room[0] = max(room[0], come[-1] - interval + row_in)
        come = np.maximum.accumulate(np.maximum(come, room) - images * row_in) + images * row_in
        there = come[last] + fresh
        there[0] = max(there[0], gone[-1] - interval + row_out)
        gone = np.maximum.accumulate(np.maximum(gone, there) - outputs * row_out) + outputs * row_out
        if np.array_equal(before[0], come) and np.array_equal(before[1], gone):
            return True
    return False
