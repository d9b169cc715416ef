// SPDX-License-Identifier: Apache-2.0
// hwgen: the pragmas on which HLS tools differ, in one place; a plain compiler sees none of them.
#ifndef HWGEN_PRAGMAS_HPP
#define HWGEN_PRAGMAS_HPP

#define HWGEN_PRAGMA(text) _Pragma(#text)

#if defined(__BAMBU__)
// Unroll stands before the loop; the scheduler pipelines and places memories by itself.
#define HWGEN_UNROLL_NEXT_LOOP HWGEN_PRAGMA(HLS unroll)
#define HWGEN_UNROLL
#define HWGEN_PIPELINE
#define HWGEN_PIPELINE_WHILE
#define HWGEN_INLINE HWGEN_PRAGMA(HLS inline)
#define HWGEN_CONTROL(protocol)
#define HWGEN_PARTITION(array, dimension)
#define HWGEN_RESHAPE(array, dimension)
#define HWGEN_ROM(array, memory)
#define HWGEN_RAM(array, memory)
#define HWGEN_DISTANCE(array, slots)

#elif defined(__VITIS_HLS__) || defined(__SYNTHESIS__)
// Everything stands inside the loop or function that it governs.
#define HWGEN_UNROLL_NEXT_LOOP
#define HWGEN_UNROLL HWGEN_PRAGMA(HLS unroll)
// The next frame follows at once where the loop counts its slots; a loop with a condition cannot be rewound.
#define HWGEN_PIPELINE HWGEN_PRAGMA(HLS pipeline II=1 rewind)
#define HWGEN_PIPELINE_WHILE HWGEN_PRAGMA(HLS pipeline II=1)
#define HWGEN_INLINE HWGEN_PRAGMA(HLS inline)
// How the accelerator starts: ap_ctrl_none runs for ever, s_axilite takes a frame at each start.
#define HWGEN_CONTROL(protocol) HWGEN_PRAGMA(HLS interface mode=protocol port=return)
#define HWGEN_PARTITION(array, dimension) HWGEN_PRAGMA(HLS array_partition variable=array type=complete dim=dimension)
// All words of a dimension side by side, in one memory.
#define HWGEN_RESHAPE(array, dimension) HWGEN_PRAGMA(HLS array_reshape variable=array type=complete dim=dimension)
#define HWGEN_ROM(array, memory) HWGEN_PRAGMA(HLS bind_storage variable=array type=rom_1p impl=memory)
#define HWGEN_RAM(array, memory) HWGEN_PRAGMA(HLS bind_storage variable=array type=ram_s2p impl=memory)
// A word written is read from memory this many slots later at the soonest.
#define HWGEN_DISTANCE(array, slots) HWGEN_PRAGMA(HLS dependence variable=array type=inter direction=RAW distance=slots true)

#else
#define HWGEN_UNROLL_NEXT_LOOP
#define HWGEN_UNROLL
#if defined(HWGEN_BOUNDED)  // the bounded simulation counts the slots
#define HWGEN_PIPELINE hwgen::next_slot();
#define HWGEN_PIPELINE_WHILE hwgen::next_slot();
#else
#define HWGEN_PIPELINE
#define HWGEN_PIPELINE_WHILE
#endif
#define HWGEN_INLINE
#define HWGEN_CONTROL(protocol)
#define HWGEN_PARTITION(array, dimension)
#define HWGEN_RESHAPE(array, dimension)
#define HWGEN_ROM(array, memory)
#define HWGEN_RAM(array, memory)
#define HWGEN_DISTANCE(array, slots)
#endif

#endif  // HWGEN_PRAGMAS_HPP
