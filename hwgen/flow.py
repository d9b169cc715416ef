"""The stages from a network to a proven design, as one readable list; the only writer of output folders.

    load       a Brevitas module or a QONNX file -> imported network        (frontend)
    compile    imported network -> integer network -> folded design         (passes, hw)
    write      design -> HLS and RTL projects, atomically                   (backends)
    simulate   project -> every stream compared with golden, cycles counted (verify)

A stage imports its back end or frontend only when it runs.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwgen.config import Settings, settings
from hwgen.errors import ConfigError, DataError, MismatchError, OutputError
from hwgen.golden.matmul import Codes
from hwgen.hw.design import Design
from hwgen.hw.fifo import deepen
from hwgen.hw.folding import resolve
from hwgen.hw.kernel import Folding
from hwgen.hw.lower import Choices, choices_for, design_digest, lower
from hwgen.hw.packing import to_words
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import ArgMax
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import TensorType, parse_dtype, smallest_int
from hwgen.passes.pipeline import integer_network
from hwgen.report.estimate import Estimate, estimate

if TYPE_CHECKING:
    from hwgen.verify.simulate import Outcome

MANIFEST = "hwgen.json"
NETWORK = "network.txt"
FORMAT = 1
VECTOR_FRAMES = 16
"""Golden frames that ship with the HLS project's self-checking test bench."""


@dataclass(frozen=True)
class Accelerator:
    """A compiled network: the integer network, and the design that computes it.

    Attributes:
        project: the folder it was written to or opened from; None before.
    """

    graph: Graph
    settings: Settings
    folding: Mapping[str, Folding]
    design: Design
    project: Path | None = None

    def estimate(self) -> Estimate:
        """Exact cycles, rates at the clock, memories."""
        return estimate(self.design)

    def write(self, folder: str | Path) -> Accelerator:
        """Write the HLS and RTL projects to `folder`: all of it or nothing. Returns the accelerator bound to it.

        Raises:
            OutputError: the folder holds something else, or cannot be written.
        """
        target = Path(folder)
        with replacing(target) as staging:
            _write_files(staging, self._files())
        return replace(self, project=target)

    def _files(self) -> dict[str, str]:
        """Every file of the project, by path."""
        from hwgen.backends import hls
        from hwgen.golden.execute import trace
        from hwgen.verify.vectors import random_codes

        frames = random_codes(self.graph, VECTOR_FRAMES, seed=0)
        golden = trace(self.graph, frames)
        edges = (self.design.input, self.design.output)
        ends = [to_words(golden[stream.tensor].reshape(VECTOR_FRAMES, -1), stream) for stream in edges]
        folding = {name: {"pe": each.pe, "simd": each.simd} for name, each in self.folding.items()}
        manifest = {
            "format": FORMAT,
            "name": self.design.name,
            "digest": self.design.digest,
            "settings": self.settings.model_dump(mode="json"),
        }
        return {
            MANIFEST: _json(manifest),
            NETWORK: print_graph(self.graph),
            "folding.json": _json(folding),
            "estimate.json": _json(self.estimate().to_json()),
            **_emitted(self.design),
            **{f"hls/{path}": text for path, text in hls.vectors(self.design, *ends).items()},
        }

    def codes(self, frames: npt.ArrayLike | int, seed: int = 0) -> Codes:
        """Input codes (N, *input shape): an array of N frames in any shape, or as many random ones as `frames` says.

        Raises:
            DataError: the array does not hold frames of codes of the input type.
        """
        from hwgen.verify.vectors import as_codes, random_codes

        if isinstance(frames, int):
            return random_codes(self.graph, frames, seed)
        return as_codes(self.graph, np.asarray(frames), "frames")

    def simulate(self, frames: npt.ArrayLike | int = 16, backend: str = "rtl", **options: Any) -> Outcome:
        """Run frames (see `codes`) on `backend` (golden, csim, rtl, dpi) and compare every stream with golden.

        Options: `layer` (one layer alone), `stalls`, `reset_after_beats`, `work` (a folder to keep builds in).
        """
        from hwgen.verify.simulate import Backend, simulate

        codes = self.codes(frames)
        layer = options.pop("layer", None)
        work = options.pop("work", None)
        try:
            chosen = Backend(backend)
        except ValueError as error:
            names = ", ".join(each.value for each in Backend)
            raise ConfigError("backend", f"must be one of {names}", repr(backend)) from error
        with _scratch(work) as scratch:
            design, project = self.design, self.project
            if layer is not None:
                design, project = self._only(layer), None
            if project is None:
                project = scratch / "project"
                _write_files(project, _emitted(design))
            build = scratch / "build"
            build.mkdir(exist_ok=True)
            return simulate(self.graph, design, chosen, codes, project=project, work=build, **options)

    def outputs(self, frames: npt.ArrayLike | int, backend: str = "golden") -> Codes:
        """Output codes (N, elements) of frames (see `codes`) on `backend`.

        Raises:
            MismatchError: a simulated back end disagrees with golden.
        """
        from hwgen.golden.execute import run

        if backend == "golden":
            return run(self.graph, self.codes(frames))
        outcome = self.simulate(frames, backend)
        if outcome.mismatches:
            raise MismatchError(backend, "must agree with the golden model", str(outcome.mismatches[0]))
        return outcome.outputs

    def _only(self, layer: str) -> Design:
        names = [unit.name for unit in self.design.layers]
        if layer not in names:
            raise ConfigError("layer", f"must be one of {', '.join(names)}", layer)
        try:
            return self.design.only(layer)
        except ValueError as error:
            must = "a layer simulated alone must read one stream"
            raise ConfigError("layer", must, str(error), "Simulate the whole network") from error


