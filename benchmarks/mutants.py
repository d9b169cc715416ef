"""Small mistakes put into hwgen, one at a time, and whether the tests of their area notice.

A mutant is one change of one expression: another border of a comparison, a number off by one, another operator, a
branch that is never taken or always, a pragma that is left out. It is written to a copy of the repository, where the
tests named after the file run first, and those of the room where they notice nothing. What survives these is printed:
a test is missing, or the mutant is the same program.

    python benchmarks/mutants.py hwgen/passes hwgen/ir --mutants 100
    python benchmarks/mutants.py templates/rtl/lib/hwgen_window.sv --mutants 20 --seed 7
    python benchmarks/mutants.py --list hwgen/golden          # what could be changed, counted by kind

The exit code is 1 if there is a survivor.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("hwgen/ir", "hwgen/golden", "hwgen/passes", "hwgen/frontend", "hwgen/hw", "hwgen/backends", "templates")
BORDERS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
OPERATORS = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "max"}
SOURCES: Sequence[tuple[str, str, str]] = (
    ("border", r"(?<=[\w)\]] )>=(?= )", ">"),
    ("border", r"(?<=[\w)\]] )>(?= )", ">="),
    ("border", r"(?<=[\w)\]] )<(?= )", "<="),
    ("border", r"(?<=[\w)\]] )==(?= )", "!="),
    ("border", r"(?<=[\w)\]] )!=(?= )", "=="),
    ("off by one", r"(?<=[\w)\]] )[+-] 1\b(?!:)", "+ 0"),
    ("operator", r"(?<=[\w)\]] )&&(?= )", "||"),
    ("operator", r"(?<=[\w)\]] )\|\|(?= )", "&&"),
    ("operator", r"(?<=[\w)\]] )\+(?= [A-Za-z(])", "-"),
    ("branch", r"!(?=[A-Za-z_(])", ""),
    ("branch", r"\bif \(", "if (0 && "),
    ("pragma", r"^\s*HWGEN_(?!INLINE)\w+(\(.*\))?;?$", ""),
)
"""Kind, pattern and replacement in a line of SystemVerilog or C++."""


OUTCOMES = ("killed", "no end", "survived")


@dataclass(frozen=True)
class Mutant:
    """A change of one place of a file, from `start` on."""

    path: str
    line: int
    kind: str
    old: str
    new: str
    start: int


def mutants_of(path: Path) -> list[Mutant]:
    """All that are known of a file."""
    text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    changes = _of_python(text) if path.suffix == ".py" else _of_source(text)
    return [
        Mutant(name, text.count("\n", 0, start) + 1, kind, text[start:end], new, start)
        for kind, start, end, new in changes
        if text[start:end] != new
    ]


Change = tuple[str, int, int, str]
"""Kind, the place from and to, and what stands there instead."""


def _of_python(text: str) -> Iterator[Change]:
    before = [0, *itertools.accumulate(len(line) for line in text.splitlines(keepends=True))]

    def span(node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return before[node.lineno - 1] + node.col_offset, before[node.end_lineno - 1] + node.end_col_offset

    for node in _changeable(ast.parse(text)):
        for kind, left, right, new in _operators(node):
            start, end = span(left)[1], span(right)[0]
            if found := re.search(r"[^\s()]+", text[start:end]):  # parentheses may surround the operands
                yield kind, start + found.start(), start + found.end(), new
        yield from ((kind, *span(whole), new) for kind, whole, new in _expressions(node))


def _operators(node: ast.AST) -> Iterator[tuple[str, ast.expr, ast.expr, str]]:
    """Kind, the operands and what stands between them instead."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in BORDERS:
            yield "border", left, right, BORDERS[type(operator)]
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            yield "operator", left, right, OPERATORS[type(operator)]
        case ast.BoolOp(op=operator, values=[left, right]):
            yield "operator", left, right, "or" if isinstance(operator, ast.And) else "and"


def _expressions(node: ast.AST) -> Iterator[tuple[str, ast.expr, str]]:
    """Kind, an expression and what stands in its place."""
    match node:
        case ast.Constant(value=number) if type(number) is int:
            yield "off by one", node, str(number + 1)
        case ast.Call(func=ast.Name(id=name) as called) if name in NAMES:
            yield "operator", called, NAMES[name]
        case ast.If(test=test) | ast.IfExp(test=test):
            yield from (("branch", test, new) for new in ("False", "True"))


