"""Grades exercises on recurrent networks: student code gives evidence, a trusted judge gives the verdict."""

__version__ = "0.1.0"
