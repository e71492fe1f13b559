"""How examples are made up in the plain Python tests."""

from hypothesis import HealthCheck, settings

# The first examples of a run are slow to make up, on a busy machine slow enough to be taken for
# a fault of the test: how long an example takes says nothing about the reading of it.
settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plain")
