"""Checkpoints: both forms give the same network bit for bit, and those that hwgen brings are what they claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import hwgen.zoo
from hwgen import flow
from hwgen.errors import OutputError
from hwgen.ir.text import print_graph
from hwgen.zoo import ENTRIES, Entry, accuracy, find, load_dataset, network, scores
from hwgen.zoo.build import starting_settings
from hwgen.zoo.datasets import COLOURED_DIGITS, DIGITS, KINDS
from hwgen.zoo.parameters import load, save
from hwgen.zoo.registry import TRAINED

STORED = [entry for entry in ENTRIES if entry.stored]
LARGEST = 600_000
"""Bytes of all parameters in the repository, and of the files that are made from them."""

SMALL = ("tfc", "tfc-w2a2", "binarynet-small", "binarynet-shift")


@pytest.mark.parametrize("name", SMALL)
def test_packed_parameters_compute_the_same(name: str, tmp_path: Path) -> None:
    entry = find(name)
    model = entry.network(DIGITS, seed=2).eval()
    images = np.random.default_rng(0).integers(0, 17, (50, *DIGITS.shape), dtype=np.uint8)
    wanted = scores(model, images, DIGITS)
    sizes = {}
    for form in ("pt", "npz"):
        path = tmp_path / f"it.{form}"
        save(path, entry, DIGITS, model)
        again, kind = load(entry, path)
        assert kind is DIGITS
        assert np.array_equal(scores(again, images, DIGITS), wanted)
        sizes[form] = path.stat().st_size
    assert sizes["npz"] < sizes["pt"] / 3
    assert torch.equal(next(model.parameters()), next(entry.network(DIGITS, seed=2).parameters()))  # left as it was


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    entry = find("tfc")
    for name in ("a.npz", "b.npz"):
        save(tmp_path / name, entry, DIGITS, entry.network(DIGITS))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "it.pt").mkdir()
    with pytest.raises(OutputError) as caught:
        save(tmp_path / "it.pt", find("tfc"), DIGITS, find("tfc").network())
    assert str(caught.value) == f"{tmp_path}/it.pt: a checkpoint must be a file; found a folder. Give another name."


def test_what_is_stored_is_small_and_listed() -> None:
    folder = Path(hwgen.zoo.__file__).parent / "trained"
    assert {entry.name for entry in STORED} == TRAINED
    files = {f"{name}.{suffix}" for name in TRAINED for suffix in ("npz", "onnx.gz")}
    assert {path.name for path in folder.iterdir()} == files
    assert sum(path.stat().st_size for path in folder.iterdir()) < LARGEST


@pytest.mark.parametrize("entry", STORED, ids=[entry.name for entry in STORED])
def test_stored_files_are_exports_of_the_parameters(entry: Entry) -> None:
    """The network is imported without PyTorch as the module with its parameters is with it."""
    module, kind = load(entry)
    graph = network(entry.name)
    assert graph.name == entry.name.replace("-", "_")
    assert kind.name == ("mnist" if "fc" in entry.name else "digits")
    assert not module.training
    exported = flow.load(module, torch.zeros(kind.example_shape), name=entry.name, **kind.hardware_input)
    assert print_graph(exported) == print_graph(graph)
    assert exported.decoding == graph.decoding


@pytest.mark.parametrize("name", [entry.name for entry in STORED if "fc" not in entry.name])
def test_stored_parameters_know_digits(name: str) -> None:
    model, _ = load(find(name))
    assert accuracy(model, load_dataset()) > 0.9


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "least"), [("tfc", 0.91), ("tfc-w1a2", 0.93), ("tfc-w2a2", 0.94), ("sfc", 0.94)])
def test_stored_parameters_know_mnist(shared: Path, name: str, least: float) -> None:
    model, _ = load(find(name))
    assert accuracy(model, load_dataset("mnist", shared / "mnist")) > least


def test_an_entrys_own_goal_makes_way() -> None:
    entry = find("cnv")
    assert starting_settings(entry, {"fit": None}).target_interval == 32768
    assert starting_settings(entry, {"fit": True, "part": None}).target_interval is None
    assert COLOURED_DIGITS is KINDS[entry.dataset]
