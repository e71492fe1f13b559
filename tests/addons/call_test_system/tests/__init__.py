from . import test_bellphone
