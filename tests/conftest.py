"""Settings for the plain Python tests."""

import pytest
from hypothesis import HealthCheck, settings

# Its comparisons are reported in detail, like those of the tests themselves.
pytest.register_assert_rewrite("stories")

# Generating the first examples of a run is slow. On a busy machine it takes long enough for
# Hypothesis to fail the test, although the time says nothing about the code under test.
settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plain")
