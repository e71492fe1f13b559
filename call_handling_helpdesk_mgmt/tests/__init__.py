from . import test_ticket, test_ticket_handed_over
