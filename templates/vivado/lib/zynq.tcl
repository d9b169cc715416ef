# SPDX-License-Identifier: Apache-2.0
#
# The processor of a Zynq-7000: its clock, a port to its registers and one to its memory.
set ps [create_bd_cell -type ip -vlnv xilinx.com:ip:processing_system7 ps]
apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 -config [list \
  make_external "FIXED_IO, DDR" apply_board_preset [llength $boards] \
  Master Disable Slave Disable] $ps
set_property -dict [list CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz \
  CONFIG.PCW_USE_M_AXI_GP0 1 CONFIG.PCW_USE_S_AXI_HP0 1 \
  CONFIG.PCW_USE_FABRIC_INTERRUPT 1 CONFIG.PCW_IRQ_F2P_INTR 1] $ps

set ps_clock FCLK_CLK0
set ps_clocked {M_AXI_GP0_ACLK S_AXI_HP0_ACLK}
set ps_reset FCLK_RESET0_N
set ps_registers M_AXI_GP0
set ps_memory S_AXI_HP0
set ps_interrupt IRQ_F2P
set address_width 32
set dma_address 0x40400000
set control_address 0x43C00000
