"""A compiled network, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.config import VERSION, Settings, report_format
from hwgen.errors import ConfigError, MismatchError
from hwgen.flow.conditions import depths_for, written_waves
from hwgen.flow.goal import goals_of, problem_of
from hwgen.flow.outside import moved_outside
from hwgen.flow.project import FORMAT, MANIFEST, NETWORK, README, as_json, record, replacing, seal, work_folder
from hwgen.flow.renamed import renamed
from hwgen.flow.rewritable import require_hls, without_hls
from hwgen.flow.verbs import Verbs
from hwgen.golden.matmul import Codes
from hwgen.hw.address_map import address_map
from hwgen.hw.capacity import too_chained, too_large
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.digest import units_digest
from hwgen.hw.explain import Explanation, explain
from hwgen.hw.fifo import sizes_of
from hwgen.hw.folds import folding_entries
from hwgen.hw.gates import stuck_gates
from hwgen.hw.matrices import Folding
from hwgen.hw.packing import to_words
from hwgen.hw.ports import port_map_of
from hwgen.hw.problem import Problem
from hwgen.hw.quantiser import host_quantiser
from hwgen.hw.structures import unwired
from hwgen.hw.timing import missed_clock
from hwgen.hw.words import wide_words
from hwgen.ir.graph import Graph
from hwgen.ir.ranking import left_to_host
from hwgen.ir.text import print_graph
from hwgen.ir.work import network_work
from hwgen.report.estimate import Estimate, estimate
from hwgen.report.readme import readme
from hwgen.verify.progress import stage
from hwgen.verify.sources import write_files

if TYPE_CHECKING:
    from hwgen.backends.hls import Options
    from hwgen.report.synthesis import SynthesisReport
    from hwgen.verify.bench import Stalls
    from hwgen.verify.hlsrtl import Verilog
    from hwgen.verify.simulate import Backend, Outcome
    from hwgen.verify.skipping import Skipping
    from hwgen.verify.vectors import Frames, Layout

SKIP_FRAMES = 256
"""Most frames of a data set whose cycles are predicted where they depend on the data."""

VECTOR_FRAMES = 16
"""Golden frames that ship with the HLS project's self-checking test bench, at most."""

VECTOR_MACS = 4_000_000_000
"""Of all of them, where two frames or more have no more: golden takes a few seconds."""

VECTOR_ELEMENTS = 1 << 20
"""Most elements of a tensor of the frames that are computed together for it: all tensors are kept meanwhile."""


