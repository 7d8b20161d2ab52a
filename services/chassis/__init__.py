"""The one way a service consumes, decides, saves and publishes."""
