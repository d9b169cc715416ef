// SPDX-License-Identifier: Apache-2.0
// hwgen: an external memory whose words are in a file, one a line in hexadecimal. Simulation only.
#ifndef HWGEN_EXTERNAL_MEMORY_HPP
#define HWGEN_EXTERNAL_MEMORY_HPP

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "ap_int.h"
#include "testbench.hpp"

namespace hwgen {

// The words of a file in tb, or in the folder where the simulator runs. Ends the program where there are others than so
// many.
template <int WIDTH>
std::vector<ap_uint<WIDTH>> words_of(const std::string& name, std::size_t count) {
  Beats lines;
  const std::string path = where("tb/" + name);
  if (!lines.read(path) || lines.size() != count) {
    std::cerr << path << ": must hold " << count << " words; found " << lines.size() << '\n';
    std::exit(2);
  }
  std::vector<ap_uint<WIDTH>> words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = parse_word<WIDTH>(lines.digits(i), lines.count(i), IsWide<WIDTH>{});
  return words;
}

}  // namespace hwgen

#endif  // HWGEN_EXTERNAL_MEMORY_HPP
