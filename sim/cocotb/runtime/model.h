// SPDX-License-Identifier: Apache-2.0
//
// Implements Vtop by the model in the same translation unit.

#include "Vtop.h"

Vtop::Vtop(const char* name) : model_{new Vbench{name}} {}
Vtop::~Vtop() { delete static_cast<Vbench*>(model_); }
void Vtop::eval_step() { static_cast<Vbench*>(model_)->eval_step(); }
void Vtop::eval_end_step() { static_cast<Vbench*>(model_)->eval_end_step(); }
bool Vtop::eventsPending() { return static_cast<Vbench*>(model_)->eventsPending(); }
std::uint64_t Vtop::nextTimeSlot() { return static_cast<Vbench*>(model_)->nextTimeSlot(); }
void Vtop::final() { static_cast<Vbench*>(model_)->final(); }

void Vtop::clk(bool high) { static_cast<Vbench*>(model_)->rootp->bench__DOT__clk = high; }
void Vtop::rst_n(bool high) { static_cast<Vbench*>(model_)->rootp->bench__DOT__rst_n = high; }
bool Vtop::halted() const { return static_cast<Vbench*>(model_)->rootp->bench__DOT__halted; }
bool Vtop::stuck() const { return static_cast<Vbench*>(model_)->rootp->bench__DOT__stuck; }
