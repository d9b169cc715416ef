"""A cocotb test of the AXI4-Lite port: illegal writes, and pauses on every channel of the bus model."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

PAUSES = [(0, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1, 1)]
"""Cycles, one after another, in which a channel pauses."""
BEYOND = 0xFFC
"""An address that no memory of the design has."""


@cocotb.test()
async def illegal_writes_and_pauses(dut: Any) -> None:
    """Whatever the pauses: SLVERR for half a word, OKAY for a whole one, and the identity at any address."""
    Clock(dut.clk, 2, "step", impl="gpi").start(start_high=False)
    dut.rst_n.value = 0
    await ClockCycles(dut.clk, 4)
    await FallingEdge(dut.clk)
    dut.rst_n.value = 1
    await RisingEdge(dut.paused)
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_control"), dut.clk, dut.rst_n, reset_active_level=False)
    write, read = master.write_if, master.read_if
    channels = (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel)
    identity = int(os.environ["HWGEN_IDENTITY"])
    for shift, pauses in itertools.product(range(3), PAUSES):
        for index, channel in enumerate(channels):
            channel.set_pause_generator(itertools.cycle(pauses[(index * shift) % 3 :] + pauses[: (index * shift) % 3]))
        half = await master.write(0, b"\xff\xff")
        assert half.resp == AxiResp.SLVERR, half
        whole = await master.write(BEYOND, b"\xff\xff\xff\xff")
        assert whole.resp == AxiResp.OKAY, whole
        for address in (0, 4, BEYOND):
            assert await master.read_dword(address) == identity
    for channel in channels:
        channel.clear_pause_generator()
    dut.resumed.value = 1
    await RisingEdge(dut.halted)
    Path("outcome.txt").write_text("all as it should be\n" if not dut.stuck.value else "stuck\n")
