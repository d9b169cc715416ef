"""The site: it builds, nothing in it leads nowhere or is fetched, and what it tells the user to type exists."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mkdocs.exceptions import PluginError
from typer.exceptions import TyperException
from typer.main import get_command

from hwgen.cli import app
from hwgen.hw.simulation import beat_times

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    # A proxy that nobody answers at: whoever fetches something fails.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    for page in PAGES:
        assert (site / page.relative_to(DOCS).with_suffix(".html")).is_file(), page
    assert not list(site.rglob("*.py"))


def test_notebooks_are_pages(site: Path) -> None:
    for path in sorted((ROOT / "examples" / "notebooks").glob("*.ipynb")):
        page = (site / "notebooks" / f"{path.stem}.html").read_text()
        assert path.name in page and "<pre" in page and "import hwgen" in re.sub("<[^>]*>", "", page)


def test_a_reader_fetches_nothing(site: Path) -> None:
    fetched = re.compile(r"""(?:<(?:script|img|iframe|source)[^>]*?\bsrc|<link[^>]*?\bhref)=["']?(https?:)?//""")
    assert fetched.search('<script src="https://x.org/a.js">')  # the pattern sees one
    assert [page.name for page in site.rglob("*.html") if fetched.search(page.read_text())] == []
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert not re.search(r"""url\(["']?https?:|@import\s""", styles)


def test_figures_are_drawn(site: Path) -> None:
    for page in sorted((DOCS / "units").glob("*.md")):
        html = (site / "units" / f"{page.stem}.html").read_text()
        assert ('class="timing"' in html) == (page.stem != "index"), page
        assert "<!-- timing" not in html and "<!-- rtl" not in html
    assert (site / "how.html").read_text().count('class="flow"') == 2
    assert "hwgen zoo train" in (site / "reference" / "command_line.html").read_text()
    assert "hwgen.open_project" in (site / "reference" / "python.html").read_text()


def test_options_are_told_with_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    told = importlib.import_module("hooks").cli(None)
    simulate = told.split("## `hwgen simulate`")[1].split("## `")[0]
    rows = dict(re.findall(r"^\| `(.+?)` \| (.*? \| .*?) \|", simulate, re.MULTILINE))
    assert rows["--layout"] == "`nhwc` or `nchw` | `nhwc`" and rows["--seed"] == "whole number from 0 | `0`"
    assert rows["PROJECT"] == "file or folder | required" and rows["--stall"] == "number 0 to 0.95 | `0.0`"
    assert rows["--pipeline-depth"] == "whole number 1 to 1024, several times | 1, 8 and 64"
    assert "--quiet" not in told and told.count("--json") > 15


def test_a_timing_diagram_shows_the_cycle_model(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every dot of the figure is a beat taken, in the cycle in which the model says."""
    monkeypatch.syspath_prepend(DOCS)
    examples, figures = importlib.import_module("examples"), importlib.import_module("figures")
    for name, unit in examples.UNITS.items():
        example = unit()
        html = (site / "units" / f"{name}.html").read_text()
        dots = re.findall(r'class="taken" cx="([\d.]+)" cy="(\d+)"', html)
        assert len({row for _, row in dots}) == len(example.shown), name
        drawn = sorted((int(row), (float(x) - figures.LABEL) // figures.CELL) for x, row in dots)
        times = beat_times(example.network, example.frames)
        rows = sorted({int(row) for _, row in dots})
        want = [
            (row, float(cycle))
            for row, stream in zip(rows, example.shown, strict=True)
            for cycle in times[stream]
            if cycle < example.cycles
        ]
        assert drawn == sorted(want), name


def test_links_that_lead_nowhere_are_seen(tmp_path: Path) -> None:
    """A site of the first page alone."""
    (tmp_path / "docs").mkdir()
    index = (DOCS / "index.md").read_text().replace("(tutorial.md)", "(tutorials.md)").replace("(how.md)", "(#nowhere)")
    (tmp_path / "docs" / "index.md").write_text(re.sub("<!--.*-->", "", index))
    config = (ROOT / "mkdocs.yml").read_text()
    (tmp_path / "mkdocs.yml").write_text(re.sub(r"^(hooks|extra_css):.*$", "", config, flags=re.M).split("nav:")[0])
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "tutorials.md" in done.stderr and "'#nowhere'" in done.stderr, done.stderr


def test_a_figure_that_is_not_there_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    hooks = importlib.import_module("hooks")
    page = SimpleNamespace(file=SimpleNamespace(src_uri="index.md"))
    assert "<svg" in hooks.on_page_markdown("<!-- timing: add -->", page)
    with pytest.raises(PluginError, match=r"index\.md: nothing for <!-- timing: adder -->"):
        hooks.on_page_markdown("<!-- timing: adder -->", page)


def commands(page: Path) -> Iterator[list[str]]:
    """The `hwgen` commands in a page's blocks of code, without their comments."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^    (hwgen .*)$", page.read_text(), re.MULTILINE)
    for line in "\n".join([*fenced, *indented]).replace("\\\n", " ").splitlines():
        if line.startswith("hwgen "):
            yield shlex.split(line, comments=True)[1:]


def refused(words: list[str]) -> str:
    """Why the command line would not take these words; empty if it would."""
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            return f"no verb {words[:1]}"
        command, words = command.commands[words[0]], words[1:]
    try:
        _, spare, _ = command.make_parser(command.context_class(command)).parse_args(args=list(words))
    except TyperException as error:
        return str(error)
    return f"no use for {spare}" if spare else ""


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_what_a_page_says_to_type_exists(page: Path) -> None:
    assert {" ".join(words): refused(words) for words in commands(page) if refused(words)} == {}


def test_commands_that_do_not_exist_are_seen() -> None:
    assert len(list(commands(DOCS / "tutorial.md"))) >= 8
    assert refused(["bild", "x"]) == "no verb ['bild']"
    assert refused(["zoo", "build", "tfc", "--clok-mhz", "3"]).startswith("No such option: --clok-mhz")
    assert refused(["simulate", "out", "--stall"]) == "Option '--stall' requires an argument."
    assert refused(["report", "out", "more"]) == "no use for ['more']"


def test_messages_of_the_troubleshooting_page_exist() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "hwgen").rglob("*.py"))
    messages = re.findall(r"^\| `([^`]+)`", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    assert len(messages) > 15
    assert [message for message in messages if message not in sources] == []
