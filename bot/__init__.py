"""Homeroom: a study cohort inside the chat that its members already use."""

__version__ = "0.1.0"
