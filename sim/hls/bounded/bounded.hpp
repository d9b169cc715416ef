// SPDX-License-Identifier: Apache-2.0
// hwgen: runs the functions of a dataflow region at once, cycle by cycle, with streams of their depths.
//
// Each function is a process with a stack of its own and a pipeline of a given depth. An iteration starts when every
// stream that it reads has a beat; its writes come `depth - 1` cycles later, all together. A stream without room stops
// the whole pipeline; a missing beat stops only what comes behind. Simulation only.
#ifndef HWGEN_BOUNDED_HPP
#define HWGEN_BOUNDED_HPP

#include <ucontext.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "hls_stream.h"
#include "testbench.hpp"

namespace hwgen {

constexpr std::size_t STACK_BYTES = std::size_t(1) << 24;  // of which only what is used takes memory
// Cycles from the writes of a frame's last iteration to the first iteration of the next frame.
constexpr std::uint64_t RESTART = 4;

// Ends the program on the stack of a process, which nothing must take away meanwhile.
[[noreturn]] inline void leave_at_once(int code) {
  std::cout.flush();
  std::_Exit(code);
}

class Process {
 public:
  Process(std::string name, std::function<void()> function)
      : name(std::move(name)), function_(std::move(function)), stack_(new char[STACK_BYTES]) {}

  // Starts over with a pipeline of another depth.
  void reset(unsigned depth) {
    depth_ = depth;
    restart_ = 0;
    runs_ = ready_ = false;
    iteration_ = Iteration();
    flight_.clear();
  }

  // One cycle; whether anything moved.
  bool step(std::uint64_t now) {
    if (!flight_.empty() && flight_.front().age == depth_ - 1) {
      if (!have_room(flight_.front())) return false;
      leave(now);
    }
    for (Iteration& each : flight_) ++each.age;
    const bool moves = !flight_.empty();
    if (now < restart_) return true;
    if (!ready_) compute();
    if (!ready_) return moves;
    if (depth_ == 1 && !have_room(iteration_)) return moves;
    for (BoundedStream* stream : iteration_.reads) stream->take();
    ready_ = false;
    flight_.push_back(std::move(iteration_));
    flight_.back().age = 1;  // in the next cycle
    if (flight_.back().is_last) restart_ = UINT64_MAX;  // until it has left
    iteration_ = Iteration();
    if (depth_ == 1) leave(now);
    return true;
  }

  // The stream that a process which does not move waits for, and whether for room in it.
  BoundedStream* blocked(bool& for_room) const {
    const Iteration* held = depth_ == 1 && ready_ ? &iteration_ : flight_.empty() ? nullptr : &flight_.front();
    for_room = true;
    if (held) {
      for (BoundedStream* stream : held->writes) {
        if (!stream->can_write()) return stream;
      }
    }
    for_room = false;
    return waits_;
  }

  void wait_for(BoundedStream& stream) {
    if (std::find(iteration_.reads.begin(), iteration_.reads.end(), &stream) != iteration_.reads.end()) {
      std::cerr << name << " reads " << stream.name << " twice in one iteration\n";
      leave_at_once(2);
    }
    waits_ = &stream;
    while (!stream.can_read()) pause();
    waits_ = nullptr;
    iteration_.reads.push_back(&stream);
  }
  void note_write(BoundedStream& stream) { iteration_.writes.push_back(&stream); }
  void next_slot() {
    if (started_) {
      ready_ = true;
      pause();
    }
    started_ = true;
    ++slot_;
  }
  std::uint64_t slot() const { return slot_; }

  static Process*& running() {
    static Process* process = nullptr;
    return process;
  }

  std::string name;

 private:
  struct Iteration {
    std::vector<BoundedStream*> reads;
    std::vector<BoundedStream*> writes;
    unsigned age = 0;
    bool is_last = false;
  };

  static bool have_room(const Iteration& iteration) {
    return std::all_of(iteration.writes.begin(), iteration.writes.end(),
                       [](const BoundedStream* stream) { return stream->can_write(); });
  }

  void leave(std::uint64_t now) {
    for (BoundedStream* stream : flight_.front().writes) stream->give();
    if (flight_.front().is_last) restart_ = now + RESTART;
    flight_.pop_front();
  }

  // Runs the function up to the end of an iteration, or until it waits.
  void compute() {
    running() = this;
    if (!runs_) {
      getcontext(&own_);
      own_.uc_stack.ss_sp = stack_.get();
      own_.uc_stack.ss_size = STACK_BYTES;
      own_.uc_link = &caller_;
      makecontext(&own_, &Process::enter, 0);
      runs_ = true;
      started_ = false;
    }
    swapcontext(&caller_, &own_);
    running() = nullptr;
  }
  static void enter() {
    Process* self = running();
    self->slot_ += DRAINED;
    self->function_();
    self->ready_ = self->iteration_.is_last = true;
    self->runs_ = false;
  }
  void pause() {
    swapcontext(&own_, &caller_);
    running() = this;
  }

