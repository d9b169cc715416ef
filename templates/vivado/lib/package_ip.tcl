# SPDX-License-Identifier: Apache-2.0
#
# Packages the accelerator as an IP in ip/: `vivado -mode batch -source package_ip.tcl`.
set here [file dirname [file normalize [info script]]]
source [file join $here design.tcl]
set root [file dirname $here]
set ip [file join $here ip]

# Copies files into one folder, where Vivado finds the memories of an IP: beside its sources.
proc copy_flat {root files folder} {
  set copies {}
  foreach file $files {
    set copy [file join $folder [file tail $file]]
    file copy [file join $root $file] $copy
    lappend copies $copy
  }
  return $copies
}

# Sets a parameter of a bus interface, which inference may have made already.
proc set_parameter {bus name value} {
  set parameter [ipx::get_bus_parameters -quiet $name -of_objects $bus]
  if {$parameter eq ""} {set parameter [ipx::add_bus_parameter $name $bus]}
  set_property value $value $parameter
  return $parameter
}

# The interface of that name, which must have been inferred from the wrapper's ports.
proc interface_of {core name} {
  set bus [ipx::get_bus_interfaces -quiet $name -of_objects $core]
  if {$bus eq ""} {error "the packager found no interface $name"}
  return $bus
}

file delete -force $ip
file mkdir [file join $ip src]
set copies [copy_flat $root [concat $sources $wrapper] [file join $ip src]]
set data [copy_flat $root $memories [file join $ip src]]

create_project -force package [file join $here build package] -part $part
add_files -norecurse [concat $copies $data]
set_property top $top [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $ip -vendor hwgen -library nn -taxonomy /UserIP -force
set core [ipx::current_core]
set_property name $name $core
set_property display_name "hwgen $name" $core
set_property description "Streaming neural network accelerator" $core
set_property version 1.0 $core

set buses [expr {[info exists streams] ? $streams : {s_axis m_axis}}]
if {$control} {lappend buses s_axi_control}
foreach bus $buses {
  interface_of $core $bus
  ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core
set_parameter [interface_of $core ap_rst_n] POLARITY ACTIVE_LOW

# The clock it was folded for; another one of the system's is no error.
set hertz [expr {round($clock_mhz * 1e6)}]
set frequency [set_parameter [interface_of $core ap_clk] FREQ_HZ $hertz]
set_property value_resolve_type user $frequency
set_property ipi_drc {ignore_freq_hz true} $core

# Memories belong to synthesis and simulation alike.
foreach pattern {*synthesis *simulation} {
  foreach group [ipx::get_file_groups $pattern -of_objects $core] {
    foreach memory $data {
      set path [file join src [file tail $memory]]
      if {[ipx::get_files -quiet $path -of_objects $group] eq ""} {
        set_property type mem [ipx::add_file $path $group]
      }
    }
  }
}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
