# The mixins first: models with sums inherit from them.
# isort: off
from . import call_sums_mixin, call_figures_mixin
from . import call_part_report_day, call_report_day, call_report_hour
from . import call_report_live, marking, reading, res_company
