"""Boards as Vivado knows them: the full name of the part, and how to look the board's files up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VivadoBoard:
    """A board by what Vivado calls its part; `files` is a pattern of its board part, in any version."""

    part: str
    files: str


BOARDS = {
    "pynq-z1": VivadoBoard("xc7z020clg400-1", "*:pynq-z1:part0:*"),
    "pynq-z2": VivadoBoard("xc7z020clg400-1", "*:pynq-z2:part0:*"),
    "zedboard": VivadoBoard("xc7z020clg484-1", "*:zedboard:part0:*"),
    "zc702": VivadoBoard("xc7z020clg484-1", "*:zc702:part0:*"),
    "zc706": VivadoBoard("xc7z045ffg900-2", "*:zc706:part0:*"),
    "ultra96-v2": VivadoBoard("xczu3eg-sbva484-1-i", "*:ultra96v2:part0:*"),
    "zcu102": VivadoBoard("xczu9eg-ffvb1156-2-e", "*:zcu102:part0:*"),
    "zcu104": VivadoBoard("xczu7ev-ffvc1156-2-e", "*:zcu104:part0:*"),
    "kv260": VivadoBoard("xck26-sfvc784-2lv-c", "*:kv260_som:part0:*"),
}
"""By their names in `hwgen.hw.device`."""


def board_of(part: str) -> VivadoBoard:
    """The board that goes by the name `part`; else that part with no board around it."""
    return BOARDS.get(part.lower(), VivadoBoard(part, ""))
