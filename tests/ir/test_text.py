"""Networks as text: stable bytes, read back equal, damage refused."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import DataError
from hwgen.ir import ops, text
from hwgen.ir.graph import Graph
from hwgen.ir.text import digest, parse_graph, print_graph
from tests.builders import random_network
from tests.ir.samples import sample_graphs

GRAPHS = sample_graphs()
DEEP = GRAPHS[-1]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
def test_round_trip(graph: Graph) -> None:
    printed = print_graph(graph)
    again = parse_graph(printed)
    assert again == graph
    assert print_graph(again) == printed


def test_samples_hold_everything() -> None:
    """So that a new operation or step cannot be forgotten here."""
    printed = "".join(print_graph(graph) for graph in GRAPHS)
    assert set(re.findall(r" = (\w+)\(", printed)) == {kind.__name__ for kind in ops.Op.__args__}
    kinds = {kind.__name__ for kind in ops.Step.__args__} | {kind.value for kind in ops.PoolKind}
    assert set(re.findall(r'"kind": "(\w+)"', printed)) == kinds
    assert set(re.findall(r'"rounding": "(\w+)"', printed)) == {mode.value for mode in ops.Rounding}


@pytest.mark.parametrize("seed", range(6))
def test_round_trip_of_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_network(rng, tuple(map(int, rng.integers(1, 40, 4))))
    assert parse_graph(print_graph(graph)) == graph, f"seed {seed}"


def test_bytes_are_stable() -> None:
    """A change here means that projects written before cannot be opened any more: raise the format number."""
    printed = print_graph(DEEP)
    assert printed.splitlines()[:4] == [
        "hwgen network 1",
        "graph deep",
        'input x : 4xbipolar {"offset": "f64[]:AAAAAAAAAAA=", "scale": "f64[]:AAAAAAAA8D8="}',
        'fc0 = MatMul(x) -> fc0_out : 2xint4 "net.fc0" {"weight_type": "bipolar", "weights": "i1[2,4]:sQ=="}',
    ]
    assert digest(DEEP) == hashlib.sha256(printed.encode()).hexdigest()[:12]


def test_digest_changes_with_the_network() -> None:
    assert len({digest(graph) for graph in GRAPHS}) == len(GRAPHS)


def test_wide_integers_keep_their_values() -> None:
    for bits in (7, 8, 15, 16, 31, 32, 62):
        array = np.array([-(1 << bits), (1 << bits) - 1, 0])
        assert np.array_equal(text._decode_array(text._encode_array(array)), array)


def test_origin_is_quoted() -> None:
    graph = random_network(np.random.default_rng(0), (3, 2))
    node = graph.nodes[0]
    odd = type(node)(node.name, node.op, node.inputs, node.output, 'a "b" \\ é {c}')
    changed = Graph.of(graph.name, graph.input, (odd,), graph.output)
    assert parse_graph(print_graph(changed)) == changed


@given(st.lists(st.text() | st.sampled_from(["a b", "x, y", "=", "->", ":", '"', "(", "\n", "\u2028", "\ud800", ""]),
                min_size=4, max_size=4, unique=True))  # fmt: skip
def test_names_are_quoted(names: list[str]) -> None:
    graph = random_network(np.random.default_rng(0), (3, 2))
    node, value = graph.nodes[0], replace(graph.input, name=names[0])
    out = replace(node.output, name=names[1])
    odd = Graph.of(names[2], value, (replace(node, name=names[3], inputs=(value,), output=out),), out)
    assert parse_graph(print_graph(odd)) == odd
    assert print_graph(odd).isascii() and len(print_graph(odd).splitlines()) == 5


@pytest.mark.parametrize("name", ["deep", "image"])
def test_rows_in_another_order(name: str) -> None:
    graph = next(graph for graph in GRAPHS if graph.name == name)
    first = graph.nodes[0]
    moved = replace(graph, nodes=(replace(first, op=replace(first.op, rows=(1, 0))), *graph.nodes[1:]))
    printed = print_graph(moved)
    assert '"rows": [1, 0]' in printed and "rows" not in print_graph(graph)
    assert parse_graph(printed) == moved != graph
    for new in ("[1.0, 0]", '"10"', "[-1, 0]", "3"):
        with pytest.raises(DataError, match="must be a network that hwgen printed; found line 4"):
            parse_graph(printed.replace("[1, 0]", new))


NODE = print_graph(DEEP).splitlines()[3]
DAMAGE: dict[str, tuple[str, str, str]] = {
    "operation": ("= MatMul(", "= Convolve(", "line 4: 'Convolve'"),
    "value": ("MatMul(x)", "MatMul(z)", "line 4: 'z'"),
    "type": ("2xint4", "2xfloat4", "line 4: a type is bipolar, intN or uintN, found 'float4'"),
    "shape": ("i1[2,4]", "i1[3,4]", "line 4: 12 bits need 2 bytes, found 1"),
    "array": ("i1[2,4]", "1[2,4]", "line 4: not an array"),
    "base64": ("sQ==", "s?==", "line 4: Only base64 data is allowed"),
    "line": (" -> ", " > ", "line 4: not a node"),
    "field": ('"weight_type"', '"weight_kind"', "line 4: 'weight_type'"),
    "base": ('"base": 0', '"base": "0"', "line 5: not int: '0'"),
    "more": ('"base": 0', '"base": 0, "top": 1', "line 5: Threshold has no top"),
    "input": ("input x : 4xbipolar", "input x 4xbipolar", "line 3: "),
    "output": ("output top_out", "output bottom", "line 9: 'bottom'"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage(name: str) -> None:
    old, new, found = DAMAGE[name]
    printed = print_graph(DEEP)
    assert old in printed
    with pytest.raises(DataError) as error:
        parse_graph(printed.replace(old, new), "net.txt")
    message = str(error.value)
    assert message.startswith(f"net.txt: must be a network that hwgen printed; found {found}")
    assert message.endswith(" Build it again.")


@pytest.mark.parametrize(("printed", "found"), [("", "''"), ("hwgen network 2\na\nb\nc\n", "'hwgen network 2'")])
def test_other_header(printed: str, found: str) -> None:
    with pytest.raises(DataError) as error:
        parse_graph(printed)
    assert str(error.value) == f"network: must start with `hwgen network 1`; found {found}. Build it again."


def test_random_damage_never_escapes() -> None:
    """Whatever happens to the text, it is read or refused; no other exception."""
    printed = print_graph(DEEP)
    refused = 0
    for seed in range(400):
        source = random.Random(seed)
        start = source.randrange(len(printed))
        middle = source.choice(["", "x", "9", '"', "{", "\n", printed[start : start + 40]])
        damaged = printed[:start] + middle + printed[start + source.randrange(1, 60) :]
        try:
            parse_graph(damaged)
        except DataError:
            refused += 1
    assert refused > 300


def test_weights_of_one_bit_take_a_byte() -> None:
    graph = parse_graph(print_graph(random_network(np.random.default_rng(0), (9, 5, 3))))
    bits = [
        node.op.weights
        for node in graph.nodes
        if isinstance(node.op, ops.MatMul) and str(node.op.weight_type) == "bipolar"
    ]
    assert bits
    assert {each.dtype for each in bits} == {np.dtype(np.int8)}
    assert {int(code) for each in bits for code in np.unique(each)} == {-1, 1}
