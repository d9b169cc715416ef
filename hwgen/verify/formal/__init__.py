"""Proofs of a project's library modules for all inputs, all stalls and all time.

sources    the project's own files, the units in them, which are modules with their parameters, and what joins these
joints     what is looked at without a solver: the streams between units
netlists   a unit beside its netlist for a family of FPGAs
monitor    what is claimed of a module: the reference beside it, in sim/formal
elaborate  runs of the program that elaborates, several units in one
tasks      a unit on the way to a verdict
yosys      the program that elaborates a unit beside its monitor, run with pyosys
aiger      the circuit that comes of it: read, tied, unrolled, simulated
search     what ABC proves or refutes of a circuit within a budget
prove      a verdict for each unit, kept in the cache
trace      a counterexample as a waveform
"""

from hwgen.verify.formal.joints import Joint, joints_of
from hwgen.verify.formal.monitor import Monitor, monitor_of
from hwgen.verify.formal.prove import DEFAULT_BUDGET_S, Proof, kept_contents, prove_units
from hwgen.verify.formal.sources import Contents, Sources, Unit, read_sources

__all__ = [
    "DEFAULT_BUDGET_S",
    "Contents",
    "Joint",
    "Monitor",
    "Proof",
    "Sources",
    "Unit",
    "joints_of",
    "kept_contents",
    "monitor_of",
    "prove_units",
    "read_sources",
]
