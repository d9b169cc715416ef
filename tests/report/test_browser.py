"""`report.html` as a browser shows it: Debian's Chromium, headless, at the width of a phone and of a desk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from hwgen.flow import compile
from hwgen.flow.report import write_report
from hwgen.ir.graph import Graph
from tests.builders import concat_net, random_network, resnet_like
from tests.tiers import tiered

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, DESK = (390, 844), (1280, 900)

FRAME = '<iframe width="WIDTH" height="HEIGHT" srcdoc="PAGE"></iframe>'
PROBE = """<!DOCTYPE html>
<style>body { margin: 0 } iframe { border: 0; display: block }</style>
FRAMES
<script>
const measured = view => {
  const box = element => element.getBoundingClientRect();
  const all = (selector, where = view.document) => [...where.querySelectorAll(selector)];
  const inside = (one, two) => one.left >= two.left - 1 && one.right <= two.right + 1;
  const meet = (one, two) =>
    one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom;
  const cards = all(".card").map(card => ({body: box(card.querySelector(".body")), texts: all("text", card)}));
  const labels = all(".arrow text");
  const words = texts => texts.map(text => text.textContent);
  return {
    width: view.innerWidth,
    page: view.document.documentElement.scrollWidth,
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    cards: words(all(".card .name")),
    labels: words(labels),
    spilt: cards.flatMap(card => words(card.texts.filter(text => text.textContent && !inside(box(text), card.body)))),
    covered: words(labels.filter(label => cards.some(card => meet(box(label), card.body)))),
    cut: all("table, dl").filter(each => box(each).right > view.innerWidth).length,
    bars: all("td.bar svg").filter(each => box(each).width > 0).length,
    beside: box(view.document.querySelector(".sections")).top < box(view.document.querySelector(".graph")).bottom,
  };
};
onload = () => {
  const frames = [...document.querySelectorAll("iframe")];
  document.body.dataset.found = JSON.stringify(frames.map(frame => measured(frame.contentWindow)));
};
</script>
"""
"""Pages in frames of any width (Chromium's own window is at least 500 wide), and what a test wants to know of them."""


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("chromium is missing: install it (Debian: apt-get install chromium)")
    return found


@dataclass(frozen=True)
class Browser:
    """Chromium with a fresh profile in `folder`."""

    program: str
    folder: Path

    def run(self, page: Path, size: tuple[int, int], *options: str, dark: bool = False) -> str:
        scheme = ("--blink-settings=preferredColorScheme=0",) if dark else ("--blink-settings=preferredColorScheme=1",)
        profile = f"--user-data-dir={self.folder / 'profile'}"
        window = f"--window-size={size[0]},{size[1]}"
        command = [self.program, *OPTIONS, profile, window, *scheme, *options, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def measured(self, pages: Sequence[tuple[Path, tuple[int, int]]]) -> list[dict[str, Any]]:
        """What `PROBE` finds on each page, in a frame of that size."""
        frames = ""
        for page, (width, height) in pages:
            frame = FRAME.replace("WIDTH", str(width)).replace("HEIGHT", str(height))
            frames += frame.replace("PAGE", escape(page.read_text()))
        probe = self.folder / "probe.html"
        probe.write_text(PROBE.replace("FRAMES", frames))
        dom = self.run(probe, DESK, "--dump-dom")
        data = re.search(r'data-found="([^"]*)"', dom)
        assert data is not None, dom[-500:]
        found: list[dict[str, Any]] = json.loads(unescape(data[1]))
        return found

    def picture(self, page: Path, size: tuple[int, int], *, dark: bool = False) -> np.ndarray:
        """The page as (height, width, 3) numbers from 0 to 1."""
        path = self.folder / "shot.png"
        self.run(page, size, f"--screenshot={path}", dark=dark)
        pixels: np.ndarray = matplotlib.image.imread(path)[..., :3]
        return pixels


@pytest.fixture
def browser(chromium: str, tmp_path: Path) -> Browser:
    return Browser(chromium, tmp_path)


def dense(rng: np.random.Generator) -> Graph:
    return random_network(rng, (48, 32, 16, 10), name="dense")


NETWORKS: dict[str, Callable[[np.random.Generator], Graph]] = {
    "dense": dense,
    "residual": resnet_like,
    "branches": concat_net,
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports of a dense network, simulated, of a residual one and of one with three branches, which were not."""
    folder = tmp_path_factory.mktemp("pages")
    for name, network in NETWORKS.items():
        built = compile(network(np.random.default_rng(0)), target_interval=600).write(folder / name)
        if name == "dense":
            built.record("simulate.json", built.simulate(3, "rtl").to_json())
    return {name: write_report(folder / name) for name in NETWORKS}


@pytest.fixture(scope="module")
def layouts(
    chromium: str, pages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, tuple[int, int]], dict[str, Any]]:
    """What `PROBE` finds on each report at each size."""
    asked = list(product(pages, (PHONE, DESK)))
    browser = Browser(chromium, tmp_path_factory.mktemp("layouts"))
    found = browser.measured([(pages[name], size) for name, size in asked])
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", NETWORKS)
def test_layout(layouts: dict[tuple[str, tuple[int, int]], dict[str, Any]], name: str, size: tuple[int, int]) -> None:
    found = layouts[name, size]
    assert found["width"] == size[0] and found["page"] <= size[0]
    assert found["spilt"] == [] and found["covered"] == [] and found["cut"] == 0
    assert found["bars"] >= 6 and not found["dark"]
    assert found["beside"] == (size == DESK)
    assert found["cards"][0].startswith("input, ") and found["cards"][-1].startswith("output, ")
    assert {"dense": "fc2", "residual": "sum1", "branches": "cat0"}[name] in found["cards"]


@pytest.mark.parametrize("name", ["dense", "residual"])
def test_the_page_as_the_browser_reads_it(browser: Browser, pages: dict[str, Path], name: str) -> None:
    dom = browser.run(pages[name], DESK, "--dump-dom")
    simulated = "beats moved in its predicted cycle." in dom
    assert simulated == (name == "dense")
    assert ("Never simulated: run hwgen simulate." in dom) == (name == "residual")
    for part in ("Dataflow", "Cycles per layer", "Predicted against simulated", "Resources of the part", "Roofline"):
        assert f">{part}</h2>" in dom
    assert dom.count("<svg") == pages[name].read_text().count("<svg")


PICTURES = {"phone-light": (PHONE, False), "desk-dark": (DESK, True)}
PICTURES |= {"phone-dark": (PHONE, True), "desk-light": (DESK, False)}


@pytest.mark.parametrize("name", tiered(PICTURES, "phone-dark", "desk-light"))
def test_pictures(browser: Browser, pages: dict[str, Path], name: str) -> None:
    size, dark = PICTURES[name]
    pixels = browser.picture(pages["residual"], size, dark=dark)
    assert pixels.shape[:2] == (size[1], size[0])
    paper = pixels[-1, 0].mean()
    assert paper < 0.2 if dark else paper > 0.95
    ink = np.abs(pixels - pixels[-1, 0]).max(axis=2)
    assert 0.02 < (ink > 0.3).mean() < 0.5  # neither blank nor full
    assert len(np.unique((pixels * 255).astype(np.int64) @ (1, 256, 65536))) > 50


def test_print(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    """Figures on one sheet, the graph on the next; the graph is never cut."""
    path = tmp_path / "page.pdf"
    browser.run(pages["dense"], DESK, "--no-pdf-header-footer", f"--print-to-pdf={path}")
    sheets = re.findall(rb"/Type\s*/Page\b", path.read_bytes())
    assert 2 <= len(sheets) <= 3
