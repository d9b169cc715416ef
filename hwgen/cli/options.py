"""Options that say what to build: the network's input, the target, the folding and what it is folded for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

_WORKERS = "Who does the work"


class FifoDepths(StrEnum):
    """How deep FIFOs are."""

    minimal = "minimal"
    memory = "memory"


_GOALS = "What layers without a folding are folded for"


class FidelityName(StrEnum):
    """What the shown points of an exploration go through."""

    none = "none"
    cycles = "cycles"
    simulate = "simulate"
    synthesise = "synthesise"


Part = Annotated[
    str | None,
    typer.Option(
        "--part",
        help="Target FPGA: the full name of a part, a device or a board. With --cut one for all devices, or one each "
        "with commas.",
        show_default="xc7z020clg400-1",
    ),
]
Clock = Annotated[float | None, typer.Option("--clock-mhz", help="Clock in MHz.", show_default="200")]
FoldingFile = Annotated[
    Path | None, typer.Option("--folding", help='JSON: {"fc0": {"pe": 16, "simd": 49}, ...}', show_default=False)
]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A TOML file of settings.", show_default=False)]
Name = Annotated[str | None, typer.Option("--name", help="Name of the design.", show_default="the file's")]
Top1 = Annotated[bool | None, typer.Option("--top1", help="Add a top-1 unit: the class leaves, not scores.")]
Fifos = Annotated[
    FifoDepths | None,
    typer.Option(
        "--fifos", help="The fewest beats that keep the interval, or all that the memory holds.", show_default="minimal"
    ),
]
PipelineStages = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        metavar="<stages>|auto",
        help="Registers of each unit with weights: as many as the clock needs, or at most a number; 0 for none.",
        show_default="auto",
    ),
]
Writable = Annotated[
    list[str] | None,
    typer.Option(
        "--writable", help="A layer that the host can rewrite at run time; say it again for more.", show_default=False
    ),
]
External = Annotated[
    list[str] | None,
    typer.Option(
        "--external",
        help="A layer whose weights lie beyond the chip and come through an AXI4 port; say it again for more. `auto`: "
        "as many as do not fit.",
        show_default=False,
    ),
]
ExternalRate = Annotated[
    float | None,
    typer.Option(
        "--external-gb-s",
        help="What that memory gives to all such layers together, in 10^9 bytes a second.",
        show_default="2.9; UltraScale+ 13.4, ECP5 1.1",
    ),
]
Cut = Annotated[
    list[str] | None,
    typer.Option(
        "--cut",
        help="The layer behind which a second device goes on, in a project of its own; say it again for a third. "
        "`auto`: where two devices share the network best.",
        show_default=False,
    ),
]
Tlast = Annotated[
    bool | None,
    typer.Option(
        "--tlast/--no-tlast",
        help="TLAST on the ports of the HLS project: AMD's stream types, which other HLS tools lack.",
        show_default="tlast",
    ),
]
InputType = Annotated[
    list[str] | None,
    typer.Option(
        "--input-type",
        help="What the hardware receives: bipolar, intN, uintN. Of several inputs INPUT=TYPE, once for each; "
        "--input-scale and --input-offset alike.",
        show_default=False,
    ),
]
InputScale = Annotated[
    list[str] | None,
    typer.Option("--input-scale", help="x = scale * code + offset; one number, or one per channel.", show_default="1"),
]
InputOffset = Annotated[list[str] | None, typer.Option("--input-offset", help="See --input-scale.", show_default="0")]

TargetFps = Annotated[
    float | None,
    typer.Option(
        "--target-fps",
        help="The cheapest design of at least this many frames a second at the clock.",
        rich_help_panel=_GOALS,
        show_default=False,
    ),
]
TargetInterval = Annotated[
    int | None,
    typer.Option(
        "--target-interval",
        help="The cheapest design of at most this many cycles a frame; about 1024, or the fewest there are, without a "
        "goal. Cheapest is the smallest sum of the shares of the part's LUT, BRAM and DSP.",
        rich_help_panel=_GOALS,
        show_default=False,
    ),
]
Fit = Annotated[
    bool | None,
    typer.Option(
        "--fit",
        help="The fastest design that fits the part with headroom: 70 % of its LUT, 80 % of its BRAM and DSP.",
        rich_help_panel=_GOALS,
    ),
]
MaxLut = Annotated[
    int | None,
    typer.Option(
        "--max-lut", help="The fastest design of at most this many LUT.", rich_help_panel=_GOALS, show_default=False
    ),
]
MaxBram = Annotated[
    float | None,
    typer.Option(
        "--max-bram",
        help="The fastest design of at most this many BRAM of 36 kbit.",
        rich_help_panel=_GOALS,
        show_default=False,
    ),
]
MaxDsp = Annotated[
    int | None,
    typer.Option(
        "--max-dsp", help="The fastest design of at most this many DSP.", rich_help_panel=_GOALS, show_default=False
    ),
]

ResultsFile = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="Results as they come, JSON lines: a new file, or --resume.", show_default=False
    ),
]
Points = Annotated[int, typer.Option("--points", min=1, max=10**9, help="Foldings to look at.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="Another seed looks at other foldings.")]
Shown = Annotated[int, typer.Option("--show", min=1, max=10**9, help="Show at most this many points of the front.")]
FidelityOption = Annotated[
    FidelityName,
    typer.Option(
        "--exact",
        help="What the shown points go through: nothing more; FIFO sizing and the exact cycle model; then also RTL "
        "simulation against the golden model, or synthesis with Yosys.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the results file where it was interrupted.")]
Build = Annotated[
    tuple[int, Path] | None,
    typer.Option("--build", metavar="<number> <folder>", help="Build a shown point into a folder.", show_default=False),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", help="Draw the front: a .svg, .png or .pdf file.", show_default=False)
]
WorkerCount = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=4096, help="Processes.", rich_help_panel=_WORKERS, show_default="one a core"),
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        help="Address of a Dask scheduler, such as tcp://host:8786: its workers instead of processes.",
        rich_help_panel=_WORKERS,
        show_default=False,
    ),
]


@dataclass(frozen=True)
class DesignOptions:
    """What a user wants built; None where nothing was said."""

    part: Part = None
    clock_mhz: Clock = None
    folding: FoldingFile = None
    target_fps: TargetFps = None
    target_interval: TargetInterval = None
    fit: Fit = None
    max_lut: MaxLut = None
    max_bram: MaxBram = None
    max_dsp: MaxDsp = None
    top1: Top1 = None
    fifos: Fifos = None
    pipeline: PipelineStages = None
    writable: Writable = None
    external: External = None
    external_gb_s: ExternalRate = None
    cut: Cut = None
    tlast: Tlast = None
    settings: SettingsFile = None
    name: Name = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The FPGAs that were named, one for each device or one for all. Raises: ConfigError."""
        parts = tuple((self.part or "").split(","))
        if len(parts) > 1 and not self.cut:
            from hwgen.errors import ConfigError

            raise ConfigError("--part", "must be one without --cut", ", ".join(parts))
        return parts

    def given(self, memory: Mapping[str, str]) -> dict[str, Any]:
        """Settings by key that go before those of the settings file, whose `memory` is given. Raises: ConfigError."""
        from hwgen.config import read_folding

        said = {field.name: getattr(self, field.name) for field in fields(self)}
        del said["settings"], said["name"], said["cut"]
        if self.part is not None:
            said["part"] = self.parts[0]
        if self.pipeline is not None and re.fullmatch("[0-9]{1,9}", self.pipeline):
            said["pipeline"] = int(self.pipeline)
        folding = read_folding(self.folding) if self.folding else None
        named = [name for name in self.external or () if name != "auto"]
        said["external"] = "auto" if named != (self.external or []) else None
        placed = {**memory, **dict.fromkeys(named, "external")} if named else None
        return {**said, "folding": folding, "writable": self.writable or None, "memory": placed}


def takes_design(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with the options of `DesignOptions` in place of its parameter `design`."""
    own, hints = inspect.signature(verb, eval_str=True).parameters, get_type_hints(DesignOptions, include_extras=True)
    options = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(DesignOptions)
    ]
    parameters: list[Parameter] = []
    for each in own.values():
        parameters += options if each.name == "design" else [each.replace(kind=Parameter.KEYWORD_ONLY)]

    @wraps(verb)
    def spread(**given: Any) -> None:
        design = DesignOptions(**{option.name: given.pop(option.name) for option in options})
        verb(design=design, **given)

    spread.__annotations__ = {each.name: each.annotation for each in parameters}
    spread.__dict__["__signature__"] = inspect.Signature(parameters)
    return spread
