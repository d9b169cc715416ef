"""Every part of every operator's document (attributes, operands, outputs, in each opset): exact, or refused.

A part without a case, and an attribute that changes the reference executor's answer but not ours, are failures.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import onnx
import pytest
from onnx import defs
from qonnx.custom_op.registry import getCustomOp

from hwgen.frontend.operators import OPERATORS
from hwgen.frontend.walk import HANDLERS
from tests.frontend import attribute_cases, move_cases
from tests.frontend.attribute_cases import Case
from tests.frontend.judge import Judge, Refused, agreement
from tests.frontend.onnx_nets import DOMAIN, QONNX_OPS
from tests.tiers import often, tiered

CASES = [*attribute_cases.CASES, *move_cases.CASES]
NEWEST = 21
"""The newest opset that onnxruntime runs; opset 22 adds nothing but element types."""

WIDER: dict[tuple[str, str], str] = {
    ("Concat", "axis"): "opset 1 has axis 1 as its default; later executors want it stated",
    ("MultiThreshold", "data_layout"): "a layout of four letters for a flat tensor: the last axis",
    ("PRelu", "in 1"): "before opset 7 a flat slope is one for each channel; no executor runs those",
    ("MaxPool", "out 1"): "indices before opset 8, which nothing reads",
    ("QuantizeLinear", "in 2"): "a zero point of 16 bits before opset 21: it says which codes there are",
    ("TopK", "out 1"): "values that are left out",
}
"""What is taken though no executor runs the case, and why."""

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "Cast": ("to",),
    "Dropout": ("out 1",),
    "MaxPool": ("out 1", "storage_order"),
    "Pad": ("in 2", "in 3", "pads", "value"),
    "TopK": ("out 0",),
}
"""What is refused where it is read: padding, integers and further outputs."""

EXACT = {"newest": 733, "every": 1455}
"""Cases that are taken and exact, at least, in the newest opset that has them and in each: what is taken stays so."""

_OPERANDS = {
    "BipolarQuant": ("x", "scale"),
    "IntQuant": ("x", "scale", "zero point", "bit width"),
    "MultiThreshold": ("x", "thresholds"),
    "Quant": ("x", "scale", "zero point", "bit width"),
    "Trunc": ("x", "scale", "zero point", "bits in", "scale out", "bits out"),
}


@cache
def schemas(op: str) -> tuple[defs.OpSchema, ...]:
    """All versions of an ONNX operator up to the newest opset that is tested, oldest first."""
    every = (s for s in defs.get_all_schemas_with_history() if s.name == op and s.domain == "")
    found = [schema for schema in every if schema.since_version <= NEWEST]
    return tuple(sorted(found, key=lambda schema: schema.since_version))


def attributes_of(op: str) -> set[str]:
    """The attributes that the operator's document lists, in any version."""
    if op in QONNX_OPS:
        versions = [getCustomOp(onnx.helper.make_node(op, [], [], domain=DOMAIN), v) for v in (1, 2)]
        return {name for version in versions for name in version.get_nodeattr_types()}
    return {name for schema in schemas(op) for name in schema.attributes}


def parts_of(op: str) -> set[str]:
    """Everything of an operator that a case must put to use."""
    if op in QONNX_OPS:
        operands, outputs = len(_OPERANDS[op]), 1
    else:
        operands = max(len(schema.inputs) for schema in schemas(op))
        outputs = max(len(schema.outputs) for schema in schemas(op))
    inputs = {f"in {place}" for place in range(operands)}
    return attributes_of(op) | inputs | {f"out {place}" for place in range(1, outputs)}


def free_of(op: str) -> set[str]:
    """The attributes that are said to change nothing."""
    operator = OPERATORS[op]
    return {"consumed_inputs", *operator.free, *(name for name, values in operator.fixed.items() if len(values) > 1)}


def opsets_of(case: Case) -> tuple[int, ...]:
    """The versions whose document has all that the case states; the newest alone where none has."""
    if case.opsets or case.op in QONNX_OPS:
        return case.opsets or (14,)
    stated, count = set(case.attributes), len(case.operands.split())
    fits = [
        min(schema.since_version, NEWEST)
        for schema in schemas(case.op)
        if stated <= set(schema.attributes)
        and all(name in stated for name, a in schema.attributes.items() if a.required)
        and schema.min_input <= count <= schema.max_input
    ]
    return tuple(sorted(set(fits))) or (NEWEST,)


