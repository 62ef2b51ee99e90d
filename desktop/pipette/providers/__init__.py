"""One adapter per service, all behind the same small protocol."""
