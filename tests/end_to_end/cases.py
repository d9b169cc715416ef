"""A network with all that is done to it, as one file: what a soak draws, shrinks and keeps, and the tests replay.

A case goes through stages: `golden` (against the reference executor, where there is one, and against itself behind all
passes), then the back ends `csim`, `rtl` and `dpi` against golden, RTL with every beat in its predicted cycle.
"""

from __future__ import annotations

import base64
import json
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import onnx

import hwgen
from hwgen.errors import CheckError, HwgenError, MismatchError, ToolError
from hwgen.frontend.silence import quiet
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.text import parse_graph
from hwgen.ir.types import IntArray, parse_dtype
from hwgen.passes.pipeline import integer_network
from hwgen.verify.bench import Stalls
from tests.end_to_end.prove import Run, prove_csim, prove_dpi, prove_rtl
from tests.frontend import test_random_brevitas as modules
from tests.frontend.judge import Imported, Refused, agree, imported
from tests.frontend.test_qdq import executed

STAGES = ("golden", "csim", "rtl", "dpi")


@dataclass(frozen=True, eq=False)
class Case:
    """A network, frames, settings and what RTL simulation is told.

    Attributes:
        kind: who judges: a key of `JUDGES`, and `network` is an ONNX file; or anything else, and it is the text of an
            integer network.
        frames: codes (N, *shape of the network's input), of a model in its own order.
        input_type, input_scale: of a model.
        module: the seed of the Brevitas module that the model was exported from and is held against.
        settings: keywords of `hwgen.compile`.
        runs: keywords of `hwgen.Accelerator.simulate`, stalls as a mapping, for each run behind the first.
    """

    kind: str
    network: bytes
    frames: IntArray
    input_type: str = ""
    input_scale: float = 1.0
    module: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()

    @property
    def model(self) -> onnx.ModelProto:
        """The ONNX file."""
        return onnx.ModelProto.FromString(self.network)

    def text(self) -> str:
        """The case as JSON, a line for each attribute."""
        network = base64.b64encode(self.network).decode() if self.kind in JUDGES else self.network.decode()
        entries = {each.name: getattr(self, each.name) for each in fields(self)}
        entries |= {"network": network, "frames": self.frames.tolist()}
        return (
            "{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in entries.items()) + "\n}\n"
        )

    @classmethod
    def of(cls, text: str) -> Case:
        """The case that `text` gives."""
        found = json.loads(text)
        network = found["network"].encode()
        network = base64.b64decode(network) if found["kind"] in JUDGES else network
        return cls(**{**found, "network": network, "frames": np.asarray(found["frames"], dtype=np.int64)})


@dataclass(frozen=True)
class Verdict:
    """What becomes of a case.

    Attributes:
        what: `exact`; `refused`; `not judged`, where no reference executor takes the model; or a fault: `different`
            (also another cycle than predicted), or `traceback`, anything raised that is no refusal.
        stage: the last one that the case came to; `import` and `compile` stand before and behind `golden`.
        why: the message; of a refusal what must hold.
        where: of a fault, the innermost functions; of a traceback the class of the error, too.
        ran: the stages that it passed.
    """

    what: str
    stage: str
    why: str = ""
    where: str = ""
    ran: tuple[str, ...] = ()

    @property
    def is_fault(self) -> bool:
        return self.what in ("different", "traceback")

    def is_like(self, other: Verdict) -> bool:
        """Whether it is the same fault, as far as can be told."""
        return (self.what, self.stage, self.where) == (other.what, other.stage, other.where)


def _by_nodes(case: Case, network: Imported) -> None:
    agree(case.model, network, case.frames, case.input_scale)


def _by_module(case: Case, network: Imported) -> None:
    with quiet():
        if case.module is not None:
            modules.judge(case.module)
        modules.against_executor(case.model, network.graph, case.frames, "the model")


def _by_onnxruntime(case: Case, network: Imported) -> None:
    found = network.graph.decode(run(network.graph, network.placed(case.frames)))
    wanted = executed(case.model, case.frames * case.input_scale)
    np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)


