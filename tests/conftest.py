"""Settings of Hypothesis for the plain Python tests."""

from hypothesis import HealthCheck, settings

# Generating the first examples of a run is slow. On a busy machine it takes long enough for
# Hypothesis to fail the test, although the time says nothing about the code under test.
settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plain")
