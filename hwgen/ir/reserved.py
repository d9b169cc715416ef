"""Identifiers that no design may have: those of languages, standard headers, test benches and tools.

The lists are part of the source, so that a network has the same name on every machine; tests compare them with the
libraries of this repository and the installed headers.
"""

from __future__ import annotations

import re

SYSTEMVERILOG = """
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

CPP = """
    alignas alignof and_eq asm auto bitand bitor bool catch char char16_t char32_t compl const_cast constexpr decltype
    delete double dynamic_cast explicit export false float friend goto hls inline long main mutable namespace noexcept
    not_eq nullptr operator or_eq private public register reinterpret_cast short sizeof static_assert static_cast std
    switch template thread_local throw true try typeid typename using volatile wchar_t xor_eq
"""
"""ISO C++14, [lex.key], without those of SystemVerilog above, and `hls`, `main` and `std`, which every program has."""

VHDL = """
    abs access after all architecture array assert assume_guarantee attribute block body buffer bus component
    configuration disconnect downto elsif entity exit fairness file generic group guarded impure in inertial is label
    library linkage literal loop map mod next nor of on open others out port postponed procedure process pure range
    record register reject rem report restrict_guarantee rol ror select severity shared signal sla sll sra srl subtype
    then to transport unaffected units until use variable view vmode vprop vunit when
"""
"""IEEE 1076, 15.10, without those of the languages above: Vivado mixes VHDL and SystemVerilog."""

HEADERS = """
    abi alloca assert assert_perror be16toh be32toh be64toh daylight environ errno fd_mask fd_set getdate_err
    htobe16 htobe32 htobe64 htole16 htole32 htole64 issubnormal jmp_buf le16toh le32toh le64toh linux
    math_errhandling offsetof optarg opterr optind optopt p_vpi_time p_vpi_vecval program_invocation_name
    program_invocation_short_name pthread_cleanup_pop pthread_cleanup_pop_restore_np pthread_cleanup_push
    pthread_cleanup_push_defer_np retval s_vpi_time s_vpi_vecval sa_handler sa_sigaction sched_priority
    setjmp si_addr si_addr_lsb si_arch si_band si_call_addr si_fd si_int si_lower si_overrun si_pid si_pkey si_ptr
    si_status si_stime si_syscall si_timerid si_uid si_upper si_utime si_value sigev_notify_attributes
    sigev_notify_function sigjmp_buf sigmask signgam sigsetjmp ssdm_int_sim st_atime st_ctime st_mtime stderr stdin
    stdout strdupa strndupa sv_0 sv_1 sv_scaled_real_time sv_sim_time sv_x sv_z timezone tzname u_char u_int u_long
    u_short uint ulong unix ushort va_arg va_copy va_end va_list va_start valtype
"""
"""Macros and objects of the standard headers of C and C++, of ap_int.h, hls_stream.h and svdpi.h; types are below."""

FILES = """
    axis_port complex ctype cxxabi dpi_glue endian features fenv float hls_math hls_stream inttypes iso646 libintl
    limits locale math pthread qdma_axis sched setjmp stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib
    stdnoreturn string strings svdpi syslimits testbench tgmath threads time uchar unistd wchar wctype
    aux con nul prn com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9
"""
"""Headers in the folder of `<design>.h` and `<design>.hpp`, a type of AMD's; names of devices on Windows."""

MODULES = "axi_memory bench randomize stream_monitor stream_sink stream_source stream_stall uart_host"
"""Modules of the test benches in `sim/`; `randomize` is SystemVerilog's."""

TOOLS = "axi_dma n no null off on system system_wrapper y yes"
"""Parts of the system that Vivado builds around a design, words of YAML."""

_WORDS = frozenset(f"{SYSTEMVERILOG} {CPP} {VHDL} {HEADERS} {FILES} {MODULES} {TOOLS}".split())

_PATTERN = re.compile(r"(hwgen|formal_|ap_|af_).*|(?!n_).*_t")
"""Names of the library, of the references of proofs in `sim/formal/`, of ap_int.h, and of types, as POSIX has them."""


def is_reserved(name: str) -> bool:
    """Whether the name of a design is taken."""
    return name in _WORDS or _PATTERN.fullmatch(name) is not None
