"""Stand-ins with state for what the tests cannot bring along: a queue, a service, a clock."""
