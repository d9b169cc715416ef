"""When a parallel window unit moves beats: a scan over the columns of a row of windows.

Writing: a beat is taken one cycle after the last, once there is room for it. The line buffer has a place for each beat
of `rows` rows; beat p of a row of the image lies where beat p of the row `rows` before it lay, and comes once that is
free.

Scanning: a frame has `slots` slots, one a cycle, of which each row of windows has `row_slots`; the last one ends with
the frame. Slot p of a row of windows reads beat p of all image rows that its windows see at once, so it waits until
that of the lowest has been taken, of a slot beyond the image's row until the last has; and frees that beat of the rows
that no later row of windows sees. The row's last slot frees all that is left of them. A slot that ends a window waits
for a credit, and its beat can be read `latency` cycles later. Columns to the right of the image are those of the next
row of windows, whose first slots end no window; so padding costs no slots but at a frame's end.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnScan:
    """A parallel window unit over rows of `row_beats` beats, in pixels of `pixel_beats`.

    Attributes:
        row_slots: slots from a row of windows to the next, and `slots`: those of a frame.
        first: slot of the first window's first beat; the others come `step` slots after each other, `columns` in a row.
        lowest: the lowest row of the image that each row of windows sees.
        freed: for each row of the image the row of windows that frees it.
        rows: of the line buffer.
    """

    row_beats: int
    pixel_beats: int
    row_slots: int
    slots: int
    first: int
    step: int
    columns: int
    lowest: tuple[int, ...]
    freed: tuple[int, ...]
    rows: int
    latency: int
    credits: int

    @property
    def height(self) -> int:
        """Rows of the image."""
        return len(self.freed)

    def ends(self, slot: int) -> bool:
        """Whether a slot of the frame ends a beat of a window."""
        window, beat = divmod((slot - self.first) % self.row_slots, self.step)
        return slot >= self.first and window < self.columns and beat < self.pixel_beats

    def freeing_slot(self, row: int, place: int) -> int:
        """The slot of the frame that frees beat `place` of a row of the image."""
        start = self.freed[row] * self.row_slots
        is_last = self.freed[row] == len(self.lowest) - 1
        return min(start + place, self.slots - 1 if is_last else start + self.row_slots - 1)
