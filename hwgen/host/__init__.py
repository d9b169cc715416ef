"""The host's side of a design: one driver wherever it runs. Importing it takes numpy and nothing else.

driver = hwgen.open_driver("out", "rtl")        # or "golden"; "pynq" with bitfile="design.bit" on a board
classes = driver.predict(images)
"""

from hwgen.host.driver import Driver, Throughput
from hwgen.host.open import PLACES, open_driver
from hwgen.host.transport import Control, Transport, Transports

__all__ = ["PLACES", "Control", "Driver", "Throughput", "Transport", "Transports", "open_driver"]
