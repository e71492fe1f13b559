from . import test_traces
