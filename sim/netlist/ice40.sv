// SPDX-License-Identifier: Apache-2.0
//
// Cells of an iCE40 netlist: Yosys's own models.

`include "cells_sim.v"
