"""`make demo`: one person's journey on a real Kafka and MongoDB, shown live."""
