"""Nouns and decisions: plain values and pure functions. Imports only the standard library."""
