// SPDX-License-Identifier: Apache-2.0
//
// The class that cocotb's main program expects of a Verilator model, as five calls. Every design's
// model hides behind it, so that main is compiled once and not for every design.

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

 private:
  void* model_;
};

#endif
