// SPDX-License-Identifier: Apache-2.0
//
// Plays a bench as `bench.py` does, without Python, whose start takes longer than a small design:
// reset, where HWGEN_RESET_MID_FRAME is 1 another one once the bench has halted, and `outcome.txt`.
// It writes no registers. A cycle takes 10 ns in a file of waves.

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "Vtop.h"
#include "verilated.h"

namespace {

constexpr int kResetCycles = 4;
constexpr int kHalfPeriod = 5;

class Driver {
 public:
  void reset() {
    bench_.rst_n(false);
    bench_.eval_step();
    edge(false);
    for (int cycle = 0; cycle < kResetCycles; ++cycle) this->cycle();
    bench_.rst_n(true);
    bench_.eval_step();
  }

  // Runs until `halted` rises, which it does behind a rising edge of the clock.
  void wait() {
    bool before = true;
    while (before || !bench_.halted()) {
      before = bench_.halted();
      edge(true);
      if (!before && bench_.halted()) return;
      edge(false);
    }
  }

  bool stuck() const { return bench_.stuck(); }

  void finish() {
    bench_.eval_end_step();
    bench_.final();
  }

 private:
  void cycle() {
    edge(true);
    edge(false);
  }

  void edge(bool high) {
    bench_.clk(high);
    bench_.eval_step();
    bench_.eval_end_step();
    Verilated::threadContextp()->timeInc(kHalfPeriod);
  }

  Vtop bench_{""};
};

}  // namespace

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  Verilated::traceEverOn(VM_TRACE);
  Driver driver;
  driver.reset();
  const char* again = std::getenv("HWGEN_RESET_MID_FRAME");
  if (again != nullptr && std::strcmp(again, "1") == 0) {
    driver.wait();
    if (!driver.stuck()) driver.reset();
  }
  if (!driver.stuck()) driver.wait();
  driver.finish();
  std::ofstream{"outcome.txt"} << (driver.stuck() ? "stuck" : "done") << '\n';
  return Verilated::threadContextp()->errorCount() > 0 ? 1 : 0;
}