def _answer(case: Case, opset: int) -> str:
    """`exact`, `refused` or `wider`; anything else raises."""
    try:
        refusal = agreement(case.model(opset), frames=often(8, 4))
        assert not refusal or "odd (" in refusal or case.part in ELSEWHERE.get(case.op, ()), refusal
        return "refused" if refusal else "exact"
    except Refused:
        return "wider"


def _takes_seconds(case: Case) -> bool:
    """Whether the reference executor interpolates whole images, number by number; another case has a column of one."""
    return (case.op, case.attributes.get("mode"), case.operands) == ("Resize", "linear", "x - two")


def _matters(case: Case, opset: int) -> bool:
    """Whether the reference executor gives something else without the attribute of the case."""
    model, plain = Judge(case.model(opset)), Judge(case.plain(opset))
    dims = [dim.dim_value for dim in model.input.type.tensor_type.shape.dim]
    frames = np.random.default_rng(4).integers(-16, 16, (4, *dims[1:])) * 0.25
    try:
        with_it, without = model.outputs(frames), plain.outputs(frames)
    except Refused:
        return True
    return with_it.shape != without.shape or not np.array_equal(with_it, without)


def test_every_part_of_every_operator_has_a_case() -> None:
    have = {(case.op, case.part) for case in CASES}
    missing = [f"{op}: {part}" for op in HANDLERS for part in sorted(parts_of(op)) if (op, part) not in have]
    assert not missing, "\n".join(missing)
    assert {case.op for case in CASES} == set(HANDLERS)


def test_a_declared_attribute_is_one_of_the_operators() -> None:
    for op, operator in OPERATORS.items():
        assert {*operator.reads, *operator.fixed, *operator.free} <= attributes_of(op), op


def _wrong(case: Case, opset: int, answer: str) -> str:
    """What is wrong with a case that was answered so, empty where nothing is."""
    if answer == "wider" and (case.op, case.part) not in WIDER:
        return "taken, and no executor runs it"
    free = case.part in free_of(case.op)
    return "changes the answer, and is said to be free" if free and answer == "exact" and _matters(case, opset) else ""


@pytest.mark.parametrize("opsets", tiered(EXACT, "every"))
def test_odd_attributes_operands_and_outputs(opsets: str) -> None:
    wrong, count, shown = [], Counter[str](), set[tuple[str, str]]()
    chosen = slice(-1, None) if opsets == "newest" else slice(None)
    cases = [each for each in CASES if opsets == "every" or not _takes_seconds(each)]
    for case, opset in [(each, opset) for each in cases for opset in opsets_of(each)[chosen]]:
        where = f"{case.op} {case.part} opset {opset}: {case.operands} {case.attributes} {case.outputs}"
        try:
            answer = _answer(case, opset)
            found = _wrong(case, opset, answer)
        except Exception as error:  # whatever an import or a comparison raises is a finding
            answer, found = "wrong", f"{type(error).__name__} {' '.join(str(error).split())[:300]}"
        count[answer] += 1
        wrong += [f"{where}: {found}"] if found else []
        if (case.op, case.part) not in shown and _shows(case, opset, answer):
            shown.add((case.op, case.part))
    idle = {(case.op, case.part) for case in CASES if case.part in attributes_of(case.op)} - shown
    wrong += [f"{op} {part}: no case in which it makes a difference" for op, part in sorted(idle)]
    attributes = sum(len(attributes_of(op)) for op in HANDLERS)
    print(f"{len(HANDLERS)} operators, {attributes} attributes, {count.total()} cases: {dict(count)}")
    assert not wrong, "\n".join(wrong)
    assert count["exact"] >= EXACT[opsets]


def _shows(case: Case, opset: int, answer: str) -> bool:
    """Whether the case would tell a handler that ignores the attribute."""
    free = case.part in free_of(case.op)
    return answer == "refused" or (answer == "exact" and (free or _matters(case, opset)))
