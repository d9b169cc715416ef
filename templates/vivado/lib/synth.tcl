# SPDX-License-Identifier: Apache-2.0
#
# Synthesises the accelerator out of context and reports: `vivado -mode batch -source synth.tcl`.
# With `-tclargs route` it is placed and routed as well.
set here [file dirname [file normalize [info script]]]
source [file join $here design.tcl]
set root [file dirname $here]
set results [file join $here build synth]
file mkdir $results

proc write_reports {results stage} {
  report_utilization -file [file join $results ${stage}_utilization.rpt]
  report_utilization -hierarchical -file [file join $results ${stage}_units.rpt]
  report_timing_summary -file [file join $results ${stage}_timing.rpt]
  write_checkpoint -force [file join $results $stage.dcp]
  set slack [get_property SLACK [get_timing_paths -max_paths 1 -setup]]
  puts "$stage: slack $slack ns"
}

# The sources name their memories as they lie here.
if {[llength $memories]} {cd [file join $root rtl mem]}
foreach source $sources {read_verilog -sv [file join $root $source]}
read_xdc -mode out_of_context [file join $here ooc.xdc]
synth_design -top $name -part $part -mode out_of_context
write_reports $results synthesised

if {[lindex $argv 0] eq "route"} {
  opt_design
  place_design
  route_design
  write_reports $results routed
}
