// SPDX-License-Identifier: Apache-2.0
// hwgen: memories of which a loop says how many slots later, at the soonest, a word is read that it has written.
//
// An HLS tool relies on that distance: a word that is read sooner is an old one. Here each read is held against it.
// Simulation only.
#ifndef HWGEN_BOUNDED_MEMORY_HPP
#define HWGEN_BOUNDED_MEMORY_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace hwgen {

// Where a loop states a distance.
struct Distance {
  const char* file;
  int line;
  const char* memory;
  unsigned slots;
};

// The slot that the process is in, counted from 1; between frames, in which its pipeline runs dry, lie DRAINED slots.
std::uint64_t slot_now();
constexpr std::uint64_t DRAINED = 1u << 20;

// Called where a word is read `slots` slots after it has been written.
void note_distance(const Distance& stated, std::uint64_t slots);

// A word, and the slot in which it was written.
template <class T>
class StatedWord {
 public:
  StatedWord(T& word, std::uint64_t& written, const Distance& stated)
      : word_(word), written_(written), stated_(stated) {}

  operator const T&() const {
    const std::uint64_t slots = slot_now() - written_;
    if (written_ > 0 && slots > 0 && slots < DRAINED) note_distance(stated_, slots);
    return word_;
  }
  StatedWord& operator=(const T& word) {
    word_ = word;
    written_ = slot_now();
    return *this;
  }
  StatedWord(const StatedWord&) = default;
  StatedWord& operator=(const StatedWord& other) { return *this = static_cast<const T&>(other); }

 private:
  T& word_;
  std::uint64_t& written_;
  Distance stated_;
};

template <class T>
struct Stated {
  static constexpr std::size_t WORDS = 1;
  using Part = StatedWord<T>;
};

// An array of words, or of arrays of them.
template <class T, std::size_t COUNT>
class StatedArray {
 public:
  StatedArray(T (&array)[COUNT], std::uint64_t* written, const Distance& stated)
      : array_(array), written_(written), stated_(stated) {}

  typename Stated<T>::Part operator[](std::size_t index) const {
    return {array_[index], written_[index * Stated<T>::WORDS], stated_};
  }

 private:
  T (&array_)[COUNT];
  std::uint64_t* written_;
  Distance stated_;
};

template <class T, std::size_t COUNT>
struct Stated<T[COUNT]> {
  static constexpr std::size_t WORDS = COUNT * Stated<T>::WORDS;
  struct Part : StatedArray<T, COUNT> {
    Part(T (&array)[COUNT], std::uint64_t& written, const Distance& stated)
        : StatedArray<T, COUNT>(array, &written, stated) {}
  };
};

// `memory` as the rest of a slot sees it.
template <class T, std::size_t COUNT>
StatedArray<T, COUNT> stated(T (&memory)[COUNT], const Distance& distance) {
  static std::map<const void*, std::vector<std::uint64_t>> slots;
  std::vector<std::uint64_t>& written = slots[memory];
  written.resize(COUNT * Stated<T>::WORDS);
  return {memory, written.data(), distance};
}

}  // namespace hwgen

#endif  // HWGEN_BOUNDED_MEMORY_HPP