JUDGES: Mapping[str, Callable[[Case, Imported], None]] = {
    "operators": _by_nodes,
    "heads": _by_nodes,
    "brevitas": _by_module,
    "qdq": _by_onnxruntime,
}
"""What holds a model of a kind against its reference, and fails or raises Refused."""


def network_of(case: Case) -> tuple[Graph, IntArray, Imported | None]:
    """The imported network and its frames; of a model also how these are placed. Raises: ModelError."""
    if case.kind in JUDGES:
        network = imported(case.model, parse_dtype(case.input_type), case.input_scale)
        return network.graph, network.placed(case.frames), network
    graph = parse_graph(case.network.decode())
    check(graph)
    return graph, case.frames, None


REFUSING = ("import", "golden", "compile")
"""Where an error of hwgen is an answer to the user."""

FAULTS = (CheckError, MismatchError, ToolError)
"""Errors that are no answer anywhere."""


def verdict_of(case: Case, stages: Sequence[str] = STAGES) -> Verdict:
    """Take a case through stages, up to the first that it fails."""
    begun = ["import"]
    try:
        for stage in _taken(case, stages):
            begun.append(stage)
    except Refused as error:
        return Verdict("not judged", begun[-1], str(error))
    except AssertionError as error:
        return Verdict("different", begun[-1], " ".join(str(error).split())[:500], _where(error))
    except Exception as error:  # whatever is raised that is no refusal is a finding
        if begun[-1] in REFUSING and isinstance(error, HwgenError) and not isinstance(error, FAULTS):
            return Verdict("refused", begun[-1], error.must)
        return Verdict("traceback", begun[-1], str(error)[:500], f"{type(error).__name__} {_where(error)}")
    return Verdict("exact", begun[-1], ran=tuple(stage for stage in begun if stage in STAGES))


def _where(error: Exception) -> str:
    """The innermost functions that an error came through."""
    lines = traceback.extract_tb(error.__traceback__)[-3:]
    return " ".join(f"{Path(line.filename).name}:{line.name}" for line in lines)


def _taken(case: Case, stages: Sequence[str]) -> Iterator[str]:
    """Take a case through stages; the name of each as it begins. A design that can be rewritten has RTL alone."""
    graph, frames, network = network_of(case)
    if "golden" in stages:
        yield "golden"
        _prove_golden(case, graph, frames, network)
    if set(stages) <= {"golden"}:
        return
    yield "compile"
    design = hwgen.compile(graph, **case.settings)
    codes = frames if design.graph.inputs[0].order is None else case.frames
    with tempfile.TemporaryDirectory(prefix="hwgen-") as name:
        design = design.write(Path(name) / "project")
        for stage in stages:
            if stage == "rtl" or (stage in BACK_ENDS and not design.design.writable):
                yield stage
                BACK_ENDS[stage](design, codes, _runs(case), Path(name) / stage)


def _prove_golden(case: Case, graph: Graph, frames: IntArray, network: Imported | None) -> None:
    """The reference executor, where there is one, and the passes. Raises: AssertionError, ModelError, Refused."""
    if network is not None:
        JUDGES[case.kind](case, network)
    wanted, found = run(graph, frames), run(integer_network(graph), frames)
    assert np.array_equal(found, wanted), "the passes change what the network computes"


def _runs(case: Case) -> list[Run]:
    return [{**each, **({"stalls": Stalls(**each["stalls"])} if "stalls" in each else {})} for each in case.runs]


BACK_ENDS: Mapping[str, Callable[[hwgen.Accelerator, Any, Sequence[Run], Path], None]] = {
    "csim": lambda design, codes, runs, folder: prove_csim(design, codes),
    "rtl": prove_rtl,
    "dpi": lambda design, codes, runs, folder: prove_dpi(design, codes, _stalls(runs), folder),
}


def _stalls(runs: Sequence[Run]) -> Stalls:
    """Those of the first run that has any."""
    return next((each["stalls"] for each in runs if "stalls" in each), Stalls())
