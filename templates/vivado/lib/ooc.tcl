# SPDX-License-Identifier: Apache-2.0
#
# Synthesis out of context in a Vivado project, as FuseSoC makes it: no pins, no I/O buffers.
set_property -name {STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS} -value {-mode out_of_context} \
  -objects [get_runs synth_1]
