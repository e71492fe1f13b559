# The mixins first: the reports inherit from them.
# isort: off
from . import call_report_mixin, call_fact_mixin
from . import call_callback_report, call_part_report, call_report, timesheets_analysis_report
from . import stored
from . import dashboard
from . import wallboard
