"""The practice place: a strict S3 service on loopback with faults on demand, and sample data."""
