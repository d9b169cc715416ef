#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the test bench of this folder, golden frames with pauses on both sides: `sh simulate.sh TOOL`, where TOOL is
# verilator, xsim (Vivado's) or questa (ModelSim's commands are the same). hwgen's authors have run the first alone.
# All that is made stands in build/TOOL; the exit code is 0 where every beat is the golden model's.
set -eu

tool=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
bench=$(basename "$here"/*_tb.sv .sv)

case $tool in
  verilator | xsim | questa) ;;
  *)
    echo "usage: sh simulate.sh verilator|xsim|questa" >&2
    exit 2
    ;;
esac

# The bench and the memories are read by name, from the folder that the simulation runs in.
work=$here/build/$tool
mkdir -p "$work/hls/tb"
cd "$work"
cp "$root"/hls/tb/*.hex hls/tb/
if [ -d "$root/rtl/mem" ]; then cp "$root"/rtl/mem/* .; fi

set --
while read -r source; do set -- "$@" "$root/rtl/$source"; done <"$root/rtl/files.f"
set -- "$@" "$here/hwgen_transfer.sv" "$here/${bench%_tb}_ip.v" "$here/$bench.sv"

case $tool in
  verilator)
    verilator --binary -Wno-fatal -CFLAGS -std=c++20 --Mdir obj --top-module "$bench" -o bench "$@"
    ./obj/bench >run.log 2>&1 || true
    ;;
  xsim)
    xvlog -sv "$@"
    xelab "$bench" -s bench -timescale 1ns/1ps
    xsim bench -runall -log run.log || true
    ;;
  questa)
    vlib work
    vlog -sv -timescale 1ns/1ps "$@"
    vsim -c -l run.log -do "run -all; quit -f" "$bench" || true
    ;;
esac

cat run.log
grep -q "beats, 0 mismatches" run.log
