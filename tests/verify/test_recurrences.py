"""The estimate of loop-carried paths: small loops with the chain that a person would count."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.verify.carried import recurrences_of
from hwgen.verify.constants import Names
from hwgen.verify.cpp import source_of
from hwgen.verify.hlscheck import too_long
from hwgen.verify.recurrences import allowed_ns, longest

ADD, COMPARE, MUX = 2.55, 2.45, 0.69
KERNEL = """# 1 "/project/src/lib/kernel.hpp"
namespace hwgen {
constexpr unsigned twice(unsigned n) { return 2 * n; }
struct Larger {
  template <class Value> static Value of(Value held, Value code) { return code > held ? code : held; }
};
struct Wrapped {
  template <class Value> static Value of(Value held, Value code) { Value sum; put(sum, held + code); return sum; }
};
template <class Value> void put(Value& to, Value value) { to = value; }
struct Bipolar {
  static constexpr unsigned BITS = 1;
  static int decode(Limb bits) { return bits ? 1 : -1; }
  static Limb encode(std::int64_t code) { return code > 0 ? 1 : 0; }
};
template <unsigned WIDTH, unsigned BITS_ = WIDTH> struct Code {
  static constexpr unsigned BITS = BITS_;
  static std::int64_t decode(Limb bits) { return static_cast<std::int64_t>(bits << (64 - WIDTH)) >> (64 - WIDTH); }
  static Limb encode(std::int64_t code) { return static_cast<Limb>(code) & ((Limb(1) << WIDTH) - 1); }
};
template <unsigned N, class Kind, unsigned SIZE, unsigned WORDS, class... Nothing>
void kernel(hls::stream<ap_uint<8>>& in, hls::stream<ap_uint<8>>& out, ap_uint<12> (&words)[SIZE],
            const int (&table)[WORDS], const Nothing&... nothing) {
  BEFORE
slots:
  for (unsigned slot = 0; slot < 0; slot = 0) {
#pragma HLS pipeline II=1
    BODY
  }
}
}
# 1 "/project/src/net.cpp"
static const int TABLE[6] = {};
void net(hls::stream<ap_uint<8>>& in, hls::stream<ap_uint<8>>& out) {
  ap_uint<12> words[9];
  hwgen::kernel<4, hwgen::Larger>(in, out, words, TABLE);
}
"""
LOOPS = {
    "counter": ("unsigned i = 0;", "i = i == 6 ? 0 : i + 1;", ADD + MUX),
    "narrow": ("ap_uint<12> i = 0;", "i = i == 6 ? 0 : i + 1;", ADD - 20 * 0.03 + MUX),
    "narrow_by_a_parameter": ("ap_uint<N> i = 0;", "++i;", ADD - 28 * 0.03),
    "narrow_by_a_function": ("ap_uint<twice(N)> i = 0;", "++i;", ADD - 24 * 0.03),
    "narrow_by_an_array": ("ap_uint<WORDS> i = 0;", "++i;", ADD - 26 * 0.03),
    "alias": ("using Count = ap_uint<twice(N) + 1>; Count i = 0;", "i += 1;", ADD - 23 * 0.03),
    "reset": ("unsigned i = 0;", "if (++i == 6) i = 0;", ADD + COMPARE + MUX),
    "nested": ("unsigned i = 0, j = 0;", "if (++i == 6) { i = 0; if (++j == 3) j = 0; }", ADD + COMPARE + 2 * MUX),
    "flag": ("unsigned i = 0; bool last = false;", "i = last ? 0 : i + 1; last = i == 5;", ADD + MUX + COMPARE),
    "decided_before": (
        "unsigned i = 0; bool last = false;",
        "const bool next = i == 5; i = last ? 0 : i + 1; last = next;",
        ADD + MUX,
    ),
    "sum": ("int sum = 0; unsigned i = 0;", "sum = (i == 0 ? 0 : sum) + in.read(); i = 0;", MUX + ADD),
    "lanes": ("int sum = 0;", "for (unsigned p = 0; p < N; ++p) sum += in.read();", 4 * ADD),
    "many_lanes": ("int sum = 0;", "for (unsigned p = 0; p < 8 * N; ++p) sum += in.read();", 32 * ADD),
    "a_sum_a_lane": ("int sums[N];", "for (unsigned p = 0; p < N; ++p) sums[p] = sums[p] + in.read();", ADD),
    "summed_apart": (
        "int sum = 0;",
        "int part = 0; for (unsigned p = 0; p < N; ++p) part += in.read(); sum += part;",
        ADD,
    ),
    "shift": ("ap_uint<64> held = 0; unsigned n = 0;", "held = (held << 8 | in.read()) >> n; n = held;", 6 * MUX),
    "constant_shift": ("ap_uint<64> held = 0;", "held = held >> (2 * N);", 0.0),
    "shift_by_a_lane": (
        "ap_uint<64> held = 0;",
        "for (unsigned p = 0; p < N; ++p) held = held >> (p % N * 8);",
        0.0,
    ),
    "function": ("int best = 0;", "best = Kind::of(best, in.read());", COMPARE - 24 * 0.03 + MUX),
    "a_code": ("std::int64_t sum = 0;", "sum = Code<12>::decode(Code<12>::encode(sum + in.read()));", ADD - 20 * 0.03),
    "a_wide_sum": ("std::int64_t sum = 0;", "sum = sum + in.read();", ADD + 32 * 0.03),
    "a_sign": (
        "std::int64_t sum = 0;",
        "sum = Bipolar::encode(sum + in.read());",
        ADD - 24 * 0.03 + COMPARE - 23 * 0.03 + MUX,
    ),
    "a_bipolar": ("std::int64_t sum = 0;", "sum = Bipolar::decode(Bipolar::encode(Bipolar::decode(sum)));", 0.0),
    "a_pack": ("int sum = 0;", "sum = Kind::of(sum, in.read(), nothing...);", COMPARE - 24 * 0.03 + MUX),
    "a_memory": ("unsigned i = 0;", "words[i] = words[i] + in.read(); i = i == 6 ? 0 : i + 1;", ADD + MUX),
    "a_memory_alone": ("", "words[in.read()] = words[in.read()] - 2;", ADD - 20 * 0.03),
    "a_filled_memory": ("", "out.write(words[in.read()]); words[in.read()] = in.read();", 0.0),
    "reference": ("int sum = 0;", "sum = Wrapped::of(sum, in.read());", ADD),
    "popcount": ("unsigned long bits = 0;", "bits = __builtin_popcountll(bits);", 4.2),
    "folded": ("int sum = 0;", "if (N > 8) sum = sum * sum * sum; else sum = N == 4 ? sum + 1 : sum * sum;", ADD),
    "false_and": ("int sum = 0; bool never = false;", "sum = N == 5 && sum > 3 ? 0 : sum + 2; never = 1;", ADD),
    "forwards": ("int a = 0, b = 0, c = 0;", "c = b * b; b = a + 1; a = in.read();", 0.0),
    "two": ("int a = 0, b = 0;", "const int old = a; a = b + 1; b = old;", ADD),
    "parameter": ("unsigned i = 0;", "out.write(table[i]); i = i + 1;", ADD),
    "gated": ("ap_uint<64> word = 0; bool on = 0;", "for (unsigned p = 0; p < N; ++p) if (on) word |= in.read();", 0.0),
    "gate_before": ("bool on = 0; int i = 0;", "if (on && ++i == 3) i = 0; on = i == 2;", ADD + 2 * COMPARE + MUX),
}


def written(before: str, body: str) -> str:
    return KERNEL.replace("BEFORE", before).replace("BODY", body)


@pytest.mark.parametrize("name", LOOPS)
def test_the_longest_path(name: str) -> None:
    before, body, ns = LOOPS[name]
    source = source_of(written(before, body), Path("/project/src"))
    (found,) = recurrences_of(source, Names(source))
    assert found.ns == pytest.approx(ns, abs=0.006)
    assert (found.function, found.loop, found.file, found.line) == ("net", "slots", "lib/kernel.hpp", 25)
    assert bool(found.variable) == (ns > 0 or name == "gated")


def test_a_loop_with_a_condition() -> None:
    """Its next iteration waits for what decides that there is one."""
    text = written("unsigned pixel = 0;", "pixel = pixel + 1;")
    text = text.replace("for (unsigned slot = 0; slot < 0; slot = 0)", "while (pixel < 9)")
    source = source_of(text, Path("/project/src"))
    (found,) = recurrences_of(source, Names(source))
    assert found.ns == pytest.approx(ADD + COMPARE) and found.variable == "(pixel < 9)"


def test_only_what_feeds_back_counts() -> None:
    assert longest({}) == (0.0, "")


def test_the_clock_of_a_project(tmp_path: Path) -> None:
    """A loop of 5.69 ns is too long for 200 MHz, where 27 % of a period are a margin, not for 100 MHz."""
    assert allowed_ns("clock=5ns\n") == pytest.approx(3.65)
    assert allowed_ns("clock=8ns\nclock_uncertainty=12.5%\n") == pytest.approx(7.0)
    assert allowed_ns("clock=8ns\nclock_uncertainty=1.5ns\n") == pytest.approx(6.5)
    source = source_of(written("unsigned i = 0;", "if (++i == 6) i = 0;"), Path("/project/src"))
    recurrences = recurrences_of(source, Names(source))
    (tmp_path / "hls_config.cfg").write_text("[hls]\nclock=5ns\n")
    assert too_long(recurrences, tmp_path) == [
        "lib/kernel.hpp:25: net, loop slots: 5.69 ns to i, more than the 3.65 ns of the clock"
    ]
    (tmp_path / "hls_config.cfg").write_text("[hls]\nclock=10ns\n")
    assert too_long(recurrences, tmp_path) == []
