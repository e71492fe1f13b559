from . import test_private_fields
