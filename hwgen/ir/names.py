"""Names from a network made legal as C++ and SystemVerilog identifiers, by one function."""

from __future__ import annotations

import re

_SYSTEMVERILOG = """
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
    binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const
    constraint context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge
    else end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule
    endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually expect
    export extends extern final first_match for force foreach forever fork forkjoin function generate genvar global
    highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include initial inout input
    inside instance int integer interconnect interface intersect join join_any join_none large let liblist library local
    localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
    noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program
    property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
    randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
    rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
    signed small soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1
    sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri
    tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var
    vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""
"""IEEE 1800-2017, table B.1."""

_CPP = """
    alignas alignof and_eq asm auto bitand bitor bool catch char char16_t char32_t compl const_cast constexpr decltype
    delete double dynamic_cast explicit export false float friend goto hls inline long main mutable namespace noexcept
    not_eq nullptr operator or_eq private public register reinterpret_cast short sizeof static_assert static_cast std
    switch template thread_local throw true try typeid typename using volatile wchar_t xor_eq
"""
"""ISO C++14, [lex.key], less those of SystemVerilog above, and names that a program cannot take."""

_RESERVED = frozenset(f"{_SYSTEMVERILOG} {_CPP} buffer".split())


def legal_name(text: str) -> str:
    """`text` as an identifier: other characters become `_`; a leading digit or a keyword gets a prefix."""
    name = re.sub(r"_+", "_", re.sub(r"[^0-9A-Za-z_]", "_", text)).strip("_").lower()
    if not name:
        return "net"
    return f"n_{name}" if name[0].isdigit() or name in _RESERVED else name
