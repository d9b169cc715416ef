"""hwgen: binarised and few-bit neural networks as streaming FPGA accelerators.

From a file to a project on disk, and what it will do:

    graph = hwgen.load("tfc.onnx", input_type="uint8", input_scale=1 / 255)
    design = hwgen.compile(graph, folding={"fc0": {"pe": 16, "simd": 49}}).write("out")
    print(design.estimate().fps)
"""

from hwgen.config import VERSION
from hwgen.errors import HwgenError
from hwgen.flow import Accelerator, compile, load, open_project

__all__ = ["Accelerator", "HwgenError", "compile", "load", "open_project"]
__version__ = VERSION
