"""What is claimed of a library module: a monitor in sim/formal, named as the module, whose head says it in words.

A monitor is a module `<module>_monitor` with the parameters of the module that it instantiates. Its inputs are free in
every cycle but for `mistake_i`, which is low in the proof; with it the reference is wrong in one point, and that must
be found. An output `<rule>_wrong_o` is never high; `covered_o` can be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hwgen.backends.render import asset
from hwgen.errors import CheckError

MISTAKE, COVERED, WRONG = "mistake_i", "covered_o", "_wrong_o"
RESET = "rst_ni"

_HEAD = re.compile(r"^// (Claim|Cover|Mistake|Contract|Parts|Sees): (.*(?:\n//   .*)*)", re.MULTILINE)
_OUTPUT = re.compile(rf"^\s*output\s+logic\s+(\w+{WRONG}|{COVERED})\b", re.MULTILINE)
_PARAMETER = re.compile(r"^\s*parameter\s+(?:.*?\s)?(\w+)\s*=", re.MULTILINE)


@dataclass(frozen=True)
class Monitor:
    """A monitor and what it says of itself.

    Attributes:
        module: the module that it judges.
        text: its source, in SystemVerilog.
        claim: what is proved, in one sentence.
        cover: what the cover trace shows.
        mistake: what is wrong in the reference where `mistake_i` is high.
        parts: modules of references that monitors share, by name; their sources.
        sees: signals inside the judged module that invariants are about: the path of each by the monitor's wire, which
            is called `seen_` and the path's last name, or what follows the path and a colon.
        contracts: modules below the judged one that stand in for others of the same name, by name; their sources.
        is_netlist: whether the module's netlist is judged; then the module is the reference, `text` the commands that
            make the netlist, and `parts` what its cells do, by file name.
    """

    module: str
    text: str
    claim: str
    cover: str
    mistake: str
    contracts: dict[str, str]
    parts: dict[str, str]
    sees: dict[str, str]
    is_netlist: bool = False

    @property
    def parameters(self) -> list[str]:
        """Names of its parameters, in order."""
        head = self.text[self.text.index("#(") : self.text.index(") (")] if "#(" in self.text else ""
        return _PARAMETER.findall(head)

    @property
    def outputs(self) -> list[str]:
        """Names of its rules and of its cover."""
        return _OUTPUT.findall(self.text)


def monitor_of(module: str) -> Monitor | None:
    """The monitor of a module; None where there is none.

    Raises:
        CheckError: its head leaves something out.
    """
    path = _folder() / f"{module}.sv"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    said = {key: re.sub(r"\s*\n//\s*", " ", words).strip() for key, words in _HEAD.findall(text)}
    missing = [key for key in ("Claim", "Cover", "Mistake") if key not in said]
    if missing:
        raise CheckError(path.name, "must say its claim, its cover and its mistake", f"no {missing[0]}")
    contracts, parts = (
        {name: (_folder() / folder / f"{name}.sv").read_text(encoding="utf-8") for name in said.get(key, "").split()}
        for key, folder in (("Contract", "contracts"), ("Parts", "parts"))
    )
    sees = dict(map(_seen, said.get("Sees", "").split()))
    return Monitor(module, text, said["Claim"], said["Cover"], said["Mistake"], contracts, parts, sees)


def _seen(words: str) -> tuple[str, str]:
    """The monitor's wire and the path of a signal."""
    path, _, name = words.partition(":")
    return f"seen_{name or path.rpartition('.')[2]}", path


def monitored() -> list[str]:
    """The modules that there are monitors of."""
    return sorted(path.stem for path in _folder().glob("*.sv"))


def contract_names() -> list[str]:
    """The modules that have a contract: wherever it stands in for one, that one is a unit to be proved itself."""
    return sorted(path.stem for path in (_folder() / "contracts").glob("*.sv"))


def _folder() -> Path:
    return asset("sim") / "formal"
