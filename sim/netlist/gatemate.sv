// SPDX-License-Identifier: Apache-2.0
//
// Cells of a GateMate netlist: Yosys's own models, of block RAM and multipliers among them.

`include "cells_sim.v"
