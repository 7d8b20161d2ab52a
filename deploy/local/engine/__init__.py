"""A Docker engine and images for tests on a machine that may have neither."""
