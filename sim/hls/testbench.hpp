// SPDX-License-Identifier: Apache-2.0
// hwgen: runs an accelerator frame by frame on beats from a file and compares what it gives.
//
// A file holds one beat a line in hexadecimal, most significant digit first. Simulation only.
#ifndef HWGEN_TESTBENCH_HPP
#define HWGEN_TESTBENCH_HPP

#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <type_traits>
#include <vector>

#include "ap_int.h"
#include "hls_stream.h"
#include "axis_port.hpp"

namespace hwgen {

// Paths: beats in, beats expected ("-" for no comparison) and where to write the beats found ("" for nowhere).
struct Files {
  std::string input;
  std::string expected;
  std::string found;
};

// `path`, or its last part where the simulator has copied the file into its own folder.
inline std::string where(const std::string& path) {
  if (std::ifstream(path)) return path;
  return path.substr(path.rfind('/') + 1);
}

inline Files files_from(int argc, char** argv) {
  return Files{argc > 1 ? argv[1] : where("tb/input.hex"), argc > 2 ? argv[2] : where("tb/expected.hex"),
               argc > 3 ? argv[3] : ""};
}

inline int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// Beats in hexadecimal, one after the other. What does not depend on their width is no template: it is compiled once.
class Beats {
 public:
  // False, and says why, where `path` cannot be read or holds something else. Empty lines count as none.
  bool read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::cerr << path << ": cannot be read\n";
      return false;
    }
    bool legal = true;
    for (std::string line; std::getline(file, line);) {
      for (const char digit : line) legal = legal && digit_value(digit) >= 0;
      if (!line.empty()) append(line);
    }
    if (!legal) std::cerr << path << ": holds a line that is not hexadecimal\n";
    return legal;
  }

  bool write(const std::string& path) const {
    std::ofstream file(path, std::ios::binary);
    file << text_;
    file.flush();
    if (!file) std::cerr << path << ": cannot be written\n";
    return static_cast<bool>(file);
  }

  void append(const std::string& digits) {
    text_ += digits;
    text_ += '\n';
    ends_.push_back(text_.size());
  }

  std::size_t size() const { return ends_.size(); }
  const char* digits(std::size_t i) const { return text_.data() + (i == 0 ? 0 : ends_[i - 1]); }
  std::size_t count(std::size_t i) const { return ends_[i] - (i == 0 ? 0 : ends_[i - 1]) - 1; }
  std::string text(std::size_t i) const { return std::string(digits(i), count(i)); }

  bool same(const Beats& other) const { return text_ == other.text_; }

  // Whether both hold the same number there, however it is written.
  bool same(const Beats& other, std::size_t i) const {
    const std::size_t size = count(i) > other.count(i) ? count(i) : other.count(i);
    for (std::size_t place = 0; place < size; ++place) {
      if (digit(i, place) != other.digit(i, place)) return false;
    }
    return true;
  }

 private:
  // The value of a digit, the lowest at place 0.
  int digit(std::size_t i, std::size_t place) const {
    return place < count(i) ? digit_value(digits(i)[count(i) - 1 - place]) : 0;
  }

  std::string text_;
  std::vector<std::size_t> ends_;
};

constexpr std::size_t SHOWN = 10;  // faults of a kind
constexpr std::size_t CHUNK_DIGITS = 15;
constexpr int CHUNK_BITS = 60;

// Up to CHUNK_DIGITS digits.
inline std::uint64_t chunk_value(const char* digits, std::size_t count) {
  std::uint64_t chunk = 0;
  for (std::size_t i = 0; i < count; ++i) chunk = chunk << 4 | static_cast<std::uint64_t>(digit_value(digits[i]) & 15);
  return chunk;
}

// Writes the lowest digits of `text` that end at `place`, as many as a chunk has; the place before them.
inline std::size_t put_chunk(std::uint64_t chunk, std::string& text, std::size_t place) {
  const std::size_t end = place > CHUNK_DIGITS ? place - CHUNK_DIGITS : 0;
  for (; place > end; chunk >>= 4) text[--place] = "0123456789abcdef"[chunk & 15];
  return place;
}

// A beat that fits a chunk: no shifts of ap_uint, which take long to compile.
template <int WIDTH>
ap_uint<WIDTH> parse_word(const char* digits, std::size_t count, std::false_type) {
  const std::size_t over = count > CHUNK_DIGITS ? count - CHUNK_DIGITS : 0;
  return ap_uint<WIDTH>(chunk_value(digits + over, count - over));
}

template <int WIDTH>
ap_uint<WIDTH> parse_word(const char* digits, std::size_t count, std::true_type) {
  ap_uint<WIDTH> word = 0;
  while (count > 0) {
    const std::size_t size = count % CHUNK_DIGITS == 0 ? CHUNK_DIGITS : count % CHUNK_DIGITS;
    word = ap_uint<WIDTH>((word << CHUNK_BITS) | ap_uint<WIDTH>(chunk_value(digits, size)));
    digits += size;
    count -= size;
  }
  return word;
}

