from . import call_bench_row
