"""Clocks other than the oscillator's, by the phase-locked loop of an FPGA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NEAR = 0.005
"""Share by which a clock may miss what was asked for."""


@dataclass(frozen=True)
class Pll:
    """The settings of a phase-locked loop.

    Attributes:
        clock_mhz: that comes out.
        module: of the library, which holds the FPGA's own primitive.
        parameters: of that module.
    """

    clock_mhz: float
    module: str
    parameters: Mapping[str, int | str]

    @property
    def assignments(self) -> tuple[str, ...]:
        """The parameters as an instance sets them."""
        written = {name: f'"{each}"' if isinstance(each, str) else each for name, each in self.parameters.items()}
        return tuple(f".{name}({value})" for name, value in written.items())


def ecp5_pll(reference_mhz: float, wanted_mhz: float) -> Pll | None:
    """The EHXPLLL that comes nearest to `wanted_mhz`; None where none comes near.

    The loop's oscillator runs at 400 to 800 MHz and its phase detector takes 10 to 400 MHz (Lattice FPGA-DS-02012,
    sysCLOCK PLL timing); as Project Trellis does, 3.125 MHz and more are taken where nothing else comes as near. Of
    equals the oscillator nearest to its middle is taken.
    """

    def settings() -> Iterator[tuple[float, bool, float, Pll]]:
        for divider in range(1, 129):
            detector = reference_mhz / divider
            if not 3.125 <= detector <= 400:
                continue
            feedback = max(1, min(80, round(wanted_mhz / detector)))
            clock = detector * feedback
            for output in range(1, 129):
                if 400 <= clock * output <= 800:
                    values = {"ReferenceDivider": divider, "FeedbackDivider": feedback, "OutputDivider": output}
                    pll = Pll(clock, "hwgen_pll_ecp5", values)
                    yield abs(clock - wanted_mhz), detector < 10, abs(clock * output - 600), pll

    return _nearest(settings(), wanted_mhz)


def ice40_pll(reference_mhz: float, wanted_mhz: float) -> Pll | None:
    """The SB_PLL40_PAD that comes nearest to `wanted_mhz`; None where none comes near.

    The phase detector takes 10 to 133 MHz, the oscillator inside runs at 533 to 1066 MHz, and the filter is set by the
    detector's rate (Lattice FPGA-TN-02052).
    """

    def settings() -> Iterator[tuple[float, bool, float, Pll]]:
        for divider in range(16):
            detector = reference_mhz / (divider + 1)
            if not 10 <= detector <= 133:
                continue
            for power in range(1, 7):
                feedback = max(0, min(127, round(wanted_mhz * 2**power / detector) - 1))
                inside = detector * (feedback + 1)
                if 533 <= inside <= 1066:
                    clock, steps = inside / 2**power, (17, 26, 44, 66, 101)
                    values = {"Divr": divider, "Divf": feedback, "Divq": power}
                    values["FilterRange"] = 1 + sum(detector >= step for step in steps)
                    yield abs(clock - wanted_mhz), False, abs(inside - 800), Pll(clock, "hwgen_pll_ice40", values)

    return _nearest(settings(), wanted_mhz)


def gowin_pll(reference_mhz: float, wanted_mhz: float) -> Pll | None:
    """The rPLL that comes nearest to `wanted_mhz`; None where none comes near.

    The phase detector takes 3 to 400 MHz, the oscillator inside runs at 500 to 1200 MHz, and what comes out has 3.91 to
    600 MHz: what both GW1N-9C and GW2A-18C do (Gowin DS117 and DS102, PLL specifications; UG286).
    """

    def settings() -> Iterator[tuple[float, bool, float, Pll]]:
        for divider in range(1, 65):
            detector = reference_mhz / divider
            if not 3 <= detector <= 400:
                continue
            feedback = max(1, min(64, round(wanted_mhz / detector)))
            clock = detector * feedback
            for output in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128):
                if 3.91 <= clock <= 600 and 500 <= clock * output <= 1200:
                    values = {"Idiv": divider - 1, "Fbdiv": feedback - 1, "Odiv": output}
                    pll = Pll(clock, "hwgen_pll_gowin", {"Reference": f"{reference_mhz:g}", **values})
                    yield abs(clock - wanted_mhz), False, abs(clock * output - 850), pll

    return _nearest(settings(), wanted_mhz)


def gatemate_pll(reference_mhz: float, wanted_mhz: float) -> Pll | None:
    """The CC_PLL for `wanted_mhz`; None where it is out of reach.

    nextpnr finds its dividers. In its mode for economy, that of a core at 1.0 V, 312.5 MHz come out at most (Cologne
    Chip DS1001, table 5.4).
    """
    if not 1 <= wanted_mhz <= 312.5:
        return None
    return Pll(wanted_mhz, "hwgen_pll_gatemate", {"Reference": f"{reference_mhz:g}", "Wanted": f"{wanted_mhz:g}"})


def _nearest(settings: Iterator[tuple[float, bool, float, Pll]], wanted_mhz: float) -> Pll | None:
    """The last of the smallest tuple, if its clock is near enough."""
    best = min(settings, key=lambda each: each[:3], default=None)
    return best[3] if best and best[0] <= _NEAR * wanted_mhz else None
