// SPDX-License-Identifier: Apache-2.0
// hwgen: runs an accelerator frame by frame on beats from a file and compares what it gives.
//
// A file holds one beat a line in hexadecimal, most significant digit first. Simulation only.
#ifndef HWGEN_TESTBENCH_HPP
#define HWGEN_TESTBENCH_HPP

#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "ap_int.h"
#include "hls_stream.h"

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

// Beats of WIDTH bits, read a 60-bit chunk at a time.
template <int WIDTH>
ap_uint<WIDTH> parse_beat(const char* digits, std::size_t count, bool& legal) {
  constexpr std::size_t CHUNK = 15;
  ap_uint<WIDTH> word = 0;
  while (count > 0) {
    const std::size_t size = count % CHUNK == 0 ? CHUNK : count % CHUNK;
    std::uint64_t chunk = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const int value = digit_value(digits[i]);
      legal = legal && value >= 0;
      chunk = chunk << 4 | static_cast<std::uint64_t>(value & 15);
    }
    word = WIDTH > 60 ? ap_uint<WIDTH>((word << 60) | ap_uint<WIDTH>(chunk)) : ap_uint<WIDTH>(chunk);
    digits += size;
    count -= size;
  }
  return word;
}

template <int WIDTH>
std::string format_beat(ap_uint<WIDTH> word) {
  std::string text((WIDTH + 3) / 4, '0');
  std::size_t place = text.size();
  while (place > 0) {
    std::uint64_t chunk = word.to_uint64();
    for (int i = 0; i < 15 && place > 0; ++i, chunk >>= 4) text[--place] = "0123456789abcdef"[chunk & 15];
    if (WIDTH > 60) word = word >> 60;
  }
  return text;
}

template <int WIDTH>
bool read_beats(const std::string& path, std::vector<ap_uint<WIDTH>>& beats) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::cerr << path << ": cannot be read\n";
    return false;
  }
  std::ostringstream buffer;
  buffer << file.rdbuf();
  const std::string text = buffer.str();
  bool legal = true;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    if (end > start) beats.push_back(parse_beat<WIDTH>(text.data() + start, end - start, legal));
    start = end + 1;
  }
  if (!legal) std::cerr << path << ": holds a line that is not hexadecimal\n";
  return legal;
}

template <int WIDTH>
bool write_beats(const std::string& path, const std::vector<ap_uint<WIDTH>>& beats) {
  std::ofstream file(path, std::ios::binary);
  for (const ap_uint<WIDTH>& beat : beats) file << format_beat<WIDTH>(beat) << '\n';
  file.flush();
  if (!file) std::cerr << path << ": cannot be written\n";
  return static_cast<bool>(file);
}

// Prints the first mismatches; the number of all of them.
template <int WIDTH>
std::size_t count_mismatches(const std::vector<ap_uint<WIDTH>>& found, const std::vector<ap_uint<WIDTH>>& expected,
                             std::size_t beats_a_frame) {
  constexpr std::size_t SHOWN = 10;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i]) continue;
    if (wrong++ < SHOWN) {
      std::cerr << "frame " << i / beats_a_frame << ", beat " << i % beats_a_frame << ": expected "
                << format_beat<WIDTH>(expected[i]) << ", found " << format_beat<WIDTH>(found[i]) << '\n';
    }
  }
  return wrong;
}

// Gives `top` one frame after the other; exit code 0 if all beats are as expected.
template <int IN_WIDTH, int OUT_WIDTH>
int run_frames(void (*top)(hls::stream<ap_uint<IN_WIDTH>>&, hls::stream<ap_uint<OUT_WIDTH>>&), std::size_t in_beats,
               std::size_t out_beats, const Files& files) {
  const bool compare = files.expected != "-";
  std::vector<ap_uint<IN_WIDTH>> input;
  std::vector<ap_uint<OUT_WIDTH>> expected;
  if (!read_beats(files.input, input)) return 2;
  if (compare && !read_beats(files.expected, expected)) return 2;
  if (input.size() % in_beats != 0) {
    std::cerr << files.input << ": must hold frames of " << in_beats << " beats; found " << input.size() << " beats\n";
    return 2;
  }
  const std::size_t frames = input.size() / in_beats;
  if (compare && expected.size() != frames * out_beats) {
    std::cerr << files.expected << ": must hold " << frames * out_beats << " beats; found " << expected.size() << '\n';
    return 2;
  }

  hls::stream<ap_uint<IN_WIDTH>> in;
  hls::stream<ap_uint<OUT_WIDTH>> out;
  std::vector<ap_uint<OUT_WIDTH>> found;
  found.reserve(frames * out_beats);
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t beat = 0; beat < in_beats; ++beat) in.write(input[frame * in_beats + beat]);
    top(in, out);
    std::size_t given = 0;
    for (; !out.empty(); ++given) found.push_back(out.read());
    if (given != out_beats || !in.empty()) {
      std::cerr << "frame " << frame << ": must give " << out_beats << " beats; found " << given << '\n';
      return 1;
    }
  }
  if (!files.found.empty() && !write_beats(files.found, found)) return 2;
  if (!compare) return 0;
  const std::size_t wrong = count_mismatches(found, expected, out_beats);
  std::cout << frames << " frames, " << found.size() << " beats, " << wrong << " mismatches\n";
  return wrong == 0 ? 0 : 1;
}

}  // namespace hwgen

#endif  // HWGEN_TESTBENCH_HPP
