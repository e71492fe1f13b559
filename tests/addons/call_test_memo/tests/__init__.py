from . import test_memo
