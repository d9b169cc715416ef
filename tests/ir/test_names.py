"""Identifiers for files and modules."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import frontend
from hwgen.flow import compile
from hwgen.ir.graph import Graph
from hwgen.ir.names import LONGEST, inner_name, legal_name, local_name, unit_name
from tests.builders import IMAGE_NETWORKS

PARTS = "a b c fc0 conv1 act fifo window params unit net x0123abcd source input quant top1 tb B"
WORDS = st.sampled_from(PARTS.split())
LEGAL = st.lists(WORDS, min_size=1, max_size=4).map("_".join)
UNITS = LEGAL | st.sampled_from(["", "é", "a b", "a.b", "\ud800", "u_a", "control", "x" * 90])

KEYWORDS = """
    always always_ff begin class endmodule final generate include initial interface logic main module namespace new
    operator output package primitive priority private protected public reg std template this try typename unique
    virtual void while wire hls int
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tfc", "tfc"),
        ("TFC-W1A1", "tfc_w1a1"),
        ("features.3", "features_3"),
        ("a__b", "a_b"),
        ("_x_", "x"),
        ("3x3", "n_3x3"),
        ("", "net"),
        ("é", "net"),
        ("---", "net"),
        ("Module", "n_module"),
        ("hwgen_fifo", "n_hwgen_fifo"),
        ("int8_t", "n_int8_t"),
        ("n_int8_t", "n_int8_t"),
        ("net_fc0", "net_fc0_net"),
        ("net_conv1_window", "net_conv1_window_net"),
        ("net_fc0_net", "net_fc0_net"),
        ("fc0", "fc0"),
        ("net_v2", "net_v2"),
        ("my_ip", "my_ip_net"),
        ("a" * 64, "a" * 64),
        ("a" * 65, f"{'a' * 54}_h635361c4"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert legal_name(text) == name


@pytest.mark.parametrize("word", KEYWORDS.split())
def test_keywords_get_a_prefix(word: str) -> None:
    assert legal_name(word) == f"n_{word}"


@given(st.text(max_size=30))
def test_always_an_identifier(text: str) -> None:
    name = legal_name(text)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) and len(name) <= LONGEST
    assert legal_name(name) == name


@given(st.lists(st.tuples(LEGAL, UNITS), min_size=2, max_size=6, unique=True))
def test_units_of_other_designs_or_names_are_called_otherwise(pairs: list[tuple[str, str]]) -> None:
    designs = {legal_name(design) for design, _ in pairs}
    units = {(legal_name(design), unit) for design, unit in pairs}
    names = [unit_name(*pair) for pair in units]
    assert len({*names, *designs}) == len(names) + len(designs)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) and len(name) < 200 for name in names)


@given(st.lists(UNITS | st.text(max_size=6), min_size=2, max_size=6, unique=True))
def test_inner_names_are_identifiers_of_their_own(units: list[str]) -> None:
    for names in ([inner_name(unit) for unit in units], [local_name(unit) for unit in units]):
        assert len({name.lower() for name in names}) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in names)


def test_frontends_call_layers_as_expected() -> None:
    """Names of other kinds would end in a digest."""
    text = "".join(path.read_text() for path in sorted(Path(frontend.__file__).parent.glob("*.py")))
    kinds = set(re.findall(r'next_name\("(\w+)"', text)) | {"conv"}
    plain = set(re.findall(r'\.emit\("(\w+)"|name = f?"(?:{producer}_)?(\w+)" if producer else "(\w+)"', text))
    assert kinds >= {"pool", "add", "concat"} and plain == {("top1", "", ""), ("", "act", "input_quant")}
    plain_names = ("top1", "top12", "input_quant", "input_quant_act1", "add0_act", "max0_apart", "min1_act")
    gained = ("add0_gain1", "concat0_copy0", "concat0_gain1")
    for name in (*(f"{kind}0" for kind in kinds), *plain_names, *gained):
        assert unit_name("net", name) == f"net_{name}"


@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_units_around_layers_are_called_as_expected(make: Callable[[np.random.Generator], Graph]) -> None:
    design = compile(make(np.random.default_rng(0)), target_interval=2000).design
    layers = sorted((layer.name for layer in design.layers), key=len)
    for unit in design.units:
        layer = next((name for name in reversed(layers) if unit.name.startswith(name)), "source")
        name = unit.name.replace(layer, "fc0", 1)
        assert unit_name("net", name) == f"net_{name}", unit.name
