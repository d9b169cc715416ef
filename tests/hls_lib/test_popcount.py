"""popcount of lanes.hpp: the adders that are synthesised and the builtin that is simulated count the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.verify import process
from hwgen.verify.headers import hls_include
from tests.hls_lib.cases import SEED

LIB = asset("templates") / "hls" / "lib"
PROGRAM = f"""
#include <random>
#include "ap_int.h"
#define __SYNTHESIS__  // of the library alone: the headers above have builtins of their own then
#include "lanes.hpp"

int main() {{
  std::mt19937_64 words({SEED});
  int wrong = hwgen::popcount(0) != 0 || hwgen::popcount(~hwgen::Limb(0)) != 64;
  for (int i = 0; i < 64; ++i) wrong += hwgen::popcount(hwgen::Limb(1) << i) != 1;
  for (int i = 0; i < 100000; ++i) {{
    const hwgen::Limb word = words() & (i % 3 == 0 ? words() : ~hwgen::Limb(0));
    const unsigned expected = static_cast<unsigned>(__builtin_popcountll(word));
    wrong += hwgen::popcount(word) != expected;
    wrong += hwgen::BitCount<8>::of(word).to_uint() != static_cast<unsigned>(__builtin_popcountll(word & 255));
  }}
  return wrong > 0;
}}
"""


def counted(folder: Path, lib: Path) -> None:
    """Compile and run PROGRAM with the library in `lib`. Raises: ToolError, where a count is wrong."""
    (folder / "count.cpp").write_text(PROGRAM)
    flags: list[str | Path] = ["-std=c++14", "-O1", "-w", f"-I{lib}", "-isystem", hls_include()]
    process.run(["g++", *flags, "count.cpp", "-o", "count"], cwd=folder, log=folder / "build.log", timeout_s=120)
    process.run([folder / "count"], cwd=folder, log=folder / "run.log", timeout_s=120)


def test_adders_count_as_the_builtin_does(tmp_path: Path) -> None:
    counted(tmp_path, LIB)


def test_a_wrong_adder_is_seen(tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    lib.mkdir()
    for path in LIB.glob("*.hpp"):
        (lib / path.name).write_text(path.read_text())
    text = (lib / "lanes.hpp").read_text()
    assert text.count("::of(bits >> (BITS / 2))") == 1
    (lib / "lanes.hpp").write_text(text.replace("::of(bits >> (BITS / 2))", "::of(bits >> (BITS / 4))"))
    with pytest.raises(ToolError):
        counted(tmp_path, lib)


def test_no_builtin_is_synthesised(tmp_path: Path) -> None:
    """Of the library, as Vitis reads it."""
    for path in sorted(LIB.glob("*.hpp")):
        if path.name != "pragmas.hpp":
            assert "__builtin" not in path.read_text(), path.name
    command: list[str | Path] = ["g++", "-std=c++14", "-E", "-P", "-x", "c++", f"-I{LIB}"]
    for name in ("ap_axi_sdata.h", "ap_int.h", "hls_stream.h"):
        (tmp_path / name).write_text("")
    (tmp_path / "all.cpp").write_text("".join(f'#include "{path.name}"\n' for path in sorted(LIB.glob("*.hpp"))))
    for macro, there in (("-D__SYNTHESIS__", False), ("-D__BAMBU__", True)):
        out = tmp_path / "all.ii"
        process.run(
            [*command, macro, f"-I{tmp_path}", "all.cpp", "-o", out], cwd=tmp_path, log=tmp_path / "log", timeout_s=60
        )
        assert ("__builtin_popcountll" in out.read_text()) is there
