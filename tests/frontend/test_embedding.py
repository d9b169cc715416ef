"""Embeddings at the input: rows of quantised tables by index, against Brevitas and the files' meaning."""

from __future__ import annotations

from collections.abc import Callable

import brevitas.nn as qnn
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from torch import nn

from hwgen.errors import ModelError
from hwgen.frontend import load
from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import run
from hwgen.ir.types import IntType
from tests.frontend.images import outputs
from tests.frontend.onnx_nets import net, node

BITS = {"weight_bit_width": 4}
ROWS = {"text": (11,) * 7, "signal": (30,) * 6, "one_word": (5,), "columns": (3, 12, 7), "binary": (2, 2)}


class Words(nn.Module):
    """Words of a text: a dense layer on each, or a convolution over them."""

    def __init__(self, rows: int, words: int, layer: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.table, self.layer, self.act = qnn.QuantEmbedding(rows, 5, **BITS), layer(), qnn.QuantReLU(bit_width=4)
        self.end = qnn.QuantLinear(4 * words, 3, bias=True, **BITS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.table(x)
        x = self.layer(x.transpose(1, 2) if isinstance(self.layer, nn.Conv1d) else x)
        return self.end(torch.flatten(self.act(x), 1))


class Columns(nn.Module):
    """Categories, a table for each column, side by side."""

    def __init__(self, *rows: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(qnn.QuantEmbedding(count, 2 + at, **BITS) for at, count in enumerate(rows))
        width = sum(2 + at for at in range(len(rows)))
        self.quant, self.layer = qnn.QuantIdentity(bit_width=5), qnn.QuantLinear(width, 4, bias=True, **BITS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.quant(torch.cat([table(x[:, at]) for at, table in enumerate(self.tables)], 1)))


MODULES: dict[str, Callable[[], nn.Module]] = {
    "text": lambda: Words(11, 7, lambda: qnn.QuantLinear(5, 4, bias=True, **BITS)),
    "signal": lambda: Words(30, 6, lambda: qnn.QuantConv1d(5, 4, 3, padding=1, bias=True, **BITS)),
    "one_word": lambda: Words(5, 1, lambda: qnn.QuantLinear(5, 4, bias=False, **BITS)),
    "columns": lambda: Columns(3, 12, 7),
    "binary": lambda: Columns(2, 2),
}


def indices(name: str, frames: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, rows, frames) for rows in ROWS[name]], axis=1)


def trained(name: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    module = MODULES[name]()
    for _ in range(3):
        module(torch.tensor(indices(name, 32, seed + 1)))
    return module.eval()


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_golden_is_brevitas(name: str, seed: int) -> None:
    module, codes = trained(name, seed), indices(name, 60, seed + 2)
    graph = load(module, torch.zeros(1, len(ROWS[name]), dtype=torch.long))
    assert graph.input.type.dtype == IntType((max(ROWS[name]) - 1).bit_length(), signed=False)
    with torch.no_grad():
        wanted = module(torch.tensor(codes))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(60, -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=2e-5)


RNG = np.random.default_rng(4)
TABLE = RNG.integers(-20, 21, (6, 3)) * np.float32(0.25)


def file(*nodes: onnx.NodeProto, kind: int = TensorProto.INT64, **constants: np.ndarray) -> onnx.ModelProto:
    """A network whose input is a vector of 4 indices."""
    quant = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(5)}
    model = net([*nodes, node("Quant", "e s z b", "y", name="act", signed=1)], shape=(1, 4), **quant, **constants)
    model.graph.input[0].type.tensor_type.elem_type = kind
    return model


def test_rows_of_a_file_of_every_index() -> None:
    graph = import_qonnx(file(node("Gather", "t x", "e", name="table", axis=0), t=TABLE))
    codes = np.array([[0, 1, 2, 3], [5, 4, 5, 0]])
    wanted = np.clip(np.round(TABLE[codes] / 0.5), -16, 15) * 0.5
    np.testing.assert_array_equal(graph.decode(run(graph, codes)).reshape(wanted.shape), wanted)
    beyond = np.array([[6, 7, 0, 5]])
    np.testing.assert_array_equal(run(graph, beyond), run(graph, np.minimum(beyond, 5)))


def test_scales_of_columns_stay_and_those_of_rows_do_not() -> None:
    scaled = node("Quant", "t w z f", "q", name="weights", signed=1)
    four = {"f": np.float32(4), "t": TABLE}
    for widths, message in ((np.float32([0.5, 1, 2]), ""), (np.float32(np.arange(1, 7))[:, None], "differ along")):
        model = file(scaled, node("Gather", "q x", "e", name="table", axis=0), w=widths, **four)
        if message:
            with pytest.raises(ModelError, match=message):
                import_qonnx(model)
            continue
        graph, codes = import_qonnx(model), np.arange(6)[:4][None]
        table = np.clip(np.round(TABLE / widths), -8, 7) * widths
        wanted = np.clip(np.round(table[codes] / 0.5), -16, 15) * 0.5
        np.testing.assert_array_equal(graph.decode(run(graph, codes)).reshape(wanted.shape), wanted)


ERRORS: dict[str, tuple[Callable[[], onnx.ModelProto], dict[str, object], str]] = {
    "columns": (
        lambda: file(node("Gather", "t x", "e", name="table", axis=1), t=TABLE),
        {},
        "table (Gather): indices must be of the rows of a table; found axis 1 of shape (6, 3). Use an embedding.",
    ),
    "one_row": (
        lambda: file(node("Gather", "t x", "e", name="table", axis=0), t=TABLE[:1]),
        {},
        "table (Gather): its table must have 2 to 4,096 rows; found 1. Look it up on the host, and give the network"
        " the rows.",
    ),
    "signed": (
        lambda: file(node("Gather", "t x", "e", name="table", axis=0), t=TABLE),
        {"input_type": IntType(4, signed=True)},
        "table (Gather): its indices must be whole numbers from 0 to 5; found int4 from the network's input. State"
        " neither a scale nor an offset, and no type or --input-type uint3.",
    ),
    "scaled": (
        lambda: file(node("Gather", "t x", "e", name="table", axis=0), t=TABLE),
        {"input_scale": 2.0},
        "table (Gather): its indices must be whole numbers from 0 to 5; found uint3 from the network's input with a"
        " scale. State neither a scale nor an offset, and no type or --input-type uint3.",
    ),
    "real_numbers": (
        lambda: file(node("Gather", "t x", "e", name="table", axis=0), t=TABLE / np.float32(3)),
        {},
        "table (Gather): its weights 't' must be quantised or whole numbers; found weights off the grid: 16 of 18, "
        "first 0.75 at (column, row) = (0, 0). Quantise it: brevitas.nn.QuantEmbedding(..., "
        "weight_bit_width=8).",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_no_embedding(name: str) -> None:
    make, options, message = ERRORS[name]
    with pytest.raises(ModelError) as error:
        import_qonnx(make(), **options)
    assert str(error.value) == message
