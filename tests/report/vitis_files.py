"""Report files of Vitis HLS, written by hand in the documented formats."""

from __future__ import annotations

CSYNTH = """<?xml version='1.0'?>
<profile>
<ReportVersion><Version>{version}</Version></ReportVersion>
<UserAssignments>
<unit>ns</unit><ProductFamily>zynq</ProductFamily><Part>xc7z020-clg400-1</Part><TopModelName>{top}</TopModelName>
<TargetClockPeriod>5.00</TargetClockPeriod><ClockUncertainty>1.35</ClockUncertainty><FlowTarget>vivado</FlowTarget>
</UserAssignments>
<PerformanceEstimates>
<PipelineType>dataflow</PipelineType>
<SummaryOfTimingAnalysis><unit>ns</unit><EstimatedClockPeriod>{clock}</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency>
<unit>clock cycles</unit>
<Best-caseLatency>70</Best-caseLatency><Average-caseLatency>72</Average-caseLatency>
<Worst-caseLatency>75</Worst-caseLatency>
<Interval-min>48</Interval-min><Interval-max>50</Interval-max>
</SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
<Resources><BRAM_18K>3</BRAM_18K><{dsp}>0</{dsp}><FF>1234</FF><LUT>2345</LUT>{uram}</Resources>
<AvailableResources>
<BRAM_18K>280</BRAM_18K><{dsp}>220</{dsp}><FF>106400</FF><LUT>53200</LUT>{uram}
</AvailableResources>
</AreaEstimates>
<ModuleInformation>
<Module>
<Name>{top}_fc0</Name>
<PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>26</Best-caseLatency><Worst-caseLatency>26</Worst-caseLatency>
<Interval-min>24</Interval-min><Interval-max>24</Interval-max>
</SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>1</BRAM_18K><{dsp}>0</{dsp}><FF>400</FF><LUT>1000</LUT>{uram}
</Resources></AreaEstimates>
</Module>
<Module>
<Name>{top}_fc1_s</Name>
<PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>undef</Best-caseLatency><Worst-caseLatency>undef</Worst-caseLatency>
<Interval-min>undef</Interval-min><Interval-max>undef</Interval-max>
</SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>2</BRAM_18K><{dsp}>0</{dsp}><FF>500</FF><LUT>900</LUT>{uram}
</Resources></AreaEstimates>
</Module>
</ModuleInformation>
</profile>
"""

_RULE = "+----------+----------+-----------------+-----------------+----------------------+"
COSIM = f"""
Report time       : Mon Jan 01 00:00:00 UTC 2024.
Solution          : solution.
Simulation tool   : xsim.

{_RULE}
|          |          |  Latency(Clock Cycles)  |  Interval(Clock Cycles)  | Total Execution Time |
+   RTL    +  Status  +-----------------+-----------------+    (Clock Cycles)    +
|          |          |  min  |  avg  |  max  |  min  |  avg  |  max  |                      |
{_RULE}
|      VHDL|        NA|     NA|     NA|     NA|     NA|     NA|     NA|                    NA|
|   Verilog|{{status:>10}}|     71|     73|     74|     48|     49|     50|                   900|
{_RULE}
"""


def csynth(version: str = "2023.2", top: str = "net", clock: str = "3.552") -> str:
    """A csynth.xml as releases wrote it: DSP48E and no URAM at first, all elements later."""
    old = version.startswith("2020")
    names = {"dsp": "DSP48E", "uram": ""} if old else {"dsp": "DSP", "uram": "<URAM>0</URAM>"}
    return CSYNTH.format(version=version, top=top, clock=clock, **names)


def cosim(status: str = "Pass") -> str:
    """A <top>_cosim.rpt."""
    return COSIM.format(status=status)
