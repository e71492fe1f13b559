from . import test_bellphone, test_stories
