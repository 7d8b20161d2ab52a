"""What goes into the images that stand in for those of Kafka and MongoDB."""
