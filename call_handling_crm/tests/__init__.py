from . import test_lead, test_lead_handed_over
