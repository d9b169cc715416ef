"""From a project's folder to its accelerator. The folder is not trusted: nothing in it is run, all is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hwgen.config import Beats, LayerFolding, Settings
from hwgen.errors import DataError, HwgenError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.goal import choices_of, problem_of
from hwgen.flow.project import FORMAT, MANIFEST, NETWORK, seal
from hwgen.hw.design import Design
from hwgen.hw.digest import design_digest
from hwgen.hw.explain import Explanation
from hwgen.hw.fifo import sizes_of, with_sizes
from hwgen.hw.folding import folded_layers, resolve
from hwgen.hw.loop import HlsTimes
from hwgen.hw.matrices import Folding
from hwgen.ir.foreign import require_legal, require_sound
from hwgen.ir.graph import Graph
from hwgen.ir.text import parse_graph
from hwgen.stored import fitted, read_json, read_text, told

FOLDING = "folding.json"
_AGAIN = "Build it again"


@dataclass(frozen=True)
class _Manifest:
    """`hwgen.json`."""

    name: str
    digest: str
    settings: dict[str, Any]
    sizes: dict[str, Beats]
    hls: dict[str, Any]
    explanation: dict[str, Any]
    seal: str


def open_project(folder: str | Path) -> Accelerator:
    """The accelerator that was written to `folder`.

    Raises:
        DataError: the folder is not a project, or its files do not belong together.
    """
    path = Path(folder)
    with _whole(path):
        manifest = _manifest(read_json(path / MANIFEST))
        text = read_text(path / NETWORK)
        chosen = Settings.model_validate(manifest.settings)
        wishes = fitted(dict[str, LayerFolding], read_json(path / FOLDING))
        explanation = fitted(Explanation, manifest.explanation)
        hls = fitted(HlsTimes, manifest.hls) if manifest.hls else None
    if seal(manifest.digest, manifest.sizes, manifest.hls, manifest.explanation) != manifest.seal:
        raise DataError(str(path), "sizes and explanation must be those that were written", "others", _AGAIN)
    graph = parse_graph(text, str(path / NETWORK))
    require_sound(graph, str(path / NETWORK))
    folding = {name: Folding(each.pe or 1, each.simd or 1) for name, each in wishes.items()}
    found = design_digest(graph, folding, choices_of(graph, chosen))
    if found != manifest.digest:
        other = f"digest {found}, manifest {manifest.digest}"
        raise DataError(str(path), "network and folding must be those of the manifest", other, _AGAIN)
    require_legal(graph, str(path / NETWORK))
    design = _checked_design(path, graph, chosen, wishes, folding, manifest.sizes)
    return Accelerator(graph, chosen, folding, replace(design, hls=hls), path, explanation)


def name_of(folder: str | Path) -> str:
    """The name of the design that was written to `folder`, which is that of its top level. Nothing else is checked.

    Raises:
        DataError: the folder is not a project.
    """
    path = Path(folder)
    with _whole(path):
        return _manifest(read_json(path / MANIFEST)).name


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn errors of reading the project of one device into a DataError."""
    if is_cut(path):
        found, give = "those of several", f"Give that of one, such as {path / 'device0'}"
        raise DataError(str(path), "must be the project of one device", found, give)
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        found, build = ("a file", f"hwgen build {path} -o FOLDER") if path.is_file() else ("none", "hwgen build")
        must = f"must be a folder that `hwgen build` wrote ({MANIFEST})"
        raise DataError(str(path), must, found, f"Run `{build}` first") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), "must be a whole project", told(error), _AGAIN) from error


def is_cut(folder: Path) -> bool:
    """Whether a folder holds the projects of several devices."""
    try:
        return "cuts" in read_json(folder / MANIFEST)
    except (OSError, ValueError, TypeError):
        return False


def _manifest(found: Any) -> _Manifest:
    """Raises: ValueError, KeyError, TypeError."""
    if found["format"] != FORMAT:
        raise ValueError(f"format {found['format']}")
    return fitted(_Manifest, found)


def _checked_design(
    path: Path,
    graph: Graph,
    chosen: Settings,
    wishes: Mapping[str, LayerFolding],
    folding: Mapping[str, Folding],
    sizes: Mapping[str, int],
) -> Design:
    """The design of an integer network from an untrusted project, FIFOs and line buffers of `sizes`.

    Raises:
        DataError: hwgen builds no such network.
        FoldingError, ConfigError: as for the same options of `compile`.
    """
    problem = problem_of(graph, chosen)
    layers = [layer.name for layer in folded_layers(graph)]
    if sorted(layers) != sorted(folding):
        must = f"must have an entry for each layer, {', '.join(layers)}"
        raise DataError(str(path / FOLDING), must, ", ".join(folding) or "none", _AGAIN)
    try:
        resolve(graph, wishes, 1, problem.choices.folded_planes)
        design = with_sizes(problem.draft(folding), sizes)
    except HwgenError:
        raise
    except (ValueError, LookupError, TypeError, ArithmeticError, AssertionError, MemoryError) as error:
        found = f"{type(error).__name__}: {error}"
        raise DataError(str(path / NETWORK), "must be a network that hwgen can build", found, _AGAIN) from error
    if sizes_of(design) != sizes:
        raise DataError(str(path / MANIFEST), "must have a size for each FIFO and line buffer", "others", _AGAIN)
    return replace(design, digest=design_digest(graph, folding, problem.choices))
