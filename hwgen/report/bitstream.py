"""What a board's bitstream came out as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.backends.board import Board, SerialLine
from hwgen.verify.formal import Proof
from hwgen.verify.netlist import NetlistCheck
from hwgen.verify.place import Placement

_PROOF = ("module", "parameters", "instances", "verdict", "message", "how", "cycles", "seconds")
"""Keys of a proof in the report."""


@dataclass(frozen=True)
class BitstreamReport:
    """A design on a board.

    Attributes:
        file: the bitstream's name in its folder.
        interval: cycles a frame of the accelerator, by the cycle model.
        tools: versions by package.
        check: of the netlist; None where it was not simulated.
        proofs: a verdict for each unit's netlist; none where they were not asked for.
        wall_s: seconds of synthesis, and of place and route with packing.
    """

    name: str
    board: Board
    file: str
    interval: int
    line: SerialLine
    placement: Placement
    tools: Mapping[str, str]
    check: NetlistCheck | None
    wall_s: Mapping[str, float]
    proofs: tuple[Proof, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether no proof that was asked for is refuted or has no verdict."""
        return all(proof.passed for proof in self.proofs)

    @property
    def fps(self) -> float:
        """Frames a second of the accelerator at the board's clock; the serial line is far slower."""
        return self.board.clock_mhz * 1e6 / self.interval

    @property
    def line_fps(self) -> float:
        """Frames a second over the serial line, without the accelerator's own time."""
        return self.board.clock_mhz * 1e6 / self.line.frame_clocks

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        placed, chip = self.placement, self.board.chip
        return {
            "name": self.name,
            "board": self.board.name,
            "fpga": chip.name,
            "package": chip.package,
            "loader": self.board.loader,
            "bitstream": self.file,
            "clock_mhz": self.board.clock_mhz,
            "fmax_mhz": placed.fmax_mhz,
            "meets_timing": placed.meets_timing,
            "critical_path": asdict(placed.critical),
            "utilisation": {kind: asdict(use) for kind, use in placed.use.items()},
            "interval_cycles": self.interval,
            "fps": round(self.fps, 3),
            "serial_line": {**asdict(self.line), "fps": round(self.line_fps, 3)},
            "netlist_check": self.check.to_json() if self.check else None,
            "netlist_proofs": [
                {name: each[name] for name in _PROOF} for each in (proof.to_json() for proof in self.proofs)
            ],
            "tools": dict(self.tools),
            "wall_s": {stage: round(seconds, 1) for stage, seconds in self.wall_s.items()},
        }
