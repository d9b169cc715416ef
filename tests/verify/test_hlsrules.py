"""Rules of an HLS project as a whole: a project that keeps to them passes, one that breaks a rule does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.verify import hlscheck
from hwgen.verify.cpp import Source, source_of
from hwgen.verify.hlsrules import check_depths, check_inline, check_pipelines, check_top, check_widths
from tests.backends.test_hls import chain
from tests.hls_lib.cases import write_project

GOOD = """# 1 "/project/src/lib/unit.hpp"
namespace hwgen {
struct Code {
  static constexpr unsigned BITS = 4;
  inline __attribute__((always_inline)) static int decode(int code) { return code; }
};
inline __attribute__((always_inline)) constexpr int half(int n) { return n / 2; }
template <class T>
inline __attribute__((always_inline)) void unit(hls::stream<T>& in, hls::stream<T>& out) {
slots:
  for (int i = 0; i < 8; ++i) {
#pragma HLS pipeline II=1 style=flp
    out.write(in.read());
  }
}
}
# 1 "/project/src/net.cpp"
namespace first_unit {
constexpr unsigned LANES = 2;
using Word = ap_uint<LANES * hwgen::Code::BITS>;
}
void first(hls::stream<first_unit::Word>& in, hls::stream<first_unit::Word>& out) {
  using namespace first_unit;
  hwgen::unit(in, out);
}
void second(hls::stream<first_unit::Word>& in, hls::stream<first_unit::Word>& out) { hwgen::unit(in, out); }
void net(hls::stream<ap_uint<8>>& s_axis, hls::stream<ap_uint<8>>& m_axis) {
#pragma HLS dataflow
  static hls::stream<first_unit::Word> between;
#pragma HLS stream variable=between depth=2
  first(s_axis, between);
  second(between, m_axis);
}
"""
ALWAYS = "__attribute__((always_inline)) "
SETTINGS = {
    "run_hls.tcl": 'add_files [glob src/*.cpp] -cflags "-std=c++14 -DAP_INT_MAX_W=2048"\n'
    'add_files -tb [glob tb/*] -cflags "-std=c++14 -DAP_INT_MAX_W=2048"\n'
    "config_compile -pipeline_style flp\n",
    "hls_config.cfg": "syn.cflags=-DAP_INT_MAX_W=2048\ntb.cflags=-DAP_INT_MAX_W=2048\nsyn.compile.pipeline_style=flp\n",
    "Makefile": "CPPFLAGS := -Isrc -DAP_INT_MAX_W=2048\n",
}
TOPS = {
    "no_dataflow": ("#pragma HLS dataflow\n", "", "a project must have one dataflow pragma, not 0"),
    "two": ("  using namespace first_unit;\n", "#pragma HLS dataflow\n", "must stand in the top function net"),
    "a_variable": ("  first(s_axis", "  int i = 0;\n  first(s_axis", "the top must hold only streams and calls"),
    "a_loop": ("  first(s_axis", "  for (int i = 0; i < 2; ++i) first(s_axis", "the top must hold only streams"),
    "a_value": ("first(s_axis, between)", "first(s_axis, between, 3)", "the top must hold only streams and calls"),
    "a_read": ("first(s_axis, between)", "between.write(s_axis.read())", "the top must hold only streams and calls"),
    "called_twice": ("second(between", "first(between", "first must be called once"),
    "none": ("void net(", "void nets(", "must define the top function net"),
}
PIPELINES = {
    "style": ("src", " style=flp", "", "#pragma HLS pipeline II=1: must say style=flp"),
    "stalling": ("src", "style=flp", "style=stp", "must say style=flp"),
    "tcl": ("run_hls.tcl", "-pipeline_style flp", "-pipeline_style frp", "run_hls.tcl:1: must set the style of"),
    "tcl_off": ("run_hls.tcl", "config_compile -p", "# config_compile -p", "run_hls.tcl:1: must set the style of"),
    "cfg": ("hls_config.cfg", "pipeline_style=flp", "pipeline_style=stp", "hls_config.cfg:1: must set the style of"),
}
WIDE = {
    "tcl": ("run_hls.tcl", 'c++14 -DAP_INT_MAX_W=2048"\nadd', 'c++14"\nadd', "run_hls.tcl:1: must define AP_INT_MAX_W"),
    "tcl_bench": (
        "run_hls.tcl",
        '-DAP_INT_MAX_W=2048"\nconfig',
        '"\nconfig',
        "run_hls.tcl:2: must define AP_INT_MAX_W",
    ),
    "cfg": ("hls_config.cfg", "syn.cflags=-DAP_INT_MAX_W=2048", "syn.cflags=", "hls_config.cfg:1: must define AP_INT"),
    "cfg_bench": ("hls_config.cfg", "tb.cflags=-DAP_INT_MAX_W=2048", "tb.cflags=", "hls_config.cfg:2: must define AP_"),
    "makefile": ("Makefile", "-DAP_INT_MAX_W=2048", "", "Makefile:1: must define AP_INT_MAX_W as 1200 or more"),
    "too_small": ("Makefile", "=2048", "=1024", "Makefile:1: must define AP_INT_MAX_W as 1200 or more"),
}


def source(text: str) -> Source:
    return source_of(text, Path("/project/src"))


def settings(folder: Path, name: str = "", right: str = "", wrong: str = "") -> Path:
    """A project's settings, one of them changed."""
    assert not name or right in SETTINGS[name]
    return write_project(
        {each: text.replace(right, wrong) if each == name else text for each, text in SETTINGS.items()}, folder
    )