  std::function<void()> function_;
  std::unique_ptr<char[]> stack_;
  ucontext_t own_{};
  ucontext_t caller_{};
  unsigned depth_ = 1;
  std::uint64_t restart_ = 0;
  bool runs_ = false;
  bool started_ = false;
  std::uint64_t slot_ = 0;  // of all frames
  bool ready_ = false;  // whether `iteration_` is computed
  Iteration iteration_;
  std::deque<Iteration> flight_;
  BoundedStream* waits_ = nullptr;
};

inline void wait_for(BoundedStream& stream) { Process::running()->wait_for(stream); }
inline void note_write(BoundedStream& stream) { Process::running()->note_write(stream); }
inline void next_slot() { Process::running()->next_slot(); }
inline std::uint64_t slot_now() { return Process::running()->slot(); }

inline void note_distance(const Distance& stated, std::uint64_t slots) {
  if (slots >= stated.slots) return;
  std::cerr << "too soon: " << Process::running()->name << " reads a word of " << stated.memory << ' ' << slots
            << " slots after it has written it; " << stated.slots << " are stated at " << stated.file << ':'
            << stated.line << '\n';
  leave_at_once(1);
}

// The dataflow region: what the top function, as the Makefile rewrites it, tells of its streams and calls.
struct Region {
  std::vector<BoundedStream*> streams;
  std::vector<std::unique_ptr<Process>> processes;

  void stream(BoundedStream& each, const std::string& name, std::size_t depth) {
    each.name = name;
    each.depth = depth;
    streams.push_back(&each);
  }
  template <class... Streams>
  void process(const char* name, std::function<void()> function, Streams&... ends) {
    processes.emplace_back(new Process(name, std::move(function)));
    const std::vector<BoundedStream*> all{&ends...};
    for (BoundedStream* end : all) end->ends.push_back(processes.back().get());
    all.back()->ahead = std::all_of(all.begin(), all.end() - 1, [](const BoundedStream* end) { return end->ahead; });
  }
};

inline Region& region() {
  static Region only;
  return only;
}

// Cycles of a run.
struct Cycles {
  std::uint64_t latency = 0;   // from the first beat taken to the last of the first frame
  std::uint64_t interval = 0;  // the mean between the last beats of two frames, rounded up
  std::uint64_t total = 0;
};

// Percentages of cycles in which the source offers nothing and the sink takes nothing, at random from `seed`.
struct Stalls {
  unsigned source = 0;
  unsigned sink = 0;
  unsigned seed = 1;
};

template <class... Each>
class BoundedRun {
 public:
  BoundedRun(void (*top)(hls::stream<Each>&...), Run& run, Stalls stalls)
      : run_(run), stalls_(stalls), random_(stalls.seed), offered_(run.sources.size()), stall_(sizeof...(Each)) {
    visit(
        streams_,
        [this](BoundedStream& stream, std::size_t place) {
          region().stream(stream, is_input(place) ? run_.sources[place].name() : sink(place).name(), 2);
        },
        ALL{});
    call(top, streams_, ALL{});
  }

  // False for a deadlock, or frames that are not whole.
  bool frames(unsigned depth, Cycles& cycles) {
    for (auto& process : region().processes) process->reset(depth);
    for (BoundedStream* stream : region().streams) stream->clear();
    offered_.assign(offered_.size(), 0);
    first_ = 0;
    bool moves = true;
    for (std::uint64_t now = 0; run_.finished() < run_.frames() || moves || !is_offered(); ++now) {
      moves = false;
      for (auto& process : region().processes) moves = process->step(now) || moves;
      const bool stalls = draw();
      const std::size_t before = run_.finished();
      visit(
          streams_, [&](auto& stream, std::size_t place) { moves = this->move(stream, place, now) || moves; }, ALL{});
      if (run_.finished() > before) {
        if (before == 0) cycles.latency = now - first_;
        cycles.total = now - first_ + 1;
      }
      for (BoundedStream* stream : region().streams) stream->end_cycle();
      if (!moves && !stalls && run_.finished() < run_.frames()) {
        std::cerr << "deadlock in cycle " << now << " with pipelines of depth " << depth << ":\n";
        blame();
        return false;
      }
    }
    const std::uint64_t later = run_.frames() - 1;
    if (later > 0) cycles.interval = (cycles.total - 1 - cycles.latency + later - 1) / later;
    const bool is_empty = std::none_of(region().streams.begin(), region().streams.end(),
                                       [](const BoundedStream* stream) { return stream->can_read() && !stream->ahead; });
    return run_.is_whole(later, is_offered() && is_empty);
  }

 private:
  using ALL = std::index_sequence_for<Each...>;

  bool is_input(std::size_t place) const { return place < run_.sources.size(); }
  Sink& sink(std::size_t place) { return run_.sinks[place - run_.sources.size()]; }

