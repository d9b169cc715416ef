// SPDX-License-Identifier: Apache-2.0
//
// Headers of every model, parsed once.

#include <memory>
#include <string>
#include "verilated.h"
#include "verilated_dpi.h"
#include "verilated_vpi.h"
