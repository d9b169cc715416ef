# SPDX-License-Identifier: Apache-2.0
#
# The processor of a Zynq UltraScale+: its clock, a port to its registers and one to its memory.
set ps [create_bd_cell -type ip -vlnv xilinx.com:ip:zynq_ultra_ps_e ps]
apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config [list \
  apply_board_preset [llength $boards]] $ps
set_property -dict [list CONFIG.PSU__FPGA_PL0_ENABLE 1 \
  CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $clock_mhz \
  CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 \
  CONFIG.PSU__USE__S_AXI_GP2 1 CONFIG.PSU__USE__IRQ0 1] $ps

set ps_clock pl_clk0
set ps_clocked {maxihpm0_fpd_aclk saxihp0_fpd_aclk}
set ps_reset pl_resetn0
set ps_registers M_AXI_HPM0_FPD
set ps_memory S_AXI_HP0_FPD
set ps_interrupt pl_ps_irq0
set address_width 40
set dma_address 0xA0000000
set control_address 0xA1000000
