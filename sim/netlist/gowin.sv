// SPDX-License-Identifier: Apache-2.0
//
// Cells of a Gowin netlist: Yosys's own models.

`include "cells_sim.v"
