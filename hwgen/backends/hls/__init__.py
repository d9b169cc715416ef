"""The HLS C++ back end."""

from hwgen.backends.hls.emit import emit, vectors

__all__ = ["emit", "vectors"]
