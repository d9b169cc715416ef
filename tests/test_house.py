"""The rules of the house, measured: sizes, owners, imports, and that every kernel has its pieces."""

from __future__ import annotations

import ast
import importlib
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE, MAX_FUNCTION, MAX_DEPTH, MAX_CONTROL = 400, 40, 2, 0.20
PYTHON = sorted([*(ROOT / "hwgen").rglob("*.py"), *(ROOT / "sim").rglob("*.py")])
SOURCES = sorted(p for top in ("hwgen", "sim", "templates") for p in (ROOT / top).rglob("*") if p.is_file())
TEMPLATES = sorted((ROOT / "templates").rglob("*.j2"))
KERNELS = ROOT / "hwgen" / "hw" / "kernels"
MOST_FILES, MEDIAN_FILES = 6, 4


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imported(path: Path) -> frozenset[str]:
    """Top-level packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def importers(package: str) -> set[str]:
    return {name(path) for path in PYTHON if path.is_relative_to(ROOT / "hwgen") and package in imported(path)}


def test_there_is_something_to_measure() -> None:
    assert len(PYTHON) > 50 and len(TEMPLATES) > 10


def test_files() -> None:
    sizes = {
        name(path): len(path.read_text().splitlines())
        for path in SOURCES
        if not {"__pycache__", "trained"} & set(path.parts)
    }
    assert {path: size for path, size in sizes.items() if size > MAX_FILE} == {}


def functions() -> Iterator[tuple[str, int]]:
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{name(path)}:{node.name}", node.end_lineno - node.lineno + 1


def test_functions() -> None:
    assert {where: size for where, size in functions() if size > MAX_FUNCTION} == {}


def test_inheritance() -> None:
    """Classes of ours above a class: one base, or a base and its base."""
    bases: dict[str, list[str]] = {}
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]

    def depth(kind: str) -> int:
        return 1 + max((depth(base) for base in bases[kind] if base in bases), default=0) if kind in bases else 0

    assert {kind: depth(kind) for kind in bases if depth(kind) > MAX_DEPTH} == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_are_mostly_text(path: Path) -> None:
    lines = path.read_text().splitlines()
    control = [line for line in lines if line.lstrip().startswith("//%") or "/*%" in line]
    assert len(control) < max(2, MAX_CONTROL * len(lines))  # a fragment of a few lines may hold one


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_do_not_compute(path: Path) -> None:
    """Nothing but names, attributes, `- 1` and the joining of lines between the delimiters."""
    for expression in re.findall(r"\$\{([^}]*)\}", path.read_text()):
        assert re.fullmatch(r'\s*[\w.\[\]]+( - 1| \| join\("[^"]*"\))?\s*', expression), expression


def kernels() -> dict[str, str]:
    """The class of each kernel, one that defines `schedule`, by its stem."""
    classes = {
        path.stem: [node for node in tree(path).body if isinstance(node, ast.ClassDef)] for path in KERNELS.glob("*.py")
    }
    return {
        stem: each.name
        for stem, found in sorted(classes.items())
        for each in found
        if any(isinstance(part, ast.FunctionDef) and part.name == "schedule" for part in each.body)
    }


@pytest.mark.parametrize("stem", kernels())
def test_every_kernel_has_its_pieces(stem: str) -> None:
    assert (ROOT / "templates" / "rtl" / "lib" / f"hwgen_{stem}.sv").is_file()
    assert (ROOT / "templates" / "hls" / "lib" / f"{stem}.hpp").is_file()
    for library in ("rtl_lib", "hls_lib"):
        texts = [path.read_text() for path in (ROOT / "tests" / library).glob("*.py")]
        assert any(re.search(rf"kernels\.{stem} import", text) for text in texts), f"tests/{library} leaves {stem} out"


def naming(stem: str, kind: str) -> list[str]:
    """Files that name a kernel: its own, Python that imports it or names it, templates that are rendered and do."""
    words = rf"\b(kernels\.{stem}|kernels import .*\b{stem}|{kind}|hwgen_{stem}|{stem}\.hpp)\b"
    own = [
        KERNELS / f"{stem}.py",
        *(ROOT / "templates").rglob(f"hwgen_{stem}.sv"),
        *(ROOT / "templates").rglob(f"{stem}.hpp"),
    ]
    others = [path for path in (*(ROOT / "hwgen").rglob("*.py"), *TEMPLATES) if re.search(words, path.read_text())]
    return sorted({name(path) for path in (*own, *others)})


def test_kernels_are_named_in_few_files() -> None:
    found = {stem: naming(stem, kind) for stem, kind in kernels().items()}
    assert len(found) >= 14
    assert {stem: files for stem, files in found.items() if len(files) > MOST_FILES} == {}
    assert statistics.median(map(len, found.values())) <= MEDIAN_FILES


def test_templates_are_for_all_kernels() -> None:
    """No template bears a kernel's name; those of both back ends are few, and so is the Python that fills them."""
    printed = [path for path in TEMPLATES if path.parent.name in ("rtl", "hls")]
    assert [path.name for path in printed if path.name.split(".")[0] in kernels()] == []
    assert len(printed) <= 26
    emitters = [path for back_end in ("rtl", "hls") for path in (ROOT / "hwgen" / "backends" / back_end).rglob("*.py")]
    assert sum(len(path.read_text().splitlines()) for path in emitters) <= 1000


