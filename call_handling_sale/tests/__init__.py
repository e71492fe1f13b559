from . import test_quotation, test_quotation_handed_over, test_unpaid
