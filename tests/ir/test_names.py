"""Identifiers for files and modules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ir.names import legal_name


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
    ],
)
def test_names(text: str, name: str) -> None:
    assert legal_name(text) == name


@pytest.mark.parametrize(
    "word",
    "always always_ff begin class endmodule final generate include initial interface logic main module namespace new"
    " operator output package primitive priority private protected public reg std template this try typename unique"
    " virtual void while wire hls int".split(),
)
def test_keywords_get_a_prefix(word: str) -> None:
    assert legal_name(word) == f"n_{word}"


@given(st.text(max_size=30))
def test_always_an_identifier(text: str) -> None:
    name = legal_name(text)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    assert legal_name(name) in (name, f"n_{name}") and legal_name(f"z{text}") != ""
