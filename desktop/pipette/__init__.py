"""Pipette sends sequencing data to genomics platforms and proves that every byte arrived."""

__version__ = "0.1.0"