@dataclass(frozen=True, repr=False)
class Accelerator(Verbs):
    """A compiled network: the integer network, and the design that computes it.

    Attributes:
        project: the folder it was written to or opened from; None before.
        explanation: what sets the interval, where that is known already.
        problem: what it is the solution of, with all that is known of the prices of units; None where it was opened.
    """

    graph: Graph
    settings: Settings
    folding: Mapping[str, Folding]
    design: Design
    project: Path | None = None
    explanation: Explanation | None = None
    problem: Problem | None = field(default=None, compare=False, repr=False)
    _estimates: dict[int, Estimate] = field(default_factory=dict, init=False, compare=False, repr=False)

    @renamed(pace="input_interval")
    def estimate(self, input_interval: int = 0) -> Estimate:
        """Exact cycles, rates at the clock, resources, and what the next faster folding would cost.

        Args:
            input_interval: cycles a frame at which the source offers them; 0 for as fast as they are taken.
        """
        if input_interval not in self._estimates:
            self._estimates[input_interval] = self._estimate(input_interval)
        return self._estimates[input_interval]

    def _estimate(self, input_interval: int) -> Estimate:
        problem = self.problem or problem_of(self.graph, self.settings)
        warnings = (
            *too_large(problem, self.design, self.folding, goals_of(self.settings)),
            *too_chained(self.design),
            *host_quantiser(self.graph),
            *left_to_host(self.graph),
            *stuck_gates(self.graph),
            *wide_words(self.design),
            *without_hls(self.design),
            *moved_outside(self.settings, self.design),
            *unwired(self.design),
            *missed_clock(self.design, deepest=self.settings.pipeline == "auto"),
        )
        explanation = self.explanation or explain(problem, self.folding)
        return estimate(self.design, input_interval, explanation, warnings)

    def write(self, folder: str | Path) -> Accelerator:
        """Write the HLS and RTL projects to `folder`: all of it or nothing. Returns the accelerator bound to it.

        Raises:
            OutputError: the folder holds something else, or cannot be written.
        """
        target = Path(folder)
        with stage("projects"), replacing(target) as staging:
            write_files(staging, self.files())
        return self.bound_to(target)

    def bound_to(self, project: Path) -> Accelerator:
        """The same accelerator, written to `project`."""
        written = replace(self, project=project)
        written._estimates.update(self._estimates)
        return written

    @property
    def identity(self) -> dict[str, str]:
        """The entries of a record that say of which very design it is."""
        return {"digest": self.design.digest, "modules": units_digest(self.design.units)}

    def record(self, name: str, report: Mapping[str, Any]) -> None:
        """Keep a report such as `simulate.json` in the project, with the digests of this very design.

        Raises:
            OutputError: the folder cannot be written.
        """
        assert self.project is not None, "a record belongs to a project"
        schema = report_format(Path(name).stem.replace("_", "-"))
        record(self.project, name, {"format": schema, **report, **self.identity})

    def files(self) -> dict[str, str]:
        """Every file of the project, by path."""
        from hwgen.backends import host, vivado

        report, digest, sizes = self.estimate(), self.design.digest, sizes_of(self.design)
        hls = asdict(self.design.hls) if self.design.hls else {}
        explanation = asdict(report.explanation) if report.explanation else {}
        manifest = {
            "format": FORMAT,
            "hwgen": VERSION,
            "name": self.design.name,
            "digest": digest,
            "settings": self.settings.model_dump(mode="json"),
            "sizes": sizes,
            "hls": hls,
            "explanation": explanation,
            "seal": seal(digest, sizes, hls, explanation),
        }
        emitted, control = _emitted(self.design, self.settings), address_map(self.design)
        rtl = (path.removeprefix("rtl/") for path in emitted if path.startswith("rtl/"))
        files = {
            MANIFEST: as_json(manifest),
            NETWORK: print_graph(self.graph),
            "folding.json": as_json(folding_entries(self.graph, self.folding)),
            "estimate.json": as_json({"format": report_format("estimate"), **report.to_json()}),
            **{f"host/{path}": text for path, text in host.emit(port_map_of(self.graph, self.design)).items()},
            **emitted,
            **vivado.emit(self.design, rtl, 0 if control else self.vector_frames, control),
            **({} if control else {f"hls/{path}": text for path, text in self.vectors(self.design).items()}),
        }
        return files | {README: readme(self.design, report, control, files)}

    @property
    def vector_frames(self) -> int:
        """Golden frames that ship with the project."""
        macs = max(1, network_work(self.graph).macs)
        return min(VECTOR_FRAMES, max(2, VECTOR_MACS // macs))

    def vectors(self, design: Design) -> dict[str, str]:
        """Golden frames for the test bench of the HLS project of `design`: the whole one, or that of a layer."""
        from hwgen.backends import hls
        from hwgen.golden.execute import trace
        from hwgen.verify.vectors import random_frames

        frames = self.vector_frames
        codes, words = random_frames(self.graph.inputs, frames, seed=0), []
        block = max(1, VECTOR_ELEMENTS // max(value.type.elements for value in self.graph.values))
        for start in range(0, frames, block):
            golden = trace(self.graph, [each[start : start + block] for each in codes])
            streams = [port.stream for port in design.ports]
            words.append([to_words(_flat(golden[stream.tensor]), stream) for stream in streams])
        return hls.vectors(design, [np.concatenate(each) for each in zip(*words, strict=True)])

    def codes(
        self,
        frames: Any,
        seed: int = 0,
        *,
        binarize_at: float | None = None,
        real: bool | None = None,
        layout: Layout | str = "nhwc",
    ) -> Any:
        """Input codes (N, *input shape): of an array of N frames, or as many random ones as `frames` says.

        Where there are several inputs `frames` is a sequence of arrays, or a mapping of them by name, and a tuple comes
        back. Integers are codes, floating-point numbers are real numbers and become the nearest codes, unless `real`
        says which they are. See `hwgen.verify.vectors.as_codes` for the options.

        Raises:
            ConfigError: `binarize_at` or `layout` is not valid.
            DataError: the array does not hold frames of this network.
        """
        from hwgen.verify.vectors import frames_of, random_frames

        inputs = self.graph.inputs
        if isinstance(frames, int | np.integer):
            codes = random_frames(inputs, int(frames), seed)
        else:
            codes = frames_of(inputs, (frames,), "frames", binarize_at=binarize_at, real=real, layout=layout)
        return codes[0] if len(inputs) == 1 else codes

    def _codes(self, frames: Any) -> Frames:
        """The codes of each input."""
        codes = self.codes(frames)
        return codes if isinstance(codes, tuple) else (codes,)

    @renamed(pace="input_interval")
    def simulate(
        self,
        frames: Any = 16,
        backend: str = "rtl",
        *,
        layer: str | None = None,
        stalls: Stalls | None = None,
        input_interval: int = 0,
        reset_after_beats: int | None = None,
        pipeline_depths: Sequence[int] = (),
        verilog: Verilog | None = None,
        work: str | Path | None = None,
        waves: str | Path | None = None,
    ) -> Outcome:
        """Run frames (see `codes`) on `backend` (golden, csim, rtl, dpi, hls-rtl) and compare every stream with golden.

        Args:
            layer: one layer to simulate alone.
            stalls: random pauses of source and sink.
            input_interval: cycles a frame at which the source offers them; 0 for as fast as they are taken.
            reset_after_beats: input beats after which the design starts again.
            pipeline_depths: for csim, bounded runs, with streams of their depths and pipelines of so many stages, one
                for each. Without, streams have no end and time does not pass: fast, for thousands of frames.
            verilog: for hls-rtl, what an HLS tool wrote.
            work: a folder to keep builds in.
            waves: for rtl, a file (.fst, .vcd) for all signals in every cycle.
        """
        from hwgen.verify.simulate import Conditions, simulate

        told = stalls, input_interval, reset_after_beats, depths_for(backend, pipeline_depths)
        codes, chosen = self._codes(frames), self.backend(backend)
        with work_folder(work) as scratch:
            design, project = self._simulated(layer, scratch / "project")
            source, build = verilog or project, scratch / "build"
            build.mkdir(exist_ok=True)
            with written_waves(waves, backend, build) as kind:
                conditions = Conditions(*told, kind)
                return simulate(self.graph, design, chosen, codes, project=source, work=build, conditions=conditions)

    def _simulated(self, layer: str | None, folder: Path) -> tuple[Design, Path]:
        """The design, or that of `layer` alone, and its project: written to `folder` where there is none."""
        if layer is None and self.project is not None:
            return self.design, self.project
        design = self.design if layer is None else self.only(layer)
        with replacing(folder) as staging:
            write_files(staging, _emitted(design, self.settings))
        return design, folder

    def backend(self, name: str) -> Backend:
        """The back end called `name`. Raises: ConfigError."""
        from hwgen.verify.simulate import Backend

        try:
            chosen = Backend(name)
        except ValueError as error:
            names = ", ".join(each.value for each in Backend)
            raise ConfigError("backend", f"must be one of {names}", repr(name)) from error
        if chosen not in (Backend.GOLDEN, Backend.RTL):
            require_hls(self.design)
        return chosen

    def skipping(self, frames: Any) -> Skipping | None:
        """What gates spare on frames (see `codes`), by the golden model and the cycle model; None without gates.

        Cycles are those of the first frames, `SKIP_FRAMES` at most.
        """
        from hwgen.verify.skipping import gates_on, skipping

        if not self.design.gated:
            return None
        codes = self._codes(frames)
        return skipping(self.design, gates_on(self.design, self.graph, codes), min(len(codes[0]), SKIP_FRAMES))

    def synthesise(
        self, family: str | None = None, *, unit: str | None = None, work: str | Path | None = None
    ) -> SynthesisReport:
        """Synthesise the RTL project with Yosys: what every unit takes, beside the cost model.

        Args:
            family: xc7 or ecp5; that of the part where None (UltraScale+ is synthesised as xc7).
            unit: the only unit to synthesise, by its name in the estimate.
            work: a folder to keep the run in.

        Raises:
            ConfigError: an unknown family or unit.
            ToolError: Yosys is missing or fails.
        """
        from hwgen.report.synthesis import compare
        from hwgen.verify.synth import SynthesisJob, synthesise, tool_version

        names = [each.name for each in self.design.units]
        if unit is not None and unit not in names:
            raise ConfigError("unit", f"must be one of {', '.join(names)}", unit)
        target = _family(family, self.design.part)
        with work_folder(work) as scratch:
            found = synthesise([SynthesisJob(self.design.name, self.rtl_files())], target, scratch, unit=unit)
        return compare(self.design, found[0], tool_version())

    synth = synthesise  # the verb's name

    def rtl_files(self) -> dict[str, str]:
        """The RTL project's files: those on disk where it was written. Raises: DataError."""
        if self.project is None:
            from hwgen.backends import rtl

            return rtl.emit(self.design)
        from hwgen.verify.sources import rtl_files

        return rtl_files(self.project / "rtl")

    def outputs(self, frames: Any, backend: str = "golden") -> Any:
        """Output codes (N, elements) of frames (see `codes`) on `backend`; by name where there are several outputs.

        Raises:
            MismatchError: a simulated back end disagrees with golden.
        """
        found = self.all_outputs(frames, backend)
        return found if len(found) > 1 else next(iter(found.values()))

    def all_outputs(self, frames: Any, backend: str = "golden") -> Mapping[str, Codes]:
        """`outputs` by name, also where there is only one."""
        from hwgen.golden.execute import run_all

        if backend == "golden":
            found = run_all(self.graph, self._codes(frames))
            return {output.name: codes for output, codes in zip(self.graph.outputs, found, strict=True)}
        outcome = self.simulate(frames, backend)
        if outcome.mismatches:
            raise MismatchError(backend, "must agree with the golden model", str(outcome.mismatches[0]))
        return outcome.answers

    def only(self, layer: str) -> Design:
        """The design of one layer alone. Raises: ConfigError."""
        names = [unit.name for unit in self.design.layers]
        if layer not in names:
            raise ConfigError("layer", f"must be one of {', '.join(names)}", layer)
        return self.design.isolated(layer)


def _flat(codes: Codes) -> Codes:
    return codes.reshape(len(codes), -1)


def _family(name: str | None, part: str) -> Family:
    """The family to synthesise for. Raises: ConfigError."""
    if name is None:
        return device_of(part).family.synthesised_as
    if name not in ("xc7", "ecp5"):
        raise ConfigError("family", "must be xc7 or ecp5", repr(name))
    return Family(name)


def hls_options(chosen: Settings) -> Options:
    """The settings of the HLS project alone."""
    from hwgen.backends.hls import Options

    return Options(chosen.control, chosen.clock_uncertainty)


def _emitted(design: Design, chosen: Settings) -> dict[str, str]:
    """Both back ends' files of a design, by path in a project; a design that can be rewritten has no HLS project."""
    from hwgen.backends import hls, rtl

    back_ends = {"rtl": rtl.emit(design)} | ({} if design.writable else {"hls": hls.emit(design, hls_options(chosen))})
    return {f"{folder}/{path}": text for folder, files in back_ends.items() for path, text in files.items()}