def load(source: Any, example_input: Any = None, **options: Any) -> Graph:
    """Import a Brevitas module (with an example input) or a QONNX file.

    Options: `input_type` (a type name such as `uint8`), `input_scale`, `input_offset`, `name`.

    Raises:
        ModelError: the network cannot become hardware.
    """
    from hwgen.frontend import load as frontend_load

    if isinstance(options.get("input_type"), str):
        try:
            options["input_type"] = parse_dtype(options["input_type"])
        except ValueError as error:
            raise ConfigError("input_type", "must be bipolar, intN or uintN", repr(options["input_type"])) from error
    return frontend_load(source, example_input, **options)


def compile(graph: Graph, **options: Any) -> Accelerator:  # the verb users expect, as in re.compile
    """Compile an imported network. Options are the fields of `hwgen.config.Settings`.

    Raises:
        ModelError: an activation is not monotone.
        FoldingError: the folding does not fit the network.
        ConfigError: another setting makes no sense.
    """
    return compile_with(graph, settings(**options))


def compile_with(graph: Graph, chosen: Settings) -> Accelerator:
    """`compile` with settings already checked."""
    network = integer_network(graph)
    if chosen.top1:
        network = with_top1(network)
    folding = resolve(network, chosen.folding, chosen.target_interval)
    return Accelerator(network, chosen, folding, _design(network, chosen, folding))


def with_top1(graph: Graph) -> Graph:
    """The network with a top-1 unit behind its scores.

    Raises:
        ConfigError: the scores that leave the chip do not rank as the network's own do.
    """
    scores = graph.output
    if isinstance(graph.nodes[-1].op, ArgMax):
        return graph
    if not graph.decoding.keeps_order or len(scores.type.shape) != 1 or scores.type.channels < 2:
        must = "scores must share one positive scale and one offset for a top-1 unit"
        raise ConfigError("top1", must, "other scales or offsets", "Leave the ranking to the host")
    index = Value("top1", TensorType((1,), smallest_int(0, scores.type.channels - 1)))
    node = Node("top1", ArgMax(), (scores,), index)
    return replace(graph, nodes=(*graph.nodes, node), output=index, decoding=type(graph.decoding)())