def wide(lanes: int) -> Source:
    return source(GOOD.replace("LANES = 2", f"LANES = {lanes}"))


def test_a_project_that_keeps_to_the_rules(tmp_path: Path) -> None:
    good, project = source(GOOD), settings(tmp_path)
    assert (
        check_top(good, "net")
        == check_inline(good)
        == check_depths(good, "net", {"between": 2})
        == check_pipelines(good, project)
        == []
    )
    assert check_widths(good, tmp_path / "none") == ([], [])
    assert check_widths(wide(300), project) == ([], [])


@pytest.mark.parametrize("name", TOPS)
def test_a_top_that_does_more(name: str) -> None:
    right, wrong, message = TOPS[name]
    assert right in GOOD
    found = check_top(source(GOOD.replace(right, wrong, 1)), "net")
    assert any(message in finding.text for finding in found), found


@pytest.mark.parametrize("name", ["decode", "half", "unit"])
@pytest.mark.parametrize("right", [f"inline {ALWAYS}", "inline ", ALWAYS])
def test_a_function_that_is_not_inlined(name: str, right: str) -> None:
    start = GOOD.rindex("inline __attribute__", 0, GOOD.index(f" {name}("))
    broken = GOOD[:start] + GOOD[start:].replace(right, "", 1)
    assert [finding.text for finding in check_inline(source(broken))] == [
        f"{name} must be declared with HWGEN_INLINE in front"
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "stated", "message"),
    [
        ("depth=2", "depth=1", {}, "depth must be at least 2"),
        ("depth=2", "depth=2", {"between": 3}, "depth must be at least 3, as the model of the pipelines says"),
        ("depth=2", "depth=4", {"between": 5}, "depth must be at least 5, as the model of the pipelines says"),
        (" depth=2", "", {}, "must say depth"),
        ("#pragma HLS stream variable=between depth=2\n", "", {}, "the stream between must have a stream pragma"),
    ],
)
def test_a_stream_that_is_too_shallow(right: str, wrong: str, stated: dict[str, int], message: str) -> None:
    (found,) = check_depths(source(GOOD.replace(right, wrong, 1)), "net", stated)
    assert message in found.text
    assert check_depths(source(GOOD.replace("depth=2", "depth=9")), "net", stated) == []


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_that_does_not_flush(name: str, tmp_path: Path) -> None:
    where, right, wrong, message = PIPELINES[name]
    text = GOOD.replace(right, wrong, 1) if where == "src" else GOOD
    project = settings(tmp_path) if where == "src" else settings(tmp_path, where, right, wrong)
    (found,) = map(str, check_pipelines(source(text), project))
    assert message in found


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_word_without_its_define(name: str, tmp_path: Path) -> None:
    where, right, wrong, message = WIDE[name]
    found, warned = check_widths(wide(300), settings(tmp_path, where, right, wrong))
    assert [str(each)[: len(message)] for each in found] == [message] and warned == []


def test_flags_in_variables(tmp_path: Path) -> None:
    files = {name: text.replace("-DAP_INT_MAX_W=2048", "$flags") for name, text in SETTINGS.items()}
    files["run_hls.tcl"] = 'set flags "-DAP_INT_MAX_W=2048"\n' + files["run_hls.tcl"]
    files["Makefile"] = "WIDTH = -DAP_INT_MAX_W=2048\n" + files["Makefile"].replace("$flags", "$(WIDTH)")
    files["hls_config.cfg"] = SETTINGS["hls_config.cfg"]
    assert check_widths(wide(300), write_project(files, tmp_path)) == ([], [])
    files["run_hls.tcl"] = files["run_hls.tcl"].replace("2048", "1024")
    assert len(check_widths(wide(300), write_project(files, tmp_path))[0]) == 2


