"""Netlists with block RAMs of 7-series devices: proved by hwgen's models of these, refuted with other contents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.verify.formal import Proof, Unit, kept_contents, prove_units
from hwgen.verify.formal.netlists import FAMILIES, Netlist, mapping_of, outermost
from tests.verify.test_formal import project

BUDGET_S = 120.0
ROM = 'hwgen_rom #(.Width(9), .Depth(40), .File("words.mem"), .Style("block"))'
FIFO = 'hwgen_fifo #(.Width(2), .Depth(5), .Style("block"))'


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))


def proof(instance: str) -> Proof:
    """What is said of the netlist of a unit for xc7, whose contents have all bits."""
    words = "".join(f"{37 * place + 300 & 511:03x}\n" for place in range(40))
    sources = replace(project(instance), memories={"words.mem": words.encode()})
    units: list[Unit] = outermost(kept_contents(sources).units)
    (found,) = prove_units(sources, units, BUDGET_S, netlist=Netlist("xc7"))
    return found


def test_every_model_is_there() -> None:
    """Each block RAM that Yosys makes is taken out of its own library, whose module is empty."""
    mapping = mapping_of("xc7")
    (deleted,) = [words for words in mapping.models if words.startswith("delete")]
    assert {f"{name.lower()}.sv" for name in deleted.split()[1:]} < set(mapping.cells)


@pytest.mark.long
@pytest.mark.starts_process
@pytest.mark.parametrize("instance", [ROM, FIFO])
def test_block_rams_are_proved_equal(instance: str) -> None:
    found = proof(instance)
    assert (found.verdict, found.message) == ("proved", "")


@pytest.mark.long
@pytest.mark.starts_process
def test_other_contents_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of data, and of the parity bit that is the ninth of each word."""
    own = FAMILIES["xc7"]
    for name in ("INIT_00", "INITP_00"):
        other = f"setparam -set {name} 256'h5 netlist/t:RAMB18E1"
        monkeypatch.setitem(FAMILIES, "xc7", replace(own, synthesis=(*own.synthesis, other)))
        found = proof(ROM)
        assert (found.verdict, found.rule) == ("refuted", "data_wrong_o"), name
