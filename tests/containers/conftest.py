"""What `make test-containers` shows of images and containers; without an engine and images nothing is collected."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.engine.debian_packages import why_not_here
from deploy.local.service_process import IMAGES
from deploy.local.stack.docker_engine import docker_engine

if IMAGES not in os.environ:
    collect_ignore_glob = ["test_*.py"]
elif why_not_here():
    collect_ignore = ["test_private_engine.py"]


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """The Docker engine that this run uses."""
    found = docker_engine()
    assert found is not None
    yield found
    found.close()