def test_words_beyond_the_documented_limits(tmp_path: Path) -> None:
    """1,024 bits need nothing; above 4,096 is warned of, above 8,191 is refused."""
    project = write_project({name: text.replace("2048", "9000") for name, text in SETTINGS.items()}, tmp_path)
    assert check_widths(wide(256), tmp_path / "none") == ([], [])
    assert len(check_widths(wide(257), tmp_path / "none")[0]) == 3  # a project without a file lacks it once
    assert check_widths(wide(1024), project) == ([], [])
    found, warned = check_widths(wide(1025), project)
    assert found == [] and warned[0].text == "a word of 4100 bits is wider than the documented 4096"
    found, warned = check_widths(wide(2048), project)
    assert found[0].text == "a word of 8192 bits must not be wider than 8191" and warned == []
    port = source(GOOD.replace("ap_uint<8>>& m_axis", "ap_uint<8192>>& m_axis"))
    assert str(check_widths(port, project)[0][0]).startswith("net.cpp:10: a word of 8192 bits")


@pytest.mark.parametrize(
    ("name", "right", "wrong", "message"),
    [
        ("src/net.cpp", "#pragma HLS dataflow\n", "", "a project must have one dataflow pragma, not 0"),
        ("src/net.cpp", "depth=6", "depth=0", "depth must not be 0"),
        ("src/net.cpp", "depth=6", "depth=1", "depth=1: depth must be at least 2"),
        (
            "src/net_fc0.hpp",
            "unsigned PE = 4;",
            "unsigned PE = 8192;",
            "a word of 8192 bits must not be wider",
        ),
        ("src/net_fc0.hpp", "unsigned PE = 4;", "unsigned PE = 2000;", "must define AP_INT_MAX_W as 2000"),
        (
            "src/lib/width.hpp",
            "for (unsigned slot = 0; slot < VECTORS * SLOTS; ++slot)",
            "while (true)",
            "an endless loop must",
        ),
    ],
)
def test_an_emitted_project_that_is_broken(
    name: str, right: str, wrong: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    files = emit(chain())
    assert right in files[name]
    files |= {name: files[name].replace(right, wrong)}
    found = hlscheck.check(write_project(files, tmp_path / "project"), "net", tmp_path / "work")
    assert any(message in text for text in found.findings), found.findings


def test_the_paths_of_an_emitted_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    found = hlscheck.check(write_project(emit(chain()), tmp_path / "project"), "net", tmp_path / "work")
    assert found.passed and not found.warnings
    processes = ["net_fc0", "net_fc1", "net_w1_xfa8a322a"]
    assert [each.function for each in found.recurrences] == processes
    assert found.to_json()["recurrences"][2] | {"line": 0, "ns": 0.0} == {
        "file": "lib/width.hpp",
        "line": 0,
        "function": "net_w1_xfa8a322a",
        "loop": "slots",
        "ns": 0.0,
        "variable": "place",
    }


def test_the_strict_rules_on_an_emitted_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every function of the library and every pipelined loop is seen; flushing pipelines and their settings pass."""
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    files = emit(chain())
    for name in [name for name in files if name.startswith("src/lib/")]:
        files[name] += f"\nint forgotten() {{ return 1; }}\ninline {ALWAYS}int inlined() {{ return 1; }}\n"
    found = hlscheck.check(write_project(files, tmp_path / "project"), "net", tmp_path / "work")
    names = [text.split()[1] for text in found.findings if text.endswith("declared with HWGEN_INLINE in front")]
    assert names.count("forgotten") == len([name for name in files if name.startswith("src/lib/")])
    assert set(names) == {"forgotten"}
    assert not [text for text in found.findings if "flp" in text or "rewind" in text]
    files["src/lib/pragmas.hpp"] = files["src/lib/pragmas.hpp"].replace(" style=flp", " rewind")
    found = hlscheck.check(write_project(files, tmp_path / "stalling"), "net", tmp_path / "work")
    assert len([text for text in found.findings if text.endswith("must say style=flp")]) == 2
    assert len([text for text in found.findings if text.endswith("must not say rewind")]) == 2
    assert not [text for text in found.findings if "ns of the clock" in text]
