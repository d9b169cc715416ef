"""The proof of trained networks: its table, and what it says of one that does not hold."""

from __future__ import annotations

import pytest

from hwgen.config import Settings
from hwgen.errors import MismatchError
from hwgen.flow import Accelerator
from hwgen.zoo import Entry, find, load_dataset, proof
from hwgen.zoo.datasets import Kind
from hwgen.zoo.parameters import load
from hwgen.zoo.proof import Proof, compare, compiled, prove, torch_mismatches

GOOD = Proof("net", 0.9, 5, {"torch": 0, "csim": 0}, True, 64, 64, 100, 0)


def small(model: object, entry: Entry, kind: Kind) -> Accelerator:
    """An accelerator of parameters that hwgen brings, whatever was trained."""
    return compiled(load(entry)[0], entry, kind, Settings())


def test_a_proof_counts_what_differs() -> None:
    data, entry = load_dataset(), find("binarynet-mlp")
    model, kind = load(entry)
    built = small(model, entry, kind)
    found = prove(built, model, data, 20, backends=("csim",))
    assert found.holds and found.frames == 20 and found.mismatches == {"torch": 0, "csim": 0}
    assert (found.interval, found.predicted) == (None, built.estimate().interval_cycles)
    other = entry.network(kind, seed=1)
    assert torch_mismatches(built, other, kind, data.test_images) > 1000
    assert not prove(built, other, data, 5, backends=()).holds


@pytest.mark.parametrize(
    "bad",
    [
        Proof("net", 0.9, 5, {"torch": 3, "csim": 0}, True, 64, 64, 100, 0),
        Proof("net", 0.9, 5, {"torch": 0, "csim": 0}, False, 65, 64, 100, 0),
    ],
)
def test_what_does_not_hold_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bad: Proof
) -> None:
    monkeypatch.setattr(proof, "prove", lambda *_: bad)
    with pytest.raises(MismatchError) as caught:
        compare(["binarynet-mlp"], load_dataset(), small, epochs=1, frames=5)
    must = "net: PyTorch, golden model and back ends must agree, and cycles be the predicted ones; found "
    figures = f"torch {bad.mismatches['torch']}, csim 0, interval {bad.interval}, predicted 64."
    assert str(caught.value) == must + figures
    assert "5 test images of digits, PyTorch on all 540" in capsys.readouterr().out


def test_what_holds_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(proof, "prove", lambda *_: GOOD)
    assert compare(["binarynet-mlp"], load_dataset(), small, epochs=1) == (GOOD,)
    row = next(line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("net "))
    assert row.split() == ["net", "90.00%", "0", "0", "64", "/", "64", "100", "0"]
    assert GOOD.holds
