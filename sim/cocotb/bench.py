"""The cocotb test: clock, reset, and a long sleep while SystemVerilog plays and logs the frames.

A wake-up of Python costs more than a whole cycle of simulation, so there are three: start, the reset in the middle of
a frame where one is asked for, and the end. Registers are written by cocotbext-axi between two frames, where the
source waits for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

RESET_CYCLES = 4


async def reset(dut: Any) -> None:
    """Hold reset for a few cycles; it is released just after a falling edge."""
    dut.rst_n.value = 0
    await ClockCycles(dut.clk, RESET_CYCLES)
    await FallingEdge(dut.clk)
    dut.rst_n.value = 1


async def rewrite(dut: Any) -> None:
    """Once the frames before are answered, write `words.txt`: lines of address and data, hexadecimal."""
    from cocotbext.axi import AxiLiteBus, AxiLiteMaster

    await RisingEdge(dut.paused)
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_control"), dut.clk, dut.rst_n, reset_active_level=False)
    Path("identity.txt").write_text(f"{await master.read_dword(0):08x}\n", encoding="utf-8", newline="\n")
    for line in Path("words.txt").read_text(encoding="utf-8").splitlines():
        address, data = (int(number, 16) for number in line.split())
        await master.write_dword(address, data)
    await FallingEdge(dut.clk)
    dut.resumed.value = 1


@cocotb.test()
async def stream_frames(dut: Any) -> None:
    """Run until every expected beat came, or nothing moves any more; say which in `outcome.txt`."""
    Clock(dut.clk, 2, "step", impl="gpi").start(start_high=False)
    await reset(dut)
    if os.environ["HWGEN_RESET_MID_FRAME"] == "1":
        await RisingEdge(dut.halted)
        if not dut.stuck.value:
            await reset(dut)
    if os.environ["HWGEN_REWRITE"] == "1":
        await rewrite(dut)
    if not dut.stuck.value:
        await RisingEdge(dut.halted)
    Path("outcome.txt").write_text("stuck\n" if dut.stuck.value else "done\n", encoding="utf-8", newline="\n")
