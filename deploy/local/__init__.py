"""Everything on one machine: a real Kafka, a real MongoDB, the services, simulated neighbours."""