template <int WIDTH>
void put_word(const ap_uint<WIDTH>& word, std::string& text, std::false_type) {
  put_chunk(word.to_uint64(), text, text.size());
}

template <int WIDTH>
void put_word(ap_uint<WIDTH> word, std::string& text, std::true_type) {
  for (std::size_t place = text.size(); place > 0; word = word >> CHUNK_BITS) {
    place = put_chunk(word.to_uint64(), text, place);
  }
}

template <int WIDTH>
using IsWide = std::integral_constant<bool, (WIDTH > CHUNK_BITS)>;

// What a run of the test bench reads, finds and says.
class Run {
 public:
  Run(std::size_t in_beats, std::size_t out_beats, const Files& files)
      : in_beats_(in_beats), out_beats_(out_beats), files_(files), compare_(files.expected != "-") {}

  // False, and says why, where a file cannot be used.
  bool read() {
    if (!input.read(files_.input)) return false;
    if (compare_ && !expected_.read(files_.expected)) return false;
    if (input.size() % in_beats_ != 0) {
      std::cerr << files_.input << ": must hold frames of " << in_beats_ << " beats; found " << input.size()
                << " beats\n";
      return false;
    }
    if (compare_ && expected_.size() != frames() * out_beats_) {
      std::cerr << files_.expected << ": must hold " << frames() * out_beats_ << " beats; found " << expected_.size()
                << '\n';
      return false;
    }
    return true;
  }

  std::size_t frames() const { return input.size() / in_beats_; }

  // Whether `frame`, the last so far, gave as many beats as it must and took all of its own.
  bool is_whole(std::size_t frame, bool is_taken) const {
    const std::size_t given = found.size() - frame * out_beats_;
    if (given == out_beats_ && is_taken) return true;
    std::cerr << "frame " << frame << ": must give " << out_beats_ << " beats; found " << given << '\n';
    return false;
  }

  // The next beat offered, as `Beat` has it.
  template <class Beat>
  Beat given(std::size_t beat) const {
    constexpr int WIDTH = Port<Beat>::WIDTH;
    const auto word = parse_word<WIDTH>(input.digits(beat), input.count(beat), IsWide<WIDTH>{});
    return Port<Beat>::beat(word, beat % in_beats_ == in_beats_ - 1);
  }

  // The next beat found, which must say by TLAST whether it is the last of its frame, and keep all bytes.
  template <class Beat>
  void take(const Beat& beat) {
    constexpr int WIDTH = Port<Beat>::WIDTH;
    const std::size_t place = found.size() % out_beats_;
    const bool is_last = place == out_beats_ - 1;
    if (!Port<Beat>::is_framed(beat, is_last) && unframed_++ < SHOWN) {
      std::cerr << "frame " << found.size() / out_beats_ << ", beat " << place << ": must have TLAST " << is_last
                << ", TKEEP and TSTRB all ones\n";
    }
    text_.resize((WIDTH + 3) / 4);
    put_word<WIDTH>(Port<Beat>::word(beat), text_, IsWide<WIDTH>{});
    found.append(text_);
  }

  // Prints the first mismatches and the number of all; the exit code.
  int outcome() const {
    if (!files_.found.empty() && !found.write(files_.found)) return 2;
    if (!compare_) return unframed_ == 0 ? 0 : 1;
    std::size_t wrong = unframed_;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found.same(expected_, i) || wrong++ >= SHOWN) continue;
      std::cerr << "frame " << i / out_beats_ << ", beat " << i % out_beats_ << ": expected " << expected_.text(i)
                << ", found " << found.text(i) << '\n';
    }
    std::cout << frames() << " frames, " << found.size() << " beats, " << wrong << " mismatches\n";
    return wrong == 0 ? 0 : 1;
  }

  Beats input;
  Beats found;

 private:
  std::size_t in_beats_;
  std::size_t out_beats_;
  Files files_;
  bool compare_;
  Beats expected_;
  std::string text_;
  std::size_t unframed_ = 0;
};

// Gives `top` one frame after the other; exit code 0 if all beats are as expected.
template <class In, class Out>
int run_frames(void (*top)(hls::stream<In>&, hls::stream<Out>&), std::size_t in_beats, std::size_t out_beats,
               const Files& files) {
  Run run(in_beats, out_beats, files);
  if (!run.read()) return 2;
  hls::stream<In> in("in");
  hls::stream<Out> out("out");
  for (std::size_t frame = 0, beat = 0; frame < run.frames(); ++frame) {
    for (; beat < (frame + 1) * in_beats; ++beat) in.write(run.given<In>(beat));
    top(in, out);
    while (!out.empty()) run.take(out.read());
    if (!run.is_whole(frame, in.empty())) return 1;
  }
  return run.outcome();
}

}  // namespace hwgen

#endif  // HWGEN_TESTBENCH_HPP
