"""What the verbs of the command line do, as methods of an accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from hwgen.config import Settings
from hwgen.errors import ConfigError
from hwgen.golden.matmul import Codes
from hwgen.hw.design import Design
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntArray
from hwgen.report.estimate import Estimate

if TYPE_CHECKING:
    from hwgen.explore.exploration import Exploration
    from hwgen.flow.accelerator import Accelerator
    from hwgen.flow.explore import Plan, Progress
    from hwgen.flow.program import Loaded
    from hwgen.report.bitstream import BitstreamReport
    from hwgen.verify.evaluate import Accuracy
    from hwgen.verify.vectors import Frames


class _Compiled(Protocol):
    """What the methods need of an accelerator."""

    @property
    def graph(self) -> Graph: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def design(self) -> Design: ...
    @property
    def project(self) -> Path | None: ...
    def estimate(self) -> Estimate: ...
    def codes(self, frames: Any) -> Any: ...
    def _codes(self, frames: Any) -> Frames: ...
    def all_outputs(self, frames: Any, backend: str = "golden") -> Mapping[str, Codes]: ...


class Verbs:
    """Methods of `Accelerator`; those that leave files need one that `write` or `open_project` gave."""

    def __repr__(self: _Compiled) -> str:
        """In one line, what it is and where."""
        where = f", in {self.project}" if self.project else ""
        rate = f"{self.design.cycles.interval:,} cycles a frame at {self.settings.clock_mhz:g} MHz"
        return f"<Accelerator {self.graph.name}: {rate} on {self.design.part}{where}>"

    def _repr_html_(self: _Compiled) -> str:
        """The dataflow graph and the estimate's table, in notebooks."""
        from hwgen.report.console import as_html
        from hwgen.report.page import picture
        from hwgen.report.tables import estimate_table

        return picture(self.design, self.estimate()) + as_html(estimate_table(self.estimate()))

    def trace(self: _Compiled, frames: Any) -> dict[str, Codes]:
        """The integers of every tensor (N, *shape), computed by golden for frames (see `codes`).

        A layer `fc0` leaves its sums as `fc0_out`, and `fc0_act_out` behind its activation; inputs have their names.
        """
        from hwgen.golden.execute import trace

        return dict(trace(self.graph, self._codes(frames)))

    def predict(self: _Compiled, frames: Any, backend: str = "golden", *, output: str | None = None) -> IntArray:
        """The class (N,) of each of N frames (see `codes`), on `backend`.

        Args:
            output: of several outputs the one that says the class.

        Raises:
            ConfigError: several outputs and none named.
            MismatchError: a simulated back end disagrees with golden.
        """
        from hwgen.verify.evaluate import classes, output_called

        name = output_called(self.graph, output).name
        return classes(self.graph, self.all_outputs(frames, backend)[name], output)

    def evaluate(
        self: _Compiled, frames: Any, labels: npt.ArrayLike, backend: str = "golden", *, output: str | None = None
    ) -> Accuracy:
        """Accuracy on N frames (see `codes`), whose classes are `labels` (N,), integers from 0 on, on `backend`.

        Raises:
            DataError: the labels are no classes, or another number of them.
            ConfigError, MismatchError: as for `predict`.
        """
        from hwgen.verify.evaluate import accuracy, output_called

        name = output_called(self.graph, output).name
        codes = self.all_outputs(frames, backend)[name]
        return accuracy(self.graph, backend, codes, np.asarray(labels), "labels", output)

    def report(self: _Compiled, output: str | Path | None = None) -> Path:
        """Write the HTML page of the project, into it unless `output` says where. Returns its path.

        Raises:
            ConfigError: it is not written yet.
        """
        from hwgen.flow.report import write_report

        return write_report(_project(self), None if output is None else Path(output))

    def explore(
        self: _Compiled, results: str | Path, plan: Plan | None = None, progress: Progress | None = None
    ) -> Exploration:
        """Search other foldings of the network; see `hwgen.flow.explore`."""
        from hwgen.flow.explore import explore

        return explore(self.graph, self.settings.overridden({"folding": {}}), Path(results), plan, progress)

    def bitstream(
        self: _Compiled,
        board: str,
        *,
        clock_mhz: float | None = None,
        baud: int | None = None,
        frames: Any = None,
        prove: bool = False,
    ) -> BitstreamReport:
        """Make the bitstream for `board`; see `hwgen.flow.bitstream`.

        Args:
            frames: to run through its netlist (see `codes`); None for none.
            prove: whether the netlist of each unit is proved equal to its module.

        Raises:
            ConfigError: it is not written yet.
        """
        from hwgen.flow.bitstream import bitstream

        _project(self)
        codes = None if frames is None else self.codes(frames)
        return bitstream(cast("Accelerator", self), board, clock_mhz=clock_mhz, baud=baud, frames=codes, prove=prove)

    def program(self: _Compiled, board: str | None = None, *, flash: bool = False) -> Loaded:
        """Load the project's bitstream onto its board; see `hwgen.flow.program`."""
        from hwgen.flow.program import program

        _project(self)
        return program(cast("Accelerator", self), board, flash=flash)


def _project(accelerator: _Compiled) -> Path:
    """Its folder. Raises: ConfigError."""
    if accelerator.project is None:
        raise ConfigError(accelerator.graph.name, "must be a project on disk", "one in memory", "Call its write first")
    return accelerator.project
