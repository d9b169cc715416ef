// SPDX-License-Identifier: Apache-2.0
// hwgen: hls::stream with a depth and a clock, for the bounded simulation; stands in front of the HLS tool's own header.
#ifndef HWGEN_BOUNDED_HLS_STREAM_H
#define HWGEN_BOUNDED_HLS_STREAM_H

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "memory.hpp"

namespace hwgen {

class Process;

// What all streams have: beats that can be read, and those that are under way in the writer's pipeline.
class BoundedStream {
 public:
  virtual ~BoundedStream() = default;

  bool can_read() const { return held_ > 0; }
  // A full stream takes nothing until the cycle after a read.
  bool can_write() const { return held_ < depth; }

  void take() {
    drop();
    taken_ = true;
  }
  // Lets the oldest beat under way arrive.
  void give() {
    arrive();
    given_ = true;
  }
  void end_cycle() {
    held_ += given_;
    held_ -= taken_;
    given_ = taken_ = false;
  }

  // Starts over without beats.
  void clear() {
    lose();
    held_ = 0;
    given_ = taken_ = false;
  }

  std::string name = "stream";
  std::size_t depth = 2;
  std::vector<const Process*> ends;
  bool ahead = false;  // carries what external memories gave, for frames to come as well

 protected:
  virtual void lose() = 0;
  virtual void drop() = 0;
  virtual void arrive() = 0;

 private:
  std::size_t held_ = 0;
  bool given_ = false;
  bool taken_ = false;
};

// Called by reads and writes of the process that runs.
void wait_for(BoundedStream& stream);
void note_write(BoundedStream& stream);
// Called where a loop's iteration starts.
void next_slot();

}  // namespace hwgen

namespace hls {

template <class T>
class stream : public hwgen::BoundedStream {
 public:
  stream() = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  T read() {
    hwgen::wait_for(*this);
    return arrived_.front();
  }
  void write(const T& value) {
    coming_.push_back(value);
    hwgen::note_write(*this);
  }
  // For the two ends of the chip, which are no processes.
  void offer(const T& value) { coming_.push_back(value); }
  const T& front() const { return arrived_.front(); }

 private:
  void lose() override {
    arrived_.clear();
    coming_.clear();
  }
  void drop() override { arrived_.pop_front(); }
  void arrive() override {
    arrived_.push_back(coming_.front());
    coming_.pop_front();
  }

  std::deque<T> arrived_;
  std::deque<T> coming_;
};

}  // namespace hls

#endif  // HWGEN_BOUNDED_HLS_STREAM_H
