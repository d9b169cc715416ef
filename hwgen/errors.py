"""Everything hwgen raises on purpose.

HwgenError
├── ModelError        the network cannot become hardware: names the node
├── DeadlockError     a design's FIFOs are too shallow for its branches: names the stream
├── FoldingError      a folding names an unknown layer or an impossible PE/SIMD
├── DataError         images, labels or vectors that do not fit the design
├── ConfigError       settings or command-line values that make no sense
├── OutputError       the output folder cannot be written or is not ours
├── ToolError         an external tool is missing, failed or ran out of time
├── CheckError        an integer network or a design is illegal (a bug in hwgen)
└── MismatchError     a back end disagrees with the golden model

Every message follows one grammar: which node, what must hold, what was found, what to change.
"""

from __future__ import annotations

import logging
from pathlib import Path


def note(text: str) -> None:
    """Tell of what slows a run down but does not stop it: a line on standard error, unless logging is set up."""
    logging.getLogger("hwgen").warning("note: %s", text)


class HwgenError(Exception):
    """Base of the tree: one clear message for the user, exit code 1 on the command line.

    Args:
        where: the node, file or setting the message is about.
        must: what must hold there.
        found: what was found instead; left out of the message when empty.
        change: what the user can do about it; left out when empty.
    """

    def __init__(self, where: str, must: str, found: str = "", change: str = "") -> None:
        self.where = where
        self.must = must
        self.found = found
        self.change = change
        parts = [f"{where}: {must}"]
        if found:
            parts.append(f"found {found}")
        message = "; ".join(parts) + "."
        if change:
            message += f" {change}" if change[-1] in "?." else f" {change}."
        super().__init__(message)

    def __reduce__(self) -> tuple[type[HwgenError], tuple[str, str, str, str]]:
        return type(self), (self.where, self.must, self.found, self.change)  # they travel between processes


class ModelError(HwgenError):
    """The network cannot become hardware as it stands."""


class DeadlockError(HwgenError):
    """A design would wait for ever: a FIFO is too shallow for the branches that meet behind it."""


class FoldingError(HwgenError):
    """A folding names an unknown layer or an impossible PE/SIMD."""


class DataError(HwgenError):
    """Images, labels or vectors do not fit the design."""


class ConfigError(HwgenError):
    """A setting makes no sense."""


class OutputError(HwgenError):
    """The output folder cannot be written, or holds something that is not ours."""


class ToolError(HwgenError):
    """An external tool is missing, failed or ran out of time.

    Attributes:
        log: the file that the message names.
    """

    log: Path | None = None


class CheckError(HwgenError):
    """An integer network or a hardware design breaks its own rules: a bug in hwgen."""


class MismatchError(HwgenError):
    """A back end disagrees with the golden model."""
