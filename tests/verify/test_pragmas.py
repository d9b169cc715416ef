"""Pragmas of emitted C++: all of them are legal, and every way to get one wrong is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.verify.cpp import Source, source_of
from hwgen.verify.pragmas import check, check_bambu

SOURCE = Path("/project/src")
GOOD = """# 1 "/project/src/net.cpp"
static const int WEIGHTS[8][2][3] = {};
void unit(hls::stream<ap_uint<4>>& in, hls::stream<ap_uint<4>>& out) {
#pragma HLS inline
  ap_uint<4> lines[8];
#pragma HLS array_partition variable=WEIGHTS type=complete dim=2
#pragma HLS bind_storage variable=WEIGHTS type=rom_1p impl=bram
#pragma HLS bind_storage variable=lines type=ram_s2p impl=lutram
slots:
  for (unsigned i = 0; i < 8; ++i) {
#pragma HLS pipeline II=1 style=flp
#pragma HLS dependence variable=lines type=inter direction=RAW distance=2 true
  lanes:
    for (unsigned j = 0; j < 2; ++j) {
#pragma HLS unroll
      lines[i] = in.read();
    }
  }
}
void net(hls::stream<ap_uint<4>>& s_axis, hls::stream<ap_uint<4>>& m_axis) {
#pragma HLS interface mode=axis port=s_axis
#pragma HLS interface mode=axis port=m_axis
#pragma HLS interface mode=ap_ctrl_none port=return
#pragma HLS dataflow
  static hls::stream<ap_uint<4>> between;
#pragma HLS stream variable=between depth=2
  unit(s_axis, between);
  unit(between, m_axis);
}
"""
BAD = {
    "unknown": ("HLS inline", "HLS inlined", "must be one of pipeline, unroll, inline, "),
    "option": ("pipeline II=1", "pipeline III=1", "has no option III"),
    "word": ("II=1 style=flp", "II=1 rewound", "must not say rewound"),
    "rewind": ("II=1 style=flp", "II=1 style=flp rewind", "must not say rewind"),
    "zero": ("II=1", "II=0", "II must not be 0"),
    "value": ("type=complete", "type=full", "type must not be full"),
    "missing": (" type=rom_1p", "", "must say type"),
    "dimension": ("dim=2", "dim=4", "dim must be at most 3"),
    "no_number": ("dim=2", "dim=two", "dim must not be two"),
    "no_hls": ("#pragma HLS dataflow", "#pragma HSL dataflow", "must be one of pipeline, unroll, inline, "),
    "empty": ("#pragma HLS dataflow", "#pragma HLS", "must be one of pipeline, unroll, inline, "),
    "factor": ("type=complete", "type=cyclic", "factor is for cyclic and block, which need one"),
    "no_such_array": ("array_partition variable=WEIGHTS", "array_partition variable=WEIGHT", "WEIGHT must be declared"),
    "later": ("  ap_uint<4> lines[8];\n", "", "lines must be declared before"),
    "uram": ("rom_1p impl=bram", "rom_1p impl=uram", "a rom_1p must live in bram or lutram"),
    "two_writers": ("ram_s2p impl=lutram", "ram_t2p impl=lutram", "LUT RAM has no two ports that write"),
    "style": ("rom_1p impl=bram", "rom_1p impl=distributed", "impl must not be distributed"),
    "no_array": ("dependence variable=lines", "dependence class=array", "must say variable"),
    "late": (
        "#pragma HLS unroll\n      lines[i] = in.read();",
        "f();\n#pragma HLS unroll",
        "must come first in its loop",
    ),
    "place": ("#pragma HLS dataflow\n", "#pragma HLS unroll\n", "must stand in a loop, not in a function"),
    "distance": ("distance=2 true", "distance=2 false", "distance is for a true dependence"),
    "direction": ("direction=RAW", "direction=RWA", "direction must not be RWA"),
    "no_stream": ("stream variable=between depth", "stream variable=unit depth", "unit must be declared before"),
    "array_stream": ("static hls::stream<ap_uint<4>> between", "static int between", "between must be an hls::stream"),
    "depth": ("depth=2", "depth=0", "depth must not be 0"),
    "port": ("port=s_axis", "port=s_axi", "s_axi must be a parameter of net"),
    "control": ("mode=ap_ctrl_none port=return", "mode=axis port=return", "axis is not for the port return"),
    "axilite": ("mode=axis port=s_axis", "mode=s_axilite port=s_axis", "s_axilite is not for the port s_axis"),
    "top": ("void net(", "void other(", "must stand in the top function net"),
    "dataflow": ("#pragma HLS dataflow\n", "#pragma HLS dataflow register\n", "must not say register"),
}


def parsed(text: str) -> Source:
    return source_of(text, SOURCE)


def test_legal_pragmas_pass() -> None:
    assert check(parsed(GOOD), "net") == []


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_pragma_is_caught(name: str) -> None:
    right, wrong, message = BAD[name]
    assert GOOD.count(right) >= 1
    found = check(parsed(GOOD.replace(right, wrong, 1)), "net")
    assert any(message in finding.text for finding in found), found


def test_a_finding_says_where() -> None:
    assert list(map(str, check(parsed(GOOD.replace("II=1", "II=x")), "net"))) == [
        "net.cpp:10: #pragma HLS pipeline II=x style=flp: II must not be x"
    ]


def test_bambu_wants_unroll_before_the_loop_and_no_pipeline() -> None:
    before = '# 1 "/project/src/net.cpp"\nvoid f() {\nlanes:\n#pragma HLS unroll\n  for (;;) {\n  }\n}\n'
    assert check_bambu(parsed(before)) == []
    assert check_bambu(parsed(before.replace("HLS unroll", "unroll"))) == []
    assert len(check_bambu(parsed(before.replace("#pragma HLS unroll", "f();\n#pragma unroll\ng();")))) == 1
    assert len(check(parsed(before.replace("HLS unroll", "unroll")), "f")) == 1
    assert [finding.text for finding in check_bambu(parsed(GOOD))] == [
        "#pragma HLS array_partition variable=WEIGHTS type=complete dim=2: must be one of unroll, inline, dataflow, "
        "stream, interface for Bambu",
        *(
            f"#pragma HLS {text}: must be one of unroll, inline, dataflow, stream, interface for Bambu"
            for text in (
                "bind_storage variable=WEIGHTS type=rom_1p impl=bram",
                "bind_storage variable=lines type=ram_s2p impl=lutram",
                "pipeline II=1 style=flp",
                "dependence variable=lines type=inter direction=RAW distance=2 true",
            )
        ),
        "#pragma HLS unroll: must stand right before its loop for Bambu",
    ]
