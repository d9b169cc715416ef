"""FPGAs that hwgen knows: what they have, and the boards they sit on."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

from hwgen.errors import ConfigError
from hwgen.hw.resources import Resources


class Family(Enum):
    """FPGAs that synthesise alike: cost models are stated for each."""

    XC7 = "xc7"
    XCUP = "xcup"
    ECP5 = "ecp5"


@dataclass(frozen=True)
class Device:
    """One FPGA.

    Attributes:
        name: as the vendor writes it, without package and speed grade.
        capacity: what it has.
        boards: names of boards that carry it, lower case.
        source: the public document that the figures are from.
    """

    name: str
    family: Family
    capacity: Resources
    boards: tuple[str, ...]
    source: str


_DS190 = "AMD DS190, Zynq-7000 SoC overview"

DEVICES = (
    Device(
        "xc7z020", Family.XC7, Resources(lut=53_200, ff=106_400, bram36=140, dsp=220), ("pynq-z1", "pynq-z2"), _DS190
    ),
    Device("xc7z045", Family.XC7, Resources(lut=218_600, ff=437_200, bram36=545, dsp=900), ("zc706",), _DS190),
)


def device_of(part: str) -> Device:
    """The device of a part ("xc7z020clg400-1", in any package and speed grade) or of a board ("pynq-z1").

    Raises:
        ConfigError: neither is known; names those that come close.
    """
    wanted = part.lower()
    known = {name: device for device in DEVICES for name in (device.name, *device.boards)}
    if wanted in known:
        return known[wanted]
    fitting = [device for device in DEVICES if wanted.startswith(device.name)]
    if fitting:
        return max(fitting, key=lambda device: len(device.name))
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
    change = f"Did you mean {' or '.join(close)}?" if close else f"Use one of {', '.join(known)}"
    raise ConfigError("part", "must be a known part or board", part, change)
