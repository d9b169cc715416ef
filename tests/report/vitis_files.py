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
<Name>{top}_fc0_Pipeline_slots</Name>
<Loops><slots/></Loops>
<PerformanceEstimates>
<SummaryOfOverallLatency>
<Best-caseLatency>35</Best-caseLatency><Average-caseLatency>35</Average-caseLatency>
<Worst-caseLatency>35</Worst-caseLatency>
<PipelineInitiationInterval>35</PipelineInitiationInterval><PipelineType>no</PipelineType>
</SummaryOfOverallLatency>
<SummaryOfLoopLatency>
<slots>
<Name>slots</Name><TripCount>32</TripCount><Latency>34</Latency>
<PipelineII>1</PipelineII><PipelineDepth>4</PipelineDepth><PipelineType>yes</PipelineType><InstanceList/>
</slots>
</SummaryOfLoopLatency>
</PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>0</BRAM_18K><{dsp}>0</{dsp}><FF>300</FF><LUT>800</LUT>{uram}
</Resources></AreaEstimates>
</Module>
<Module>
<Name>{top}_fc0</Name>
<PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>36</Best-caseLatency><Worst-caseLatency>36</Worst-caseLatency>
<PipelineInitiationInterval>36 ~ 37</PipelineInitiationInterval>
</SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>0</BRAM_18K><{dsp}>0</{dsp}><FF>400</FF><LUT>1000</LUT>{uram}
</Resources></AreaEstimates>
</Module>
<Module>
<Name>{top}_fc1_s</Name>
<PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>undef</Best-caseLatency><Worst-caseLatency>undef</Worst-caseLatency>
<PipelineInitiationInterval>undef</PipelineInitiationInterval>
</SummaryOfOverallLatency>
<SummaryOfLoopLatency>
<slots>
<TripCount><range><min>1</min><max>32</max></range></TripCount><Latency>undef</Latency>
<PipelineII>1</PipelineII><PipelineDepth>6</PipelineDepth>
</slots>
</SummaryOfLoopLatency>
</PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>0</BRAM_18K><{dsp}>0</{dsp}><FF>500</FF><LUT>900</LUT>{uram}
</Resources></AreaEstimates>
</Module>
{edges}
</ModuleInformation>
<FIFOInformation>
<FIFOInst><Name>fc0_U</Name><ParentInst/><StaticDepth>6</StaticDepth><RuntimeDepth>mOutPtr</RuntimeDepth></FIFOInst>
</FIFOInformation>
</profile>
"""

EDGE = """<Module>
<Name>{name}</Name>
<PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>6</Best-caseLatency><Worst-caseLatency>6</Worst-caseLatency>
<PipelineInitiationInterval>6</PipelineInitiationInterval>
</SummaryOfOverallLatency>
<SummaryOfLoopLatency>
<slots><TripCount>4</TripCount><Latency>4</Latency><PipelineII>1</PipelineII><PipelineDepth>2</PipelineDepth></slots>
</SummaryOfLoopLatency>
</PerformanceEstimates>
<AreaEstimates><Resources>
<BRAM_18K>0</BRAM_18K><{dsp}>0</{dsp}><FF>9</FF><LUT>60</LUT>{uram}
</Resources></AreaEstimates>
</Module>"""

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
    edges = "\n".join(EDGE.format(name=f"{top}_{edge}", **names) for edge in ("axis_in", "axis_out"))
    return CSYNTH.format(version=version, top=top, clock=clock, edges=edges, **names)


def cosim(status: str = "Pass") -> str:
    """A <top>_cosim.rpt."""
    return COSIM.format(status=status)
