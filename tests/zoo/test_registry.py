"""The table of networks: every entry builds, names are found or the nearest are said."""

from __future__ import annotations

import pytest
import torch

from hwgen.config import settings
from hwgen.errors import ConfigError
from hwgen.zoo import ENTRIES, Entry, find
from hwgen.zoo.datasets import KINDS
from tests.tiers import tiered

_LARGE = 10_000_000


TRAINABLE = [entry for entry in ENTRIES if entry.trainable]
DEEP = [entry for entry in TRAINABLE if entry.name in ("lccl-resnet32", "lccl-resnet44")]


@pytest.mark.parametrize("entry", tiered(TRAINABLE, *DEEP), ids=[entry.name for entry in TRAINABLE])
def test_every_entry_builds_and_takes_its_images(entry: Entry) -> None:
    settings(**entry.settings)
    for name in {entry.dataset, entry.folder}:
        model = entry.network(KINDS[name]).eval()
        if sum(parameter.numel() for parameter in model.parameters()) < _LARGE:
            with torch.no_grad():
                assert model(torch.zeros(KINDS[name].example_shape)).shape == (1, 10)


def test_names_are_unique() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert KINDS.keys() >= {entry.dataset for entry in TRAINABLE} | {entry.folder for entry in TRAINABLE}
    assert not any(entry.stored for entry in ENTRIES if not entry.trainable)


@pytest.mark.parametrize(
    ("name", "change"), [("tfcc", "Did you mean tfc or sfc or lfc?"), ("xyzzy", "See `hwgen zoo list`.")]
)
def test_a_name_that_is_not_there(name: str, change: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find(name)
    assert str(caught.value) == f"network {name!r}: must be one of the zoo; found none of that name. {change}"


def test_cnv_wants_large_images() -> None:
    with pytest.raises(ConfigError) as caught:
        find("cnv").network(KINDS["digits"])
    assert str(caught.value) == "CNV: must have images of 32x32x3; found digits of 8x8x1."
