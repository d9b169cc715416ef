"""axis.hpp: ports of AMD's stream types, whose TLAST comes with the last beat of each frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.errors import ToolError
from hwgen.hw.design import Design
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import process
from hwgen.verify.headers import QUICK, include_flags, precompiled
from tests.hls_lib.cases import Case, fifo_case, mvtu_case, run_cases, width_case, with_tlast, write_project
from tests.tiers import tiered

B = Bipolar()
FRAMES, BEATS, WIDTH = 3, 4, 3


def cases() -> list[Case]:
    """One beat and many, words of whole bytes and not, of several limbs, a FIFO that is the streams' own depth."""
    return [
        fifo_case("single", 1, 1),
        fifo_case("odd", 9, 3),
        fifo_case("bytes", 16, 8),
        width_case("wide", 90, (45, 30), IntType(3, signed=True), vectors=2),
        mvtu_case("matrix", (12, 7), (3, 5), (B, B, B), vectors=2),
    ]


def test_frames_pass_with_their_last_beats_marked(tmp_path: Path) -> None:
    """The bench wants TLAST at the last beat of each frame alone, all bytes kept, and zeros above the word."""
    assert run_cases(list(map(with_tlast, cases())), tmp_path) == []


MUTATIONS = {
    "first": ("beat == BEATS - 1 ? 1 : 0", "beat == 0 ? 1 : 0"),
    "never": ("beat == BEATS - 1 ? 1 : 0", "0"),
    "always": ("beat == BEATS - 1 ? 1 : 0", "1"),
    "keep": ("given.keep = -1", "given.keep = 0"),
    "strobe": ("given.strb = -1", "given.strb = 0"),
}


@pytest.mark.parametrize("name", tiered(MUTATIONS, "always", "strobe"))
def test_a_wrong_beat_is_seen(name: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        run_cases([with_tlast(fifo_case("odd", 9, 3))], tmp_path, {"axis": MUTATIONS[name]})
    told = (tmp_path / "run.log").read_text().splitlines()
    frame, beat, last = (0, 2, 1) if name == "never" else (0, 0, 0)
    assert told[0] == f"frame {frame}, beat {beat}: must have TLAST {last}, TKEEP and TSTRB all ones"


def test_padding_is_zero(tmp_path: Path) -> None:
    wrong = ("given.data = ap_uint<PORT>(in.read());", "given.data = ap_uint<PORT>(~in.read());")
    assert run_cases([with_tlast(fifo_case("odd", 10, 2))], tmp_path, {"axis": wrong}) == ["odd"]


def port_beats(design: Design, folder: Path, last: str) -> list[tuple[int, int, int, int]]:
    """Data, TLAST, TKEEP and TSTRB of the beats that leave where those that enter have TLAST `last`; no bench of ours.

    The beats that enter are numbered from 0, with ones above the word.
    """
    files = emit(design)
    sources = [name for name in files if name.startswith("src/") and name.endswith(".cpp")]
    main = f"""#include <cstdio>
{"".join(f'#include "{name}"' + chr(10) for name in sources)}
int main() {{
  hls::stream<ap_axiu<8, 0, 0, 0>> in, out;
  for (unsigned beat = 0; beat < {FRAMES * BEATS}; ++beat) {{
    ap_axiu<8, 0, 0, 0> given;
    given.data = beat % {1 << WIDTH} + {256 - (1 << WIDTH)};
    given.keep = given.strb = 0;
    given.last = {last};
    in.write(given);
  }}
  for (unsigned frame = 0; frame < {FRAMES}; ++frame) {design.name}(in, out);
  while (!out.empty()) {{
    const ap_axiu<8, 0, 0, 0> found = out.read();
    const unsigned beside[] = {{found.last.to_uint(), found.keep.to_uint(), found.strb.to_uint()}};
    std::printf("%u %u %u %u\\n", found.data.to_uint(), beside[0], beside[1], beside[2]);
  }}
}}
"""
    write_project(files | {"main.cpp": main}, folder)
    command: list[str | Path] = ["g++", "-std=c++14", *QUICK, "-Isrc", *include_flags(), "main.cpp", "-o", "main"]
    command += ["-include", header] if (header := precompiled()) else []
    process.run(command, cwd=folder, log=folder / "build.log", timeout_s=300)
    process.run([folder / "main"], cwd=folder, log=folder / "run.log", timeout_s=60)
    lines = (folder / "run.log").read_text().splitlines()
    return [tuple(map(int, line.split())) for line in lines]  # type: ignore[misc]  # four of each


@pytest.mark.parametrize("last", ["0", "1", "beat % 3 == 0 ? 1 : 0"])
def test_tlast_of_the_input_says_nothing(last: str, tmp_path: Path) -> None:
    design = replace(fifo_case("odd", BEATS, 1).design, tlast=True)
    wanted = [(beat % (1 << WIDTH), int(beat % BEATS == BEATS - 1), 1, 1) for beat in range(FRAMES * BEATS)]
    assert port_beats(design, tmp_path, last) == wanted


def test_without_tlast_ports_are_plain_words() -> None:
    design = fifo_case("odd", 9, 3).design
    plain, marked = emit(design), emit(replace(design, tlast=True))
    assert "void odd(hls::stream<ap_uint<9>>& s_axis, hls::stream<ap_uint<9>>& m_axis);" in plain["src/odd.hpp"]
    types = "hls::stream<ap_axiu<16, 0, 0, 0>>"
    assert f"void odd({types}& s_axis, {types}& m_axis);" in marked["src/odd.hpp"]
    assert not any("ap_axi" in text or "axis_in" in text for text in plain.values())
    inner = {name for name in marked if "ap_axiu" in marked[name] and name.startswith("src/")}
    assert inner == {
        *("src/odd.hpp", "src/odd.cpp", "src/lib/axis.hpp", "src/odd_axis_in.hpp", "src/odd_axis_out.hpp"),
    }
