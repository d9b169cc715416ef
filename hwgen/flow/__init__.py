"""The stages from a network to a proven design, as one readable list; the only writer of output folders.

    load       a Brevitas module or a QONNX file -> imported network        (frontend)
    compile    imported network -> integer network -> folded design         (passes, hw)
    write      design -> HLS and RTL projects, atomically                   (backends)
    explore    integer network -> the best of many designs                  (explore)
    synthesise project -> cells of every unit, counted beside the cost model (verify)
    hls        project -> C++ checked, taken through Vitis HLS, its reports read (verify)
    prove      project -> a verdict for each set of parameters of its library modules (verify)
    bitstream  project -> placed and routed for a board, its netlist simulated (backends, verify)
    program    bitstream -> loaded onto its board                           (verify)
    simulate   project -> every stream compared with golden, cycles counted, whole or layer by layer (verify)

A stage imports its back end or frontend only when it runs.
"""

from hwgen.flow.accelerator import Accelerator
from hwgen.flow.bitstream import bitstream, too_large_for
from hwgen.flow.checking import check
from hwgen.flow.devices import Devices, compile_devices, cuts_of, open_devices, possible_cuts
from hwgen.flow.explore import Plan, accelerator_at, explore, plot_front
from hwgen.flow.layerwise import LAYER_RECORD, LayerPlan, LayerReports, simulate_layers
from hwgen.flow.opening import is_cut, open_project
from hwgen.flow.program import Loaded, program
from hwgen.flow.project import record, replacing
from hwgen.flow.proving import PROVE_RECORD, Proofs, prove
from hwgen.flow.stages import compile, compile_with, integer, load, variant, with_top1

__all__ = [
    "LAYER_RECORD",
    "Accelerator",
    "Devices",
    "PROVE_RECORD",
    "LayerPlan",
    "LayerReports",
    "Loaded",
    "Plan",
    "Proofs",
    "accelerator_at",
    "bitstream",
    "check",
    "compile",
    "compile_devices",
    "compile_with",
    "cuts_of",
    "explore",
    "integer",
    "is_cut",
    "load",
    "open_devices",
    "open_project",
    "plot_front",
    "possible_cuts",
    "program",
    "prove",
    "record",
    "replacing",
    "simulate_layers",
    "too_large_for",
    "variant",
    "with_top1",
]
