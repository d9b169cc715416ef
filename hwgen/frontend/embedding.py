"""Embeddings: rows of a constant by an index that is computed or arrives, as a dense layer on the index in unary.

Bit r of index i in unary is [i >= r + 1], so that row i is row 0 and the differences of the rows up to it: the weights
of a layer. A quantiser behind it, which changes no code, states that the codes are those of the table. An index beyond
the table reads its last row.
"""

from __future__ import annotations

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axis_of
from hwgen.frontend.layout import laid_out
from hwgen.frontend.linear import LAYERS, Weights, weights_from
from hwgen.frontend.pieces import reached
from hwgen.frontend.quantisers import finish
from hwgen.frontend.source import SourceGraph, SourceInput, SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, in_order
from hwgen.ir.ops import Add, MatMul, Mul, Quantise, Rounding
from hwgen.ir.ranges import Range, matmul_range
from hwgen.ir.types import IntType, TensorType, smallest_int

MOST_ROWS = 1 << 12
"""Rows of a table: each is a bit of the index in unary, and as many weights as it has columns."""


def embedding(build: Build, node: SourceNode, table: Const | QuantConst, index: CodedTensor) -> CodedTensor:
    """The rows of `table` (rows, columns) at each index. Raises: ModelError, Relayout."""
    weights = _rows(node, table)
    rows = _required(node, build, index, weights)
    unary = _unary(build, node, index, rows)
    name = build.next_name("fc", LAYERS)
    jumps = np.diff(weights.codes, axis=1)
    least, most = int(jumps.min()), int(jumps.max())
    op = MatMul(jumps, smallest_int(least, most))
    bounds = matmul_range(jumps, Range(np.zeros(rows - 1, np.int64), np.ones(rows - 1, np.int64)))
    shape = (*unary.value.type.shape[:-1], len(jumps))
    kind = TensorType(shape, smallest_int(bounds.min, bounds.max))
    value = build.emit(name, op, (unary.value,), kind, module_path(weights.name, node.name))
    places = in_order((*index.shape, len(jumps)))
    first = (Add(weights.codes[:, 0].astype(np.float64)),) if np.any(weights.codes[:, 0]) else ()
    sums = CodedTensor(value, bounds.min, bounds.max, first, places, quantised=False)
    low, high = int(weights.codes.min()), int(weights.codes.max())
    high = max(high, low + 1)
    same = Quantise(np.ones(()), np.zeros(()), low, high, Rounding.HALF_EVEN)
    coded = finish(build, node, sums, step=same, kind=smallest_int(low, high), span=(low, high))
    return coded.then(Mul(weights.scale)) if np.any(weights.scale != 1) else coded


def _rows(node: SourceNode, table: Const | QuantConst) -> Weights:
    """The codes of a table, (columns, rows). Raises: ModelError."""
    if axis_of(node, node.integer("axis", 0), len(table.shape)) != 0 or len(table.shape) != 2:
        found = f"axis {node.integer('axis', 0)} of shape {table.shape}"
        raise ModelError(node.label, "indices must be of the rows of a table", found, "Use an embedding")
    try:
        return weights_from(node, table.transpose((1, 0)), "column, row")
    except ModelError as error:
        change = "Quantise it: brevitas.nn.QuantEmbedding(..., weight_bit_width=8)"
        raise ModelError(error.where, error.must, error.found, change) from None


def _required(node: SourceNode, build: Build, index: CodedTensor, weights: Weights) -> int:
    """How many rows the table has. Raises: ModelError where an index is none of them, or they are too many."""
    rows = int(weights.codes.shape[1])
    if not 2 <= rows <= MOST_ROWS:
        must = f"its table must have 2 to {MOST_ROWS:,} rows"
        raise ModelError(node.label, must, f"{rows:,}", "Look it up on the host, and give the network the rows")
    if index.steps or index.planes or index.low < 0:
        found = f"{index.value.type.dtype} from {build.label(index.value)}" + (" with a scale" if index.steps else "")
        change = f"State neither a scale nor an offset, and no type or --input-type uint{(rows - 1).bit_length()}"
        raise ModelError(node.label, f"its indices must be whole numbers from 0 to {rows - 1}", found, change)
    return rows


def _unary(build: Build, node: SourceNode, index: CodedTensor, rows: int) -> CodedTensor:
    """Each index as bits, of which as many are 1 as the index says: (indices, 1, rows - 1), (rows - 1,) of one."""
    count, bits = index.places.size, rows - 1
    shape = (count, 1, bits) if count > 1 else (bits,)
    places = in_order((*index.shape, bits))
    wide = laid_out(build, node, index.at(np.repeat(index.places[..., None], bits, axis=-1)), (shape, places))
    return reached(build, node, build.next_name("unary"), wide, range(1, rows))


def index_type(graph: SourceGraph, source: SourceInput) -> IntType | None:
    """The type of an input that is an index of tables and nothing else; None of any other."""
    if not source.element.startswith(("int", "uint")):
        return None
    moved, bits = {source.name}, []
    for node in graph.nodes:
        if node.op == "Gather" and node.inputs[1] in moved and node.inputs[0] not in moved:
            bits.append((_table_rows(graph, node.inputs[0]) - 1).bit_length())
        elif node.op in _MOVES and moved.intersection(node.inputs[:1]):
            moved.update(node.outputs)
    return IntType(max(1, *bits), signed=False) if bits else None


_MOVES = frozenset(
    {"Cast", "Flatten", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
)
"""Operators behind which an index is an index."""


def _table_rows(graph: SourceGraph, name: str) -> int:
    """The rows of a constant that quantisers may stand behind; 1 where it is none."""
    made = {out: node for node in graph.nodes for out in node.outputs}
    while name in made:
        name = made[name].inputs[0]
    table = graph.constants.get(name)
    return int(table.shape[0]) if table is not None and table.ndim else 1
