"""What crosses a service's border: messages, values, envelope and topics. Imports nothing of ours."""
