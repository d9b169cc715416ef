"""Mutants: legal programs, each with one change; tests that see one kill it."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import pytest

from benchmarks import mutants

SOURCE = '''"""Larger numbers."""


def larger(a: int, b: int) -> int:
    """The larger of two, at least 0."""
    if a > b:
        return a
    return max(b, 0)
'''

TEST = """from hwgen.ir.larger import larger


def test_larger():
    assert (larger(2, 1), larger(1, 2), larger(-3, -2)) == (2, 2, 0)
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One module and its tests."""
    empty = dict.fromkeys(("hwgen/__init__.py", "hwgen/ir/__init__.py"), "")
    for name, text in {"hwgen/ir/larger.py": SOURCE, "tests/ir/test_larger.py": TEST, **empty}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, timeout=60)
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    return tmp_path


def test_killed_and_survivors(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        mutants.main(["hwgen/ir", "--mutants", "100", "--near", "--json"])
    assert end.value.code == 1
    found = {(each["old"], each["new"], each["line"]): each["outcome"] for each in json.loads(capsys.readouterr().out)}
    assert (repository / "hwgen/ir/larger.py").read_text() == SOURCE
    changes = [("a > b", "False", 6), ("a > b", "True", 6), ("max", "min", 8), ("0", "1", 8)]
    assert found == {**dict.fromkeys(changes, "killed"), (">", ">=", 6): "survived"}


@pytest.mark.parametrize("path", mutants.files_of(["hwgen/passes", "hwgen/ir"]), ids=lambda path: path.stem)
def test_mutants_are_legal(path: Path) -> None:
    text = path.read_text()
    for each in mutants.mutants_of(path):
        assert text[each.start :].startswith(each.old) and text.count("\n", 0, each.start) + 1 == each.line
        ast.parse(text[: each.start] + each.new + text[each.start + len(each.old) :])


def test_kinds_of_sources() -> None:
    kinds = {each.kind for path in mutants.files_of(["templates"]) for each in mutants.mutants_of(path)}
    assert kinds == {"border", "operator", "off by one", "branch", "pragma"}
    assert mutants.tests_of("templates/rtl/lib/hwgen_window.sv") == [
        ["tests/rtl_lib/test_window.py"],
        ["tests/rtl_lib"],
    ]
    assert mutants.tests_of("hwgen/ir/types.py")[-1] == ["tests/ir"]


def test_tests_that_fail_by_themselves(repository: Path) -> None:
    (repository / "tests/ir/test_larger.py").write_text("def test_nothing():\n    assert False\n")
    with pytest.raises(RuntimeError, match=r"tests/ir/test_larger\.py without a mutant: killed"):
        mutants.main(["hwgen/ir", "--near"])
