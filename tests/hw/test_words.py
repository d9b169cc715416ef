"""The widest word of a design: which folding is refused or warned of, and which the solver takes in its place."""

from __future__ import annotations

import numpy as np
import pytest

import hwgen
from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.stream import WIDEST
from hwgen.hw.words import most_width, widest
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from tests.builders import random_network

INPUTS = 2048


def network() -> Graph:
    """2,048 inputs of 8 bits: all of them at once are 16,384 bits."""
    return random_network(np.random.default_rng(3), (INPUTS, 4, 2), input_type=IntType(8, signed=False))


def built(simd: int) -> hwgen.Accelerator:
    folding = {"fc0": LayerFolding(pe=1, simd=simd), "fc1": LayerFolding(pe=1, simd=1)}
    return hwgen.compile(network(), folding=folding)


def said(accelerator: hwgen.Accelerator) -> list[str]:
    return [line for line in accelerator.estimate().warnings if "Vitis HLS documents" in line]


@pytest.mark.parametrize(("simd", "defined"), [(128, None), (129, 2048), (256, 2048), (257, 3072)])
def test_what_is_defined(simd: int, defined: int | None) -> None:
    assert most_width(built(simd).design) == defined


def test_a_warning_above_what_is_documented() -> None:
    assert said(built(512)) == []
    assert said(built(513)) == [
        "fc0 has words of 4,104 bits for 513 lanes of uint8; Vitis HLS documents at most 4,096: lower SIMD of fc0 in "
        "the folding"
    ]


def test_a_refusal_above_what_is_known_to_work() -> None:
    assert widest(built(1023).design).bits == 8184
    with pytest.raises(FoldingError) as error:
        built(1024)
    assert str(error.value) == (
        "folding of fc0: a word of the HLS project must have at most 8,191 bits; found 8,192 for 1,024 lanes of uint8. "
        "Lower SIMD of fc0 in the folding, or allow more cycles a frame."
    )


@pytest.mark.parametrize("options", [{"target_interval": 4}, {"max_lut": 10**6}, {"max_dsp": 10**6}])
def test_the_solver_avoids_what_is_refused(options: dict[str, int]) -> None:
    accelerator = hwgen.compile(network(), **options)
    assert widest(accelerator.design).bits <= WIDEST
    assert accelerator.folding["fc0"].simd <= 512


def test_a_converter_holds_both_its_words() -> None:
    """4,200 lanes of a bit become 4,100: neither is too wide, but both together are."""
    graph = random_network(np.random.default_rng(3), (16, 4200, 2))
    folding = {"fc0": LayerFolding(pe=4200, simd=8), "fc1": LayerFolding(pe=1, simd=4100)}
    with pytest.raises(FoldingError, match="8,300 for 4,200 lanes of bipolar that become 4,100") as error:
        hwgen.compile(graph, folding=folding)
    assert "Lower SIMD of fc1" in str(error.value)
