"""Tables of HLS projects: one memory each, a word a row, where the estimate has it; anything else is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.hw.hls_memory import table_implementations
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify.cpp import preprocess
from hwgen.verify.hlstables import check_tables
from tests.hls_lib.cases import Case, mvtu_case, write_project

B, INT3 = Bipolar(), IntType(3, True)
SOURCE = "src/net_fc0.cpp"


def case(style: MemoryStyle | None = None) -> Case:
    """Weights of 12 words of 2 x 3, thresholds of 4 rows and directions of them."""
    return mvtu_case("net", (9, 8), (2, 3), (INT3, INT3, B), descending=True, style=style)


def found(text: Callable[[str], str], folder: Path, style: MemoryStyle | None = None) -> list[str]:
    """What is found where the unit's source is another one."""
    design = case(style).design
    files = emit(design)
    changed = text(files[SOURCE])
    project = write_project({**files, SOURCE: changed}, folder / "project")
    return list(map(str, check_tables(preprocess(project, "vitis", folder), table_implementations(design))))


@pytest.mark.parametrize("style", [None, *MemoryStyle])
def test_emitted_tables_pass(style: MemoryStyle | None, tmp_path: Path) -> None:
    assert found(lambda text: text, tmp_path, style) == []


WRONG = {
    "a memory for each PE": (
        "HWGEN_RESHAPE(WEIGHTS, 2)",
        "HWGEN_PARTITION(WEIGHTS, 2)",
        "WEIGHTS must be one word a row: array_reshape of its dimensions 2, no other",
    ),
    "a port for each PE": (
        "  HWGEN_RESHAPE(THRESHOLDS, 2)\n",
        "",
        "THRESHOLDS must be one word a row: array_reshape of its dimensions 2, no other",
    ),
    "rows side by side": (
        "HWGEN_ROM(WEIGHTS, lutram)",
        "HWGEN_PARTITION(WEIGHTS, 1)\n  HWGEN_ROM(WEIGHTS, lutram)",
        "WEIGHTS must be one memory: no array_partition",
    ),
    "another memory": (
        "HWGEN_ROM(WEIGHTS, lutram)",
        "HWGEN_ROM(WEIGHTS, bram)",
        "WEIGHTS must live in lutram, as estimated; found bram",
    ),
    "no memory": (
        "  HWGEN_ROM(DESCENDING, lutram)\n",
        "",
        "DESCENDING must be bound to a memory by bind_storage, or be partitioned in every dimension",
    ),
    "a RAM": ("HWGEN_ROM(WEIGHTS, lutram)", "HWGEN_RAM(WEIGHTS, lutram)", "WEIGHTS must be bound as rom_1p"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_such_memory_is_found(name: str, tmp_path: Path) -> None:
    right, wrong, message = WRONG[name]

    def changed(text: str) -> str:
        assert text.count(right) == 1
        return text.replace(right, wrong)

    told = found(changed, tmp_path)
    assert any(line.startswith("net_fc0_params.hpp:") and line.endswith(message) for line in told), told
