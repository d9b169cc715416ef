# SPDX-License-Identifier: Apache-2.0
#
# Builds a system around the IP and its bitstream: processor, DMA in, accelerator, DMA out.
#   vivado -mode batch -source package_ip.tcl
#   vivado -mode batch -source block_design.tcl [-tclargs design]
# Writes NAME.bit and NAME.hwh, as PYNQ's Overlay takes them, and NAME.xsa; with `design` it stops
# at the block design.
set here [file dirname [file normalize [info script]]]
source [file join $here design.tcl]
set project [file join $here build system]

create_project -force system $project -part $part
set boards [expr {$board eq "" ? {} : [get_board_parts -quiet $board]}]
if {[llength $boards]} {
  set_property board_part [lindex [lsort -dictionary $boards] end] [current_project]
}
set_property ip_repo_paths [file join $here ip] [current_project]
update_ip_catalog
create_bd_design system

# Makes the cell `ps`, and says how its ports are called.
source [file join $here processor.tcl]

proc cell {vlnv name {configuration {}}} {
  set made [create_bd_cell -type ip -vlnv $vlnv $name]
  if {[llength $configuration]} {set_property -dict $configuration $made}
  return $made
}
proc join_buses {from to} {
  connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to]
}
proc join_pins {from args} {
  foreach to $args {connect_bd_net [get_bd_pins $from] [get_bd_pins $to]}
}

# A DMA's streams are at most 128 bytes wide; a converter makes wider ones of them.
proc join_streams {from from_bytes to to_bytes} {
  if {$from_bytes == $to_bytes} {
    join_buses $from $to
    return {}
  }
  set name [string map {/ _} $from]_width
  cell xilinx.com:ip:axis_dwidth_converter $name [list \
    CONFIG.S_TDATA_NUM_BYTES $from_bytes CONFIG.M_TDATA_NUM_BYTES $to_bytes]
  join_buses $from $name/S_AXIS
  join_buses $name/M_AXIS $to
  return $name
}
proc least {first second} {expr {$first < $second ? $first : $second}}
proc memory_width {bytes} {expr {$bytes < 4 ? 32 : 8 * $bytes}}

# As the Python driver calls them.
set accelerator ${name}_0

set from_memory [least $input_bytes 128]
set to_memory [least $output_bytes 128]
cell hwgen:nn:$name $accelerator
cell xilinx.com:ip:axi_dma axi_dma_0 [list CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 26 \
  CONFIG.c_addr_width $address_width \
  CONFIG.c_mm2s_burst_size 16 CONFIG.c_s2mm_burst_size 16 \
  CONFIG.c_m_axis_mm2s_tdata_width [expr {8 * $from_memory}] \
  CONFIG.c_m_axi_mm2s_data_width [memory_width $from_memory] \
  CONFIG.c_s_axis_s2mm_tdata_width [expr {8 * $to_memory}] \
  CONFIG.c_m_axi_s2mm_data_width [memory_width $to_memory]]
cell xilinx.com:ip:smartconnect registers [list CONFIG.NUM_SI 1 CONFIG.NUM_MI [expr {1 + ($control > 0)}]]
cell xilinx.com:ip:smartconnect memory {CONFIG.NUM_SI 2 CONFIG.NUM_MI 1}
cell xilinx.com:ip:xlconcat interrupts {CONFIG.NUM_PORTS 2}
cell xilinx.com:ip:proc_sys_reset reset

set widths [join_streams axi_dma_0/M_AXIS_MM2S $from_memory $accelerator/s_axis $input_bytes]
lappend widths {*}[join_streams $accelerator/m_axis $output_bytes axi_dma_0/S_AXIS_S2MM $to_memory]
join_buses ps/$ps_registers registers/S00_AXI
join_buses registers/M00_AXI axi_dma_0/S_AXI_LITE
join_buses axi_dma_0/M_AXI_MM2S memory/S00_AXI
join_buses axi_dma_0/M_AXI_S2MM memory/S01_AXI
join_buses memory/M00_AXI ps/$ps_memory
if {$control} {join_buses registers/M01_AXI $accelerator/s_axi_control}

set clocked [list $accelerator/ap_clk axi_dma_0/s_axi_lite_aclk axi_dma_0/m_axi_mm2s_aclk \
  axi_dma_0/m_axi_s2mm_aclk registers/aclk memory/aclk reset/slowest_sync_clk]
set held [list $accelerator/ap_rst_n axi_dma_0/axi_resetn registers/aresetn memory/aresetn]
foreach pin $ps_clocked {lappend clocked ps/$pin}
foreach converter $widths {
  lappend clocked $converter/aclk
  lappend held $converter/aresetn
}
join_pins ps/$ps_clock {*}$clocked
join_pins ps/$ps_reset reset/ext_reset_in
join_pins reset/peripheral_aresetn {*}$held
join_pins axi_dma_0/mm2s_introut interrupts/In0
join_pins axi_dma_0/s2mm_introut interrupts/In1
join_pins interrupts/dout ps/$ps_interrupt

set registers [get_bd_addr_spaces ps/Data]
assign_bd_address -offset $dma_address -range 64K -target_address_space $registers \
  [get_bd_addr_segs axi_dma_0/S_AXI_LITE/Reg]
if {$control} {
  set range [expr {1 << ($control < 12 ? 12 : $control)}]
  assign_bd_address -offset $control_address -range $range -target_address_space $registers \
    [get_bd_addr_segs $accelerator/s_axi_control/*]
}
assign_bd_address
validate_bd_design
save_bd_design
if {[lindex $argv 0] eq "design"} {return}

set top_file [make_wrapper -files [get_files system.bd] -top]
add_files -norecurse $top_file
set_property top system_wrapper [current_fileset]
update_compile_order -fileset sources_1
launch_runs impl_1 -to_step write_bitstream
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} {
  error "no bitstream: see [get_property DIRECTORY [get_runs impl_1]]/runme.log"
}

open_run impl_1
report_utilization -file [file join $project utilization.rpt]
report_timing_summary -file [file join $project timing.rpt]
write_hw_platform -fixed -include_bit -force [file join $here $name.xsa]
file copy -force [file join [get_property DIRECTORY [get_runs impl_1]] system_wrapper.bit] \
  [file join $here $name.bit]
# In `.gen` since Vivado 2020.2, in `.srcs` before.
set handoff [glob [file join $project system.{gen,srcs} sources_1 bd system hw_handoff system.hwh]]
file copy -force [lindex $handoff 0] [file join $here $name.hwh]
set slack [get_property STATS.WNS [get_runs impl_1]]
puts "slack $slack ns at $clock_mhz MHz"
if {$slack < 0} {puts "WARNING: timing is not met: see [file join $project timing.rpt]"}
