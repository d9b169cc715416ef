// SPDX-License-Identifier: Apache-2.0
// hwgen: runs an accelerator frame by frame on beats from a file and compares what it gives.
//
// A file holds one beat a line in hexadecimal, most significant digit first. Simulation only.
#ifndef HWGEN_TESTBENCH_HPP
#define HWGEN_TESTBENCH_HPP

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ap_int.h"
#include "hls_stream.h"
#include "axis_port.hpp"

namespace hwgen {

// Paths: beats in, beats expected ("-" for no comparison) and where to write the beats found ("" for nowhere).
// Of several ports of a kind each has its own file, see `End`.
struct Files {
  std::string input;
  std::string expected;
  std::string found;
};

// `path`, or its last part where the simulator has copied the file into its own folder.
inline std::string where(const std::string& path) {
  const std::string last = path.substr(path.rfind('/') + 1);
  return std::ifstream(path) || !std::ifstream(last) ? path : last;
}

inline Files files_from(int argc, char** argv) {
  return Files{argc > 1 ? argv[1] : "tb/input.hex", argc > 2 ? argv[2] : "tb/expected.hex", argc > 3 ? argv[3] : ""};
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

// A port of the accelerator: what its name and those of its files end in, nothing where it is the only one of its kind,
// and the beats of a frame.
struct End {
  // Its own file of those at `path`: the suffix stands in front of the extension.
  std::string file(const std::string& path) const {
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return path + suffix;
    return path.substr(0, dot) + suffix + path.substr(dot);
  }

  std::string suffix;
  std::size_t beats;
};

// The ports of a kind: the beats of the only one, or each.
struct Ends {
  Ends(std::size_t beats) : each{End{"", beats}} {}
  Ends(std::initializer_list<End> ends) : each(ends) {}

  std::vector<End> each;
};

// An input: the beats that are offered.
class Source {
 public:
  explicit Source(const End& end) : end_(end) {}

  // False, and says why, where the file cannot be used.
  bool read(const std::string& path) {
    const std::string file = where(end_.file(path));
    if (!input_.read(file)) return false;
    if (size() % end_.beats == 0) return true;
    std::cerr << file << ": must hold frames of " << end_.beats << " beats; found " << size() << " beats\n";
    return false;
  }

  std::size_t size() const { return input_.size(); }
  std::size_t frames() const { return size() / end_.beats; }
  std::size_t beats() const { return end_.beats; }
  std::string name() const { return "s_axis" + end_.suffix; }

  // A beat as `Beat` has it.
  template <class Beat>
  Beat given(std::size_t beat) const {
    constexpr int WIDTH = Port<Beat>::WIDTH;
    const auto word = parse_word<WIDTH>(input_.digits(beat), input_.count(beat), IsWide<WIDTH>{});
    return Port<Beat>::beat(word, beat % end_.beats == end_.beats - 1);
  }

 private:
  End end_;
  Beats input_;
};

// An output: the beats that were found, and those that are expected.
class Sink {
 public:
  explicit Sink(const End& end) : end_(end) {}

  // False, and says why, where the file cannot be used.
  bool read(const std::string& path, std::size_t frames) {
    const std::string file = where(end_.file(path));
    if (!expected_.read(file)) return false;
    if (expected_.size() == frames * end_.beats) return true;
    std::cerr << file << ": must hold " << frames * end_.beats << " beats; found " << expected_.size() << '\n';
    return false;
  }

  std::size_t size() const { return found_.size(); }
  std::size_t frames() const { return size() / end_.beats; }
  std::size_t beats() const { return end_.beats; }
  std::string name() const { return "m_axis" + end_.suffix; }

  // The next beat found, which must say by TLAST whether it is the last of its frame, and keep all bytes.
  template <class Beat>
  void take(const Beat& beat) {
    constexpr int WIDTH = Port<Beat>::WIDTH;
    const bool is_last = size() % end_.beats == end_.beats - 1;
    if (!Port<Beat>::is_framed(beat, is_last) && unframed_++ < SHOWN) {
      std::cerr << place(size()) << ": must have TLAST " << is_last << ", TKEEP and TSTRB all ones\n";
    }
    text_.resize((WIDTH + 3) / 4);
    put_word<WIDTH>(Port<Beat>::word(beat), text_, IsWide<WIDTH>{});
    found_.append(text_);
  }

  // Whether `frame`, the last so far, gave as many beats as it must.
  bool is_whole(std::size_t frame, bool is_taken) const {
    const std::size_t given = size() - frame * end_.beats;
    if (given == end_.beats && is_taken) return true;
    std::cerr << at() << "frame " << frame << ": must give " << end_.beats << " beats; found " << given << '\n';
    return false;
  }

  bool write(const std::string& path) const { return found_.write(end_.file(path)); }
  std::size_t unframed() const { return unframed_; }

  // Prints the first mismatches; the number of all.
  std::size_t compare() const {
    std::size_t wrong = unframed_;
    for (std::size_t i = 0; i < size(); ++i) {
      if (found_.same(expected_, i) || wrong++ >= SHOWN) continue;
      std::cerr << place(i) << ": expected " << expected_.text(i) << ", found " << found_.text(i) << '\n';
    }
    return wrong;
  }

  void restart() { found_ = Beats(); }
  const Beats& beats_found() const { return found_; }
  bool same(const Beats& other) const { return found_.same(other); }

 private:
  // What stands in front of a message where there are several outputs.
  std::string at() const { return end_.suffix.empty() ? "" : name() + ", "; }
  std::string place(std::size_t beat) const {
    return at() + "frame " + std::to_string(beat / end_.beats) + ", beat " + std::to_string(beat % end_.beats);
  }

  End end_;
  Beats found_;
  Beats expected_;
  std::string text_;
  std::size_t unframed_ = 0;
};

// What a run of the test bench reads, finds and says.
class Run {
 public:
  Run(const Ends& inputs, const Ends& outputs, const Files& files)
      : sources(inputs.each.begin(), inputs.each.end()),
        sinks(outputs.each.begin(), outputs.each.end()),
        files_(files),
        compare_(files.expected != "-") {}

  // False, and says why, where a file cannot be used.
  bool read() {
    for (Source& source : sources) {
      if (!source.read(files_.input)) return false;
      if (source.frames() == frames()) continue;
      std::cerr << source.name() << ": must have " << frames() << " frames as " << sources[0].name() << "; found "
                << source.frames() << '\n';
      return false;
    }
    for (Sink& sink : sinks) {
      if (compare_ && !sink.read(files_.expected, frames())) return false;
    }
    return true;
  }

  std::size_t frames() const { return sources[0].frames(); }

  // Frames that have left by all outputs.
  std::size_t finished() const {
    std::size_t least = sinks[0].frames();
    for (const Sink& sink : sinks) least = sink.frames() < least ? sink.frames() : least;
    return least;
  }

  // Whether `frame`, the last so far, gave as many beats as it must and took all of its own.
  bool is_whole(std::size_t frame, bool is_taken) const {
    for (const Sink& sink : sinks) {
      if (!sink.is_whole(frame, is_taken)) return false;
    }
    return true;
  }

  // Prints the first mismatches and the number of all; the exit code.
  int outcome() const {
    std::size_t wrong = 0, beats = 0;
    for (const Sink& sink : sinks) {
      if (!files_.found.empty() && !sink.write(files_.found)) return 2;
      wrong += compare_ ? sink.compare() : sink.unframed();
      beats += sink.size();
    }
    if (compare_) std::cout << frames() << " frames, " << beats << " beats, " << wrong << " mismatches\n";
    return wrong == 0 ? 0 : 1;
  }

  std::vector<Source> sources;
  std::vector<Sink> sinks;

 private:
  Files files_;
  bool compare_;
};

// Calls `function` with each of `streams` and its place: inputs first, then outputs.
template <class Streams, class Function, std::size_t... PLACE>
void visit(Streams& streams, Function function, std::index_sequence<PLACE...>) {
  const int done[] = {(function(std::get<PLACE>(streams), PLACE), 0)...};
  (void)done;
}

template <class... Each, std::size_t... PLACE>
void call(void (*top)(hls::stream<Each>&...), std::tuple<hls::stream<Each>...>& streams,
          std::index_sequence<PLACE...>) {
  top(std::get<PLACE>(streams)...);
}

template <class Beat>
void offer_frame(hls::stream<Beat>& stream, const Source& source, std::size_t frame) {
  for (std::size_t beat = frame * source.beats(); beat < (frame + 1) * source.beats(); ++beat) {
    stream.write(source.given<Beat>(beat));
  }
}

// Gives `top` one frame after the other; exit code 0 if all beats are as expected.
template <class... Each>
int run_frames(void (*top)(hls::stream<Each>&...), const Ends& inputs, const Ends& outputs, const Files& files) {
  const auto all = std::index_sequence_for<Each...>{};
  Run run(inputs, outputs, files);
  if (!run.read()) return 2;
  std::tuple<hls::stream<Each>...> streams;
  for (std::size_t frame = 0; frame < run.frames(); ++frame) {
    visit(
        streams,
        [&](auto& stream, std::size_t place) {
          if (place < run.sources.size()) offer_frame(stream, run.sources[place], frame);
        },
        all);
    call(top, streams, all);
    bool is_taken = true;
    visit(
        streams,
        [&](auto& stream, std::size_t place) {
          if (place < run.sources.size()) {
            is_taken = is_taken && stream.empty();
          } else {
            while (!stream.empty()) run.sinks[place - run.sources.size()].take(stream.read());
          }
        },
        all);
    if (!run.is_whole(frame, is_taken)) return 1;
  }
  return run.outcome();
}

}  // namespace hwgen

#endif  // HWGEN_TESTBENCH_HPP
