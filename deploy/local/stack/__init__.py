"""A real Kafka and a real MongoDB for the demo, the tests and developers, with nothing installed by hand."""

from deploy.local.stack.running import Stack, running_stack
from deploy.local.stack.server import Server, StackError

__all__ = ["Server", "Stack", "StackError", "running_stack"]
