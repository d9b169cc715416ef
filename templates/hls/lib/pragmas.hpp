// SPDX-License-Identifier: Apache-2.0
// hwgen: what HLS tools differ on, in one place: pragmas, of which a plain compiler sees none, a builtin, and the types of
// tables.
#ifndef HWGEN_PRAGMAS_HPP
#define HWGEN_PRAGMAS_HPP

// In front of each function, so that every unit has hardware of its own: an attribute, as Bambu takes no HLS pragma out
// of a macro.
#define HWGEN_INLINE inline __attribute__((always_inline))

#define HWGEN_PRAGMA(text) _Pragma(#text)

#if defined(__BAMBU__)
// Unroll stands before the loop, as clang itself knows it; the scheduler pipelines and places memories by itself.
#define HWGEN_UNROLL_NEXT_LOOP _Pragma("unroll")
#define HWGEN_UNROLL
#define HWGEN_PIPELINE
#define HWGEN_CONTROL(protocol)
#define HWGEN_PARTITION(array, dimension)
#define HWGEN_RESHAPE(array, dimension)
#define HWGEN_ROM(array, memory)
#define HWGEN_RAM(array, memory)
#define HWGEN_FIFO(stream, memory)
#define HWGEN_MEMORY(pointer, from, words)
#define HWGEN_DISTANCE(array, slots)

#elif defined(__VITIS_HLS__) || defined(__SYNTHESIS__)
// Everything stands inside the loop or function that it governs.
#define HWGEN_UNROLL_NEXT_LOOP
#define HWGEN_UNROLL HWGEN_PRAGMA(HLS unroll)
// Flushing: slots that have begun go on where the next one waits for input, so that no frame waits for a later one.
#define HWGEN_PIPELINE HWGEN_PRAGMA(HLS pipeline II=1 style=flp)
// How the accelerator starts: ap_ctrl_none runs for ever, s_axilite takes a frame at each start.
#define HWGEN_CONTROL(protocol) HWGEN_PRAGMA(HLS interface mode=protocol port=return)
#define HWGEN_PARTITION(array, dimension) HWGEN_PRAGMA(HLS array_partition variable=array type=complete dim=dimension)
// All words of a dimension side by side, in one memory.
#define HWGEN_RESHAPE(array, dimension) HWGEN_PRAGMA(HLS array_reshape variable=array type=complete dim=dimension)
#define HWGEN_ROM(array, memory) HWGEN_PRAGMA(HLS bind_storage variable=array type=rom_1p impl=memory)
#define HWGEN_RAM(array, memory) HWGEN_PRAGMA(HLS bind_storage variable=array type=ram_s2p impl=memory)
#define HWGEN_FIFO(stream, memory) HWGEN_PRAGMA(HLS bind_storage variable=stream type=fifo impl=memory)
// An external memory of so many words, read in bursts; the address of the first comes as an input of its own (direct) or
// from a register (slave).
#define HWGEN_MEMORY(pointer, from, words) \
  HWGEN_PRAGMA(HLS interface mode=m_axi port=pointer bundle=pointer offset=from depth=words max_read_burst_length=16)
// A word written is read from memory this many slots later at the soonest.
#define HWGEN_DISTANCE(array, slots) HWGEN_PRAGMA(HLS dependence variable=array type=inter direction=RAW distance=slots true)

#else
#define HWGEN_UNROLL_NEXT_LOOP
#define HWGEN_UNROLL
#if defined(HWGEN_BOUNDED)  // the bounded simulation counts the slots, and holds the reads of memories against them
#define HWGEN_PIPELINE hwgen::next_slot();
#define HWGEN_DISTANCE(array, slots)                                            \
  auto& array##_words = array;                                                  \
  const hwgen::Distance array##_distance = {__FILE__, __LINE__, #array, slots}; \
  const auto array = hwgen::stated(array##_words, array##_distance);
#else
#define HWGEN_PIPELINE
#define HWGEN_DISTANCE(array, slots)
#endif
#define HWGEN_CONTROL(protocol)
#define HWGEN_PARTITION(array, dimension)
#define HWGEN_RESHAPE(array, dimension)
#define HWGEN_ROM(array, memory)
#define HWGEN_RAM(array, memory)
#define HWGEN_FIFO(stream, memory)
#define HWGEN_MEMORY(pointer, from, words)
#endif

// An element of a table: of just its bits where Vitis synthesises it, so that a memory's word has no others beside them.
#if defined(__SYNTHESIS__) && !defined(__BAMBU__)
#define HWGEN_BITS(bits, plain) ap_uint<bits>
#define HWGEN_NUMBER(bits, plain) ap_int<bits>
// Vitis documents no builtin that counts bits.
#define HWGEN_POPCOUNT(limb) hwgen::BitCount<64>::of(limb).to_uint()
#else
#define HWGEN_BITS(bits, plain) plain
#define HWGEN_NUMBER(bits, plain) plain
#define HWGEN_POPCOUNT(limb) static_cast<unsigned>(__builtin_popcountll(limb))
#endif

#endif  // HWGEN_PRAGMAS_HPP