def _changeable(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions and branches below a node, but for annotations, assertions and errors."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assert | ast.Raise | ast.AnnAssign | ast.arg | ast.JoinedStr):
            continue
        if isinstance(node, ast.FunctionDef) and child is node.returns:
            continue
        if (
            isinstance(child, ast.UnaryOp)
            and isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(".reshape")
        ):
            continue  # numpy takes -2 for -1
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _changeable(child)


def _of_source(text: str) -> Iterator[Change]:
    """Of SystemVerilog or C++, but for its checks of parameters, and assignments of SystemVerilog."""
    start, lines = 0, text.splitlines(keepends=True)
    for line, following in itertools.pairwise([*lines, ""]):
        code = line.split("//")[0].rstrip()
        if not re.search(r"<=|static_assert|\$(error|fatal)", code) and not re.search(r"\$(error|fatal)", following):
            for kind, pattern, new in SOURCES:
                for found in re.finditer(pattern, code):
                    yield kind, start + found.start(), start + found.end(), new
        start += len(line)


def tests_of(path: str) -> list[list[str]]:
    """The tests that are named after a file or name it, and those of its room."""
    parts, stem = Path(path).parts, Path(path).stem.removeprefix("hwgen_")
    folder = Path("tests", {"rtl": "rtl_lib", "hls": "hls_lib"}.get(parts[1], parts[1]))
    every = sorted((ROOT / folder).rglob("test_*.py"))
    named = [test for test in every if test.stem == f"test_{stem}"]
    if parts[0] == "templates" and not named:
        named = [test for test in every if re.search(rf"\b{stem}\b", test.read_text(encoding="utf-8"))]
    near = [str(test.relative_to(ROOT)) for test in named]
    return [near, [str(folder)]] if near else [[str(folder)]]


@dataclass(frozen=True)
class Bench:
    """A copy of the repository, in which tests run."""

    copy: Path
    most_s: float
    limits: dict[str, float] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, most_s: float) -> Bench:
        """Copy all files that git knows or would take."""
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in listed.stdout.decode().splitlines():
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes((ROOT / name).read_bytes())
        return cls(folder, most_s)

    def fails(self, tests: Sequence[str], seconds: float) -> str:
        """How tests fail: `killed`, `no end`, or not at all."""
        command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-x", "--no-header", *tests]
        environment = {**os.environ, "PYTHONPATH": str(self.copy), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        with tempfile.TemporaryFile() as log:
            child = subprocess.Popen(
                command, cwd=self.copy, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                code = child.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return "no end"
        return "killed" if code else ""

    def seconds(self, tests: Sequence[str]) -> float:
        """How long tests may take: some times what they take in the copy as it is. Raises: RuntimeError."""
        key = " ".join(tests)
        if key not in self.limits:
            start = time.monotonic()
            if found := self.fails(tests, self.most_s):
                raise RuntimeError(f"{key} without a mutant: {found}")
            self.limits[key] = min(self.most_s, 30 + 4 * (time.monotonic() - start))
        return self.limits[key]

    @contextlib.contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """The copy has the mutant meanwhile."""
        path = self.copy / mutant.path
        right = path.read_text(encoding="utf-8")
        wrong = right[: mutant.start] + mutant.new + right[mutant.start + len(mutant.old) :]
        path.write_text(wrong, encoding="utf-8", newline="\n")
        try:
            yield
        finally:
            path.write_text(right, encoding="utf-8", newline="\n")

    def outcome(self, mutant: Mutant, *, near: bool) -> str:
        """`killed`, `no end` or `survived`; by the tests named after the file alone where `near`."""
        for tests in tests_of(mutant.path)[: 1 if near else None]:
            limit = self.seconds(tests)
            with self.changed(mutant):
                if found := self.fails(tests, limit):
                    return found
        return "survived"


def drawn(paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """As many mutants, from each file in turn and all places of it alike; none twice."""
    rng = random.Random(seed)
    files = [rng.sample(found, len(found)) for path in paths if (found := mutants_of(path))]
    rng.shuffle(files)
    turns = itertools.zip_longest(*files)
    return [each for turn in turns for each in turn if each is not None][:count]


def files_of(names: Sequence[str]) -> list[Path]:
    """The files of a list of files and folders that can have mutants."""
    found = {path for name in names for path in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])}
    return sorted(path for path in found if path.suffix in (".py", ".sv", ".hpp") and path.is_file())


def show(found: Sequence[tuple[Mutant, str]]) -> None:
    """Print a table by room, and the survivors."""
    rooms = sorted({"/".join(each.path.split("/")[:2]) for each, _ in found})
    print(f"{'':<24}" + "".join(f"{name:>12}" for name in ("mutants", *OUTCOMES)))
    for room in (*rooms, ""):
        count = Counter(outcome for each, outcome in found if each.path.startswith(room))
        columns = (count.total(), *(count[name] for name in OUTCOMES))
        print(f"{room or 'all':<24}" + "".join(f"{number:>12,}" for number in columns))
    for each, outcome in found:
        if outcome == "survived":
            print(f"survived: {each.path}:{each.line}: {each.kind}: {each.old.strip()} -> {each.new or 'nothing'}")


def main(given: Sequence[str] | None = None) -> None:
    """Put mutants in, one at a time, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=list(ROOMS), help=f"files and folders ({' '.join(ROOMS)})")
    parser.add_argument("--mutants", type=int, default=20, help="how many (20)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (0)")
    parser.add_argument("--near", action="store_true", help="run the tests named after the file alone")
    parser.add_argument("--most", type=float, default=1800, metavar="S", help="seconds that tests may take (1800)")
    parser.add_argument("--list", action="store_true", help="count what could be changed, and change nothing")
    parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")
    chosen = parser.parse_args(given)
    if chosen.list:
        print(json.dumps(Counter(each.kind for path in files_of(chosen.paths) for each in mutants_of(path)), indent=2))
        return
    found = []
    with tempfile.TemporaryDirectory(prefix="hwgen-mutants-") as folder:
        bench = Bench.at(Path(folder), chosen.most)
        for each in drawn(files_of(chosen.paths), chosen.mutants, chosen.seed):
            found.append((each, bench.outcome(each, near=chosen.near)))
            if not chosen.json:
                print(f"{found[-1][1]}: {each.path}:{each.line}: {each.kind}: {each.old} -> {each.new}", flush=True)
    if chosen.json:
        print(json.dumps([{**asdict(each), "outcome": outcome} for each, outcome in found], indent=2))
    else:
        show(found)
    sys.exit(any(outcome == "survived" for _, outcome in found))


if __name__ == "__main__":
    main()
