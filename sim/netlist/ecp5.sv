// SPDX-License-Identifier: Apache-2.0
//
// Cells of an ECP5 netlist: Yosys's own models, without those of its cells that are ports alone.

`include "common_sim.vh"
`include "ccu2c_sim.vh"
