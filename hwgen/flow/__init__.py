"""The stages from a network to a proven design, as one readable list; the only writer of output folders.

    load       a Brevitas module or a QONNX file -> imported network        (frontend)
    compile    imported network -> integer network -> folded design         (passes, hw)
    write      design -> HLS and RTL projects, atomically                   (backends)
    synthesise project -> cells of every unit, counted beside the cost model (verify)
    simulate   project -> every stream compared with golden, cycles counted (verify)

A stage imports its back end or frontend only when it runs.
"""

from hwgen.flow.accelerator import Accelerator
from hwgen.flow.project import record, replacing
from hwgen.flow.stages import compile, compile_with, load, open_project, with_top1

__all__ = ["Accelerator", "compile", "compile_with", "load", "open_project", "record", "replacing", "with_top1"]
