"""Names from a network made legal as C++ and SystemVerilog identifiers, by one function."""

from __future__ import annotations

import re

_RESERVED = frozenset(
    "and assign auto begin bit bool break buffer byte case cell char class config const continue default design disable"
    " do double edge else end endmodule enum event extern float for force fork function generate if import initial"
    " inline inout input instance int integer join library local logic long macromodule module nand negedge new nor not"
    " or output packed parameter posedge private program property pure rand real reg register release repeat return"
    " scalared sequence short signal signed sizeof small static string struct super switch table task template this"
    " time top tri type typedef union unsigned use using var vectored virtual void volatile wait wire with xnor xor"
    .split()
)


def legal_name(text: str) -> str:
    """`text` as an identifier: other characters become `_`; a leading digit or a keyword gets a prefix."""
    name = re.sub(r"_+", "_", re.sub(r"[^0-9A-Za-z_]", "_", text)).strip("_").lower()
    if not name:
        return "net"
    return f"n_{name}" if name[0].isdigit() or name in _RESERVED else name