def test_library_modules_are_short() -> None:
    sizes = {
        name(path): len(path.read_text().splitlines()) for path in (ROOT / "templates" / "rtl" / "lib").glob("*.sv")
    }
    assert {path: size for path, size in sizes.items() if size > 250} == {}


def test_no_sign_stands_in_front_of_a_size_cast() -> None:
    """Yosys reads -8'(x) as (-8)'(x), the number x; a cast to a type is read as the standard says."""
    signed = re.compile(r"(?:^|[=(,?:&|{+*<>-])\s*[-~!&|^+](?:[A-Z]\w*|\d+)'\(", re.MULTILINE)
    assert signed.search("assign sum = -Bits'(term);") and not signed.search("a - Bits'(b) + -bits_t'(c)")
    folders = ("templates", "sim/formal", "sim/netlist")
    texts = {name(path): path.read_text() for top in folders for path in (ROOT / top).rglob("*.sv*")}
    assert len(texts) > 100 and [path for path, text in texts.items() if signed.search(text)] == []


def test_no_number_with_a_sign_is_compared_with_a_cast() -> None:
    """Yosys compares unsigned there; a constant of the type has its sign. Of the library, see rtl_lib/test_netlists."""
    typed = re.compile(r"typedef logic signed \[[^]]*\] (\w+);")
    texts = {
        name(path): path.read_text() for top in ("formal", "netlist") for path in (ROOT / "sim" / top).rglob("*.sv")
    }
    kinds = [(path, kind) for path, text in texts.items() for kind in typed.findall(text)]
    assert kinds and [path for path, kind in kinds if re.search(rf"(?:<|>=?) *{kind}'\(", texts[path])] == []


def test_kernels_are_asked_not_told_apart() -> None:
    """No `isinstance` or `match` of a kernel outside its own file."""
    kinds = "|".join(kernels().values())
    told = rf"isinstance\([^)]*\b({kinds})\b|case ({kinds})\("
    found = [name(path) for path in PYTHON if re.search(told, path.read_text())]
    assert [path for path in found if not path.startswith("hwgen/hw/kernels/")] == []


def test_one_owner_each() -> None:
    assert importers("subprocess") == {"hwgen/verify/process.py"}
    assert importers("jinja2") == {"hwgen/backends/render.py"}
    assert importers("numba") == {"hwgen/hw/compiled.py"}
    assert importers("pydantic") == {"hwgen/config.py", "hwgen/stored.py"}
    assert {path for path in importers("torch") if path.split("/")[1] not in ("nn", "frontend", "zoo")} == set()
    assert {path for path in importers("onnx") if "frontend" not in path} == set()
    assert {path.split("/")[1] for path in importers("typer") | importers("click")} == {"cli"}
    assert importers("matplotlib") <= {"hwgen/report/plots.py"}
    assert importers("distributed") | importers("dask") <= {"hwgen/explore/workers.py"}


