from . import test_quotation, test_unpaid
