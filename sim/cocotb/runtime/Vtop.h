// SPDX-License-Identifier: Apache-2.0
//
// The class that cocotb's main program expects of a Verilator model, as five calls, and the signals
// that a driver without cocotb needs. Every design's model hides behind it, so that a main program
// is compiled once and not for every design.

#ifndef HWGEN_VTOP_H
#define HWGEN_VTOP_H

#include <cstdint>

class Vtop {
 public:
  explicit Vtop(const char* name);
  ~Vtop();
  void eval_step();
  void eval_end_step();
  bool eventsPending();
  std::uint64_t nextTimeSlot();
  void final();

  void clk(bool high);
  void rst_n(bool high);
  bool halted() const;
  bool stuck() const;

 private:
  void* model_;
};

#endif
