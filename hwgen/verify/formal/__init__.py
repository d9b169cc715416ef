"""Proofs of a project's library modules for all inputs, all stalls and all time.

sources    the project's own files, and the units in them: modules with their parameters
netlists   a unit beside its netlist for a family of FPGAs
monitor    what is claimed of a module: the reference beside it, in sim/formal
yosys      the program that elaborates a unit beside its monitor, run with pyosys
aiger      the circuit that comes of it: read, tied, unrolled, simulated
search     what ABC proves or refutes of a circuit within a budget
prove      a verdict for each unit, kept in the cache
trace      a counterexample as a waveform
"""

from hwgen.verify.formal.monitor import Monitor, monitor_of
from hwgen.verify.formal.prove import DEFAULT_BUDGET_S, Proof, kept_units, prove_units
from hwgen.verify.formal.sources import Sources, Unit, read_sources

__all__ = [
    "DEFAULT_BUDGET_S",
    "Monitor",
    "Proof",
    "Sources",
    "Unit",
    "kept_units",
    "monitor_of",
    "prove_units",
    "read_sources",
]
