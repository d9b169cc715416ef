"""Constants and types of C++, folded: what a compiler says of the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.verify.constants import Names, Scope, Type, bits
from hwgen.verify.cpp import field, source_of, walk

LIBRARY = """# 1 "/project/src/lib/types.hpp"
namespace hwgen {
constexpr unsigned ceil_div(unsigned n, unsigned d) { return (n + d - 1) / d; }
constexpr unsigned bits_for(unsigned n) { return n < 2 ? 1 : 1 + bits_for(n / 2); }
template <unsigned BITS> using Plain = typename std::conditional<(BITS < 32), std::int32_t, std::int64_t>::type;
struct Bipolar { static constexpr unsigned BITS = 1; };
template <unsigned WIDTH> struct Int { static constexpr unsigned BITS = WIDTH; using Raw = Plain<WIDTH>; };
template <class Code, unsigned COUNT> struct Lanes {
  static constexpr unsigned WIDTH = COUNT * Code::BITS;
  using Word = ap_uint<WIDTH>;
};
template <class Code> struct Lanes<Code, 1> { using Word = ap_uint<999>; };
template <bool FOLDED, unsigned... BETAS> struct Planes { static constexpr unsigned COUNT = sizeof...(BETAS); };
template <class Kind> struct Folds { static constexpr unsigned COUNT = 1; };
template <unsigned... BETAS> struct Folds<Planes<true, BETAS...>> {
  static constexpr unsigned COUNT = sizeof...(BETAS); };
}
namespace unit {
constexpr unsigned PE = 6;
using Code = hwgen::Int<3>;
}
"""
VALUES = {
    "2 + 3 * 4 - 20 / 3 % 4": 12,
    "(1u << 5) - 1 > 30 && !false ? 0x10 : 7": 16,
    "hwgen::ceil_div(13, 4)": 4,
    "hwgen::bits_for(1000)": 10,
    "hwgen::Lanes<unit::Code, unit::PE>::WIDTH": 18,
    "unit::PE * unit::Code::BITS": 18,
    "hwgen::Planes<true, 4, 2, 1>::COUNT": 3,
    "hwgen::Folds<hwgen::Planes<true, 4, 2>>::COUNT": 2,
    "hwgen::Folds<hwgen::Planes<false, 4, 2>>::COUNT": 1,
    "sizeof(std::int32_t)": 4,
    "false && unknown": 0,
    "true || unknown": 1,
    "static_cast<unsigned>(-3 + 5)": 2,
    "unknown + 1": None,
    "1 / 0": None,
    "1 << -1": None,
}
TYPES = {
    "hwgen::Lanes<hwgen::Bipolar, 12>::Word": Type("ap_uint", (12,)),
    "hwgen::Lanes<hwgen::Bipolar, 1>::Word": Type("ap_uint", (999,)),
    "hwgen::Plain<31>": Type("int32_t"),
    "hwgen::Plain<32>": Type("int64_t"),
    "hwgen::Int<40>::Raw": Type("int64_t"),
    "std::make_unsigned<hwgen::Plain<8>>::type": Type("int32_t"),
    "ap_uint<hwgen::bits_for(9)>": Type("ap_uint", (4,)),
    "unsigned": Type("unsigned"),
}


def evaluated(text: str, declared: str) -> object:
    source = source_of(f"{LIBRARY}{declared.format(text)}\n", Path("/project/src"))
    *_, node = walk(source.root, "declaration" if declared.startswith("int") else "alias_declaration")
    value = field(field(node, "declarator"), "value") if declared.startswith("int") else field(node, "type")
    return Names(source).evaluate(value, Scope())


@pytest.mark.parametrize("text", VALUES)
def test_values(text: str) -> None:
    assert evaluated(text, "int value = {};") == VALUES[text]


@pytest.mark.parametrize("text", TYPES)
def test_types(text: str) -> None:
    assert evaluated(text, "using Alias = {};") == TYPES[text]


def test_bits() -> None:
    kinds = {"bool": 1, "unsigned": 32, "uint8_t": 8, "int64_t": 64, "Limb": 64, "other": None}
    assert {name: bits(Type(name)) for name in kinds} == kinds
    assert bits(Type("ap_uint", (17,))) == 17 and bits(Type("ap_int", (None,))) is None and bits(3) is None
