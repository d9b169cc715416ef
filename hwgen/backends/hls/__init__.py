"""The HLS C++ back end."""

from hwgen.backends.hls.emit import Options, emit, vectors, word_flags

__all__ = ["Options", "emit", "vectors", "word_flags"]
