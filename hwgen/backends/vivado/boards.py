"""Boards as Vivado knows them: how to look their files up."""

from __future__ import annotations

BOARD_FILES = {
    "pynq-z1": "*:pynq-z1:part0:*",
    "pynq-z2": "*:pynq-z2:part0:*",
    "zedboard": "*:zedboard:part0:*",
    "zc702": "*:zc702:part0:*",
    "zc706": "*:zc706:part0:*",
    "ultra96-v2": "*:ultra96v2:part0:*",
    "zcu102": "*:zcu102:part0:*",
    "zcu104": "*:zcu104:part0:*",
    "kv260": "*:kv260_som:part0:*",
}
"""A pattern of the board part, in any version, by the board's name in `hwgen.hw.device`."""
