"""`check` of the flow: the passes have their say too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from hwgen import flow
from hwgen.errors import ConfigError, ModelError
from hwgen.ir.graph import Graph
from tests.frontend.onnx_nets import net, node


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A dense layer."""
    file = tmp_path / "dense.onnx"
    onnx.save(net([node("MatMul", "x w", "y", name="dense")], w=np.eye(4, dtype=np.float32)), file)
    return file


def test_what_passes_refuse_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert flow.check(path, input_type="int4").refused == 0
    error = ModelError("fc0", "must be small", "large")

    def refuse(graph: Graph) -> Graph:
        raise error

    monkeypatch.setattr("hwgen.flow.checking.integer_network", refuse)
    findings = flow.check(path, input_type="int4")
    assert findings.errors == (error,) and findings.graph is None and findings.refused == 1


def test_an_input_type_must_be_one(path: Path) -> None:
    with pytest.raises(ConfigError, match="must be bipolar, intN or uintN"):
        flow.check(path, input_type="float")
