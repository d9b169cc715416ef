# SPDX-License-Identifier: Apache-2.0
#
# Packages the accelerator as a kernel for Vitis: `vivado -mode batch -source package_xo.tcl`.
# It runs from reset on, without a start; registers, where it has any, are the user's to write.
set here [file dirname [file normalize [info script]]]
source [file join $here package_ip.tcl]

set protocol [expr {$control ? "user_managed" : "ap_ctrl_none"}]
set core [ipx::open_core [file join $ip component.xml]]
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property vitis_drc [list ctrl_protocol $protocol] $core
ipx::update_checksums $core
ipx::save_core $core
ipx::unload_core $core

package_xo -force -kernel_name $name -ip_directory $ip -ctrl_protocol $protocol \
  -xo_path [file join $here $name.xo]
