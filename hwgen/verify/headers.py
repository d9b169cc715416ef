"""ap_int.h and hls_stream.h: where they lie, and compiled once: to read them takes most of a short compilation."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.verify import process
from hwgen.verify.cache import kept_or_none

_HEADER = "hls.h"
_STREAM = "hls_stream.h"
_INCLUDED = ("ap_int.h", _STREAM, "fstream", "iostream", "sstream", "string", "vector")
_FLAGS = ("-std=c++14", "-O0")
"""Those that a compilation must share to use what was compiled once; else it reads the headers."""
_COMPILE_S = 600.0
QUICK = ("-O0", "--param", "ggc-min-expand=1000", "--param", "ggc-min-heapsize=1048576")
"""Compiler flags where compiling takes longer than running: no optimisation, and memory up to 1 GiB is not reused."""


def hls_include() -> Path:
    """The folder of ap_int.h and hls_stream.h: a Vitis installation's own, else the one in the hls4ml package.

    Raises:
        ToolError: there is neither.
    """
    for variable in ("XILINX_HLS", "XILINX_VITIS"):
        folder = Path(os.environ.get(variable, "")) / "include"
        if os.environ.get(variable) and (folder / "ap_int.h").exists():
            return folder
    spec = find_spec("hls4ml")
    for package in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(package) / "templates" / "vivado" / "ap_types"
        if (folder / "ap_int.h").exists():
            return folder
    raise ToolError("ap_int.h", "must be installed for C simulation", "no such header", "pip install 'hwgen[sim]'")


def include_flags() -> tuple[str | Path, ...]:
    """Compiler flags that find the vendor's headers, and `ap_axi_sdata.h`, which the hls4ml package lacks.

    Raises:
        ToolError: there are none.
    """
    return "-isystem", hls_include(), "-isystem", asset("sim") / "hls" / "headers"


def precompiled(*, streams: bool = True) -> Path | None:
    """A header to include first where C++ is compiled with `-std=c++14 -O0`; None where the cache cannot be used.

    Without `streams` it leaves hls_stream.h out, for C++ that has another one.

    Raises:
        ToolError: a compiler or the headers are missing.
    """
    compiler = process.find_tool("g++", "Install it with the system's package manager")
    included = tuple(name for name in _INCLUDED if streams or name != _STREAM)
    key = hashlib.sha256(repr((included, _FLAGS, identity(compiler), _vendors_identity())).encode()).hexdigest()[:16]
    folder = kept_or_none(f"hls-{key}", partial(_compile, included))
    return folder and folder / _HEADER


def headers_identity() -> tuple[object, ...]:
    """What tells the headers that C++ is compiled with from others: hwgen's own by content, wherever it lies."""
    own = sorted((asset("sim") / "hls" / "headers").glob("*.h"))
    return *_vendors_identity(), *((path.name, path.read_text(encoding="utf-8")) for path in own)


def _vendors_identity() -> tuple[object, ...]:
    """What tells the vendor's headers, which alone are precompiled, from others."""
    include = hls_include()
    return tuple(identity(path) for folder in (include, include / "etc") for path in sorted(folder.glob("*.h")))


def identity(path: Path) -> tuple[str, int, int]:
    """What tells a tool's file from another: where it lies, its size and its date."""
    found = path.resolve()
    return str(found), found.stat().st_size, found.stat().st_mtime_ns


def _compile(included: Sequence[str], folder: Path) -> None:
    text = "".join(f"#include <{name}>\n" for name in included)
    (folder / _HEADER).write_text(text, encoding="utf-8", newline="\n")
    command: list[str | Path] = ["g++", *_FLAGS, "-isystem", hls_include(), "-x", "c++-header", _HEADER]
    command += ["-o", f"{_HEADER}.gch"]
    process.run(command, cwd=folder, log=folder / "compile.log", timeout_s=_COMPILE_S)
