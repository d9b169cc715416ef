"""Everything hwgen raises on purpose.

HwgenError
├── ModelError        the network cannot become hardware: names the node
├── DeadlockError     a design's FIFOs are too shallow for its branches: names the stream
├── FoldingError      a folding names an unknown layer or an impossible PE/SIMD
├── DataError         images, labels or vectors that do not fit the design
├── ConfigError       settings or command-line values that are not valid
├── OutputError       the output folder cannot be written or is not ours
├── ToolError         an external tool is missing, failed or ran out of time
├── CheckError        an integer network or a design is illegal (a bug in hwgen)
└── MismatchError     a back end disagrees with the golden model

Every message follows one grammar: which node, what must hold, what was found, what to change.
"""

from __future__ import annotations

import logging
from pathlib import Path

_LONGEST = 1000


def one_line(text: str) -> str:
    """`text` of others as a message shows it: characters that cannot be printed escaped, long text cut."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 200]}...{text[-100:]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def note(text: str) -> None:
    """Log what slows a run down but does not stop it: a line on standard error, unless logging is set up."""
    logging.getLogger("hwgen").warning("note: %s", text)


class HwgenError(Exception):
    """Base of the tree: one clear message for the user in one line, and the exit code of the command line.

    Args:
        where: the node, file or setting the message is about.
        must: what must hold there.
        found: what was found instead; left out of the message when empty.
        change: what the user can do about it; left out when empty.
    """

    exit_code = 1

    def __init__(self, where: str, must: str, found: str = "", change: str = "") -> None:
        self.where, self.must, self.change = map(one_line, (where, must, change))
        self.found = self._shown(found)
        parts = [f"{self.where}: {self.must}"]
        if self.found:
            parts.append(f"found {self.found}")
        message = "; ".join(parts) + "."
        if self.change:
            message += f" {self.change}" if self.change[-1] in "?." else f" {self.change}."
        super().__init__(message)

    @staticmethod
    def _shown(text: str) -> str:
        return one_line(text)

    def __reduce__(self) -> tuple[type[HwgenError], tuple[str, str, str, str]]:
        return type(self), (self.where, self.must, self.found, self.change)  # they travel between processes


class ModelError(HwgenError):
    """The network cannot become hardware as it stands."""


class DeadlockError(HwgenError):
    """A design is in a deadlock: a FIFO is too shallow for the branches that join behind it."""


class FoldingError(HwgenError):
    """A folding names an unknown layer or an impossible PE/SIMD."""


class DataError(HwgenError):
    """Images, labels or vectors do not fit the design."""


class ConfigError(HwgenError):
    """A setting or command-line value is not valid."""


class OutputError(HwgenError):
    """The output folder cannot be written, or holds something that is not ours."""


class ToolError(HwgenError):
    """An external tool is missing, failed or ran out of time; the end of its log stands in lines of its own.

    Attributes:
        log: the file that the message names.
    """

    exit_code = 4
    log: Path | None = None

    @staticmethod
    def _shown(text: str) -> str:
        return "\n".join(map(one_line, text.split("\n")))


class CheckError(HwgenError):
    """An integer network or a hardware design breaks its own rules: a bug in hwgen."""


class MismatchError(HwgenError):
    """A back end disagrees with the golden model."""

    exit_code = 3
