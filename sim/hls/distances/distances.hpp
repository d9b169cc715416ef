// SPDX-License-Identifier: Apache-2.0
// hwgen: measures after how many slots units read what they have written to a memory. Simulation only.
#ifndef HWGEN_DISTANCES_HPP
#define HWGEN_DISTANCES_HPP

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "hls_stream.h"

namespace hwgen {

struct Measured {
  std::uint64_t slot = 0;
  std::mt19937 random;
  std::map<std::tuple<std::string, int, std::string>, std::uint64_t> least;
};

inline Measured& measured() {
  static Measured only;
  return only;
}

inline void next_slot() { ++measured().slot; }
inline std::uint64_t slot_now() { return measured().slot; }
inline std::uint32_t any_bits() { return static_cast<std::uint32_t>(measured().random()); }

inline void note_distance(const Distance& stated, std::uint64_t slots) {
  auto& least = measured().least;
  const auto place = std::make_tuple(std::string(stated.file), stated.line, std::string(stated.memory));
  const auto found = least.emplace(place, slots).first;
  if (slots < found->second) found->second = slots;
}

// Called in front of each unit: what the one before has written lies far back.
inline void drain() { measured().slot += DRAINED; }

template <class... Streams, std::size_t... INDICES>
void call(void (*top)(Streams&...), std::tuple<Streams...>& ports, std::index_sequence<INDICES...>) {
  top(std::get<INDICES>(ports)...);
}

// Runs frames through `top`, one unit after the other; prints file, line, memory and least distance, a line each.
template <class... Streams>
int measure(void (*top)(Streams&...), int frames) {
  std::tuple<Streams...> ports;
  for (int frame = 0; frame < frames; ++frame) call(top, ports, std::index_sequence_for<Streams...>());
  for (const auto& each : measured().least) {
    std::cout << std::get<0>(each.first) << ':' << std::get<1>(each.first) << ' ' << std::get<2>(each.first) << ' '
              << each.second << '\n';
  }
  return 0;
}

}  // namespace hwgen

#endif  // HWGEN_DISTANCES_HPP
