"""The HLS C++ back end."""

from hwgen.backends.hls.emit import Options, emit, vectors

__all__ = ["Options", "emit", "vectors"]