  bool is_offered() const {
    for (std::size_t place = 0; place < offered_.size(); ++place) {
      if (offered_[place] < run_.sources[place].size()) return false;
    }
    return true;
  }

  // Draws which ports stall in this cycle; whether any does.
  bool draw() {
    bool any = false;
    for (std::size_t place = 0; place < stall_.size(); ++place) {
      stall_[place] = random_() % 100 < (is_input(place) ? stalls_.source : stalls_.sink);
      any = any || stall_[place];
    }
    return any;
  }

  // Offers or takes a beat at a port; whether one moved.
  template <class Beat>
  bool move(hls::stream<Beat>& stream, std::size_t place, std::uint64_t now) {
    if (stall_[place]) return false;
    if (!is_input(place)) {
      if (!stream.can_read()) return false;
      sink(place).take(stream.front());
      stream.take();
      return true;
    }
    std::size_t& offered = offered_[place];
    if (offered == run_.sources[place].size() || !stream.can_write()) return false;
    stream.offer(run_.sources[place].template given<Beat>(offered++));
    stream.give();
    if (first_ == 0) first_ = now + 1;
    return true;
  }

  // Names processes that wait for each other in a circle, or a chain of them that ends outside.
  void blame() const {
    std::set<const Process*> seen;
    const Process* process = nullptr;
    bool for_room = false;
    for (auto& each : region().processes) {
      if (each->blocked(for_room) && for_room) process = each.get();
    }
    if (!process) process = region().processes.back().get();
    for (int round = 0; round < 2; ++round) {  // the first round leads into the circle
      seen.clear();
      while (process && seen.insert(process).second) {
        const BoundedStream* stream = process->blocked(for_room);
        if (!stream) return;
        if (round == 1) {
          std::cerr << "  " << process->name << (for_room ? " waits for room in " : " waits for a beat of ")
                    << stream->name << " (" << stream->depth << " beats)\n";
        }
        const Process* other = stream->ends.front();
        process = other != process ? other : stream->ends.size() > 1 ? stream->ends.back() : nullptr;
      }
    }
  }

  Run& run_;
  Stalls stalls_;
  std::minstd_rand random_;
  std::uint64_t first_ = 0;  // cycle after the one in which the first beat was offered
  std::vector<std::size_t> offered_;
  std::vector<bool> stall_;
  std::tuple<hls::stream<Each>...> streams_;
};

// The numbers in "1,2,4".
inline std::vector<unsigned> numbers_in(const std::string& text) {
  std::vector<unsigned> numbers;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    numbers.push_back(static_cast<unsigned>(std::atoi(text.substr(at, end - at).c_str())));
    at = end + 1;
  }
  return numbers;
}

// One percentage for both ends, or source, sink and seed.
inline Stalls stalls_from(const std::string& text) {
  const std::vector<unsigned> given = numbers_in(text);
  const unsigned source = given.empty() ? 0 : given[0];
  return Stalls{source, given.size() > 1 ? given[1] : source, given.size() > 2 ? given[2] : 1};
}

// Runs `top` with pipelines of each of `depths`: NAME_bounded DEPTH[,DEPTH...] STALLS [INPUT [EXPECTED [FOUND]]], STALLS
// the percentage of cycles in which each end waits, or source,sink,seed. A line of cycles each; all give the same beats.
template <class... Each>
int run_bounded(void (*top)(hls::stream<Each>&...), const Ends& inputs, const Ends& outputs, int argc, char** argv) {
  const std::string depths = argc > 1 ? argv[1] : "1,2,4,8,16,32,64";
  const Stalls stalls = stalls_from(argc > 2 ? argv[2] : "0");
  const Files files = files_from(std::max(argc - 2, 1), argv + std::min(argc - 1, 2));
  Run run(inputs, outputs, files);
  if (!run.read()) return 2;
  BoundedRun<Each...> bounded(top, run, stalls);
  std::vector<Beats> first;
  for (const unsigned depth : numbers_in(depths)) {
    Cycles cycles;
    const bool is_first = first.empty();
    for (Sink& sink : run.sinks) sink.restart();
    if (!bounded.frames(depth, cycles)) return 1;
    for (std::size_t i = 0; i < run.sinks.size(); ++i) {
      if (is_first) first.push_back(run.sinks[i].beats_found());
      if (run.sinks[i].same(first[i])) continue;
      std::cerr << "pipelines of depth " << depth << " give other beats than those of depth "
                << numbers_in(depths).front() << '\n';
      return 1;
    }
    std::cout << "depth " << depth << ": latency " << cycles.latency << ", interval " << cycles.interval << ", total "
              << cycles.total << ", ";
    const int code = run.outcome();
    if (files.expected == "-") std::cout << run.frames() << " frames\n";
    if (code != 0) return code;
  }
  return 0;
}

}  // namespace hwgen

#endif  // HWGEN_BOUNDED_HPP
