"""The cycle model by runs of whole networks over many frames, every time kept: slow, and what the other is held to."""