def test_no_program_is_started_by_the_back_door() -> None:
    banned = re.compile(r"os\.(system|popen|spawn\w*|exec\w*)\(|\bpty\.")
    assert [name(path) for path in PYTHON if banned.search(path.read_text())] == []
    pools = [name(path) for path in PYTHON if re.search(r"multiprocessing|ProcessPool", path.read_text())]
    assert pools == ["hwgen/explore/workers.py"]


def raised() -> Iterator[tuple[str, str]]:
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and node.exc is not None:
                exc = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                yield name(path), ast.unparse(exc)


def test_no_bare_exception_is_raised() -> None:
    kinds = {kind for _, kind in raised()}
    assert "ModelError" in kinds
    assert [each for each in raised() if each[1] in ("Exception", "BaseException", "RuntimeError")] == []


def test_no_bare_except() -> None:
    bare = [
        name(path)
        for path in PYTHON
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_every_source_says_what_it_is() -> None:
    """A docstring for every module, and for every public class and function of it."""
    silent = []
    for path in PYTHON:
        module = tree(path)
        if module.body and ast.get_docstring(module) is None:
            silent.append(name(path))
        for node in module.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_" and not ast.get_docstring(node):
                silent.append(f"{name(path)}:{node.name}")
    assert silent == []


def test_import_contracts() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout)


@pytest.mark.parametrize("module", ["hwgen", "hwgen.cli", "hwgen.flow"])
def test_importing_is_light(module: str) -> None:
    heavy = ("torch", "onnx", "onnxruntime", "qonnx", "brevitas", "matplotlib", "jinja2", "cocotb", "numba")
    code = f"import sys, {module}; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""


def test_benchmarks_import_what_there_is() -> None:
    """They run by hand alone, so that a name that they miss would be found late."""
    imports = [
        (name(path), node.module, alias.name)
        for path in (ROOT / "benchmarks").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hwgen"
        for alias in node.names
    ]
    missing = [
        each
        for each in imports
        if not hasattr(importlib.import_module(each[1]), each[2])
        and not any((ROOT / each[1].replace(".", "/") / module).exists() for module in (each[2], f"{each[2]}.py"))
    ]
    assert len(imports) > 100 and missing == []


def test_nothing_of_this_machine_in_the_files() -> None:
    """No absolute path of a home or a working folder."""
    found = [
        name(path)
        for top in ("hwgen", "sim", "templates", "tests", "examples")
        for path in (ROOT / top).rglob("*")
        if path.suffix in {".py", ".sv", ".hpp", ".j2", ".toml", ".md", ".h"}
        and re.search(r"/(home|root|work|Users)/\w", path.read_text())
    ]
    assert found == []


def opened() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call that reads or writes text, and what is called."""
    for top in ("hwgen", "sim", "examples", "benchmarks", "docs", "templates"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Call):
                    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    yield path, node, called


def test_text_is_utf_8_with_line_feeds() -> None:
    """Whatever the locale and the platform; a mode with `b` is no text."""
    wrong = []
    for path, node, called in opened():
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        modes = [each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        is_text = called in ("read_text", "write_text") and isinstance(node.func, ast.Attribute)
        is_text |= called == "TextIOWrapper"
        is_text |= called in ("open", "fdopen") and not any("b" in mode for mode in modes[-1:])
        is_text |= called in ("run", "Popen", "check_output", "NamedTemporaryFile") and bool(
            {"text", "mode"} & given.keys()
        )
        if ast.unparse(node).startswith(("os.open(", "webbrowser.open(", "gzip.open(", "archive.open(")):
            is_text = False
        if is_text and given.get("encoding") not in ("'utf-8'", "'ascii'"):
            wrong.append(f"{name(path)}:{node.lineno}")
        if called == "write_text" and given.get("newline") != repr("\n"):
            wrong.append(f"{name(path)}:{node.lineno}, newline")
    assert wrong == []


def test_consoles_take_text_as_it_is() -> None:
    """One console, `hwgen.report.console.Plain`: names hold square brackets and `:x:`, figures hold digits."""
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path, node, called in opened()
        if (called in ("Console", "print") and ast.unparse(node).startswith(("Console(", "rich.print(")))
        or any(
            word.arg in ("markup", "emoji", "highlight") and ast.unparse(word.value) == "True" for word in node.keywords
        )
    ]
    assert wrong == []