def open_project(folder: str | Path) -> Accelerator:
    """The accelerator that was written to `folder`.

    Raises:
        DataError: the folder is not a project, or its files do not belong together.
    """
    path = Path(folder)
    manifest_path = path / MANIFEST
    change = "Run `hwgen build` first"
    try:
        manifest = json.loads(manifest_path.read_text())
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {manifest['format']}")
        text = (path / NETWORK).read_text()
        chosen = Settings.model_validate(manifest["settings"])
        folding = {name: Folding(**each) for name, each in json.loads((path / "folding.json").read_text()).items()}
    except FileNotFoundError as error:
        raise DataError(str(path), f"must be a folder that `hwgen build` wrote ({MANIFEST})", "none", change) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), "must be a whole project", str(error).splitlines()[0], "Build it again") from error
    graph = parse_graph(text, str(path / NETWORK))
    found = design_digest(graph, folding, _choices(graph, chosen))
    if found != manifest.get("digest"):
        change = f"digest {found}, manifest {manifest.get('digest')}"
        raise DataError(str(path), "network and folding must be those of the manifest", change, "Build it again")
    return Accelerator(graph, chosen, folding, _design(graph, chosen, folding), path)


def _choices(graph: Graph, chosen: Settings) -> Choices:
    return choices_for(graph, chosen.memory, chosen.bit_planes)


def _design(graph: Graph, chosen: Settings, folding: Mapping[str, Folding]) -> Design:
    """The design of an integer network, FIFOs sized. Raises: ConfigError, DeadlockError."""
    choices = _choices(graph, chosen)
    return deepen(lower(graph, folding, part=chosen.part, clock_mhz=chosen.clock_mhz, choices=choices))


def record(project: Path, name: str, report: Mapping[str, Any]) -> None:
    """Write a report such as `simulate.json` into a project, in one step.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=project, prefix=f".{name}", delete=False) as stream:
            stream.write(_json(report))
        Path(stream.name).replace(project / name)
    except OSError as error:
        raise OutputError(str(project), "must be writable", str(error)) from error


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder that becomes `folder` if the block succeeds and vanishes if it does not.

    Raises:
        OutputError: `folder` holds something that hwgen did not write, or its parent cannot be written.
    """
    try:
        target = folder.resolve()  # a link stays a link: what it points to is replaced
        if target.exists() and not (target.is_dir() and ((target / MANIFEST).is_file() or not any(target.iterdir()))):
            change = "Give another folder, or empty this one"
            raise OutputError(str(folder), "must be new, empty or a project of hwgen's", "other content", change)
        target.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise OutputError(str(folder), "must be writable", str(error), "Give another folder") from error
    try:
        staging = room / "new"
        staging.mkdir()
        yield staging
        _swap(staging, target, room / "old")
    except OSError as error:
        raise OutputError(str(folder), "must be writable", str(error), "Give another folder") from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _swap(staging: Path, target: Path, retired: Path) -> None:
    """Put `staging` in the place of `target`, which moves to `retired`, or comes back if that fails."""
    try:
        if target.exists():
            target.replace(retired)
        staging.replace(target)
    except BaseException:
        if retired.exists() and not target.exists():
            retired.replace(target)
        raise


@contextmanager
def _scratch(work: str | Path | None) -> Iterator[Path]:
    """`work`, kept; or a folder that is removed afterwards. Raises: OutputError."""
    if work is None:
        with tempfile.TemporaryDirectory(prefix="hwgen-") as folder:
            yield Path(folder)
        return
    path = Path(work).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(str(work), "must be a folder that can be written", str(error), "Give another") from error
    yield path


def _emitted(design: Design) -> dict[str, str]:
    """Both back ends' files of a design, by path in a project."""
    from hwgen.backends import hls, rtl

    back_ends = {"rtl": rtl.emit(design), "hls": hls.emit(design)}
    return {f"{folder}/{path}": text for folder, files in back_ends.items() for path, text in files.items()}


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=False) + "\n"
