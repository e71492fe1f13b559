"""How severe what is found about a telephone system is."""

DANGER = "danger"  # nothing can work
WARNING = "warning"  # calls or their data are wrong or lost
INFO = "info"  # something to know

SEVERITIES = (DANGER, WARNING, INFO)  # the worst first
