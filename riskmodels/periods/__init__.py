"""Quarters and working days."""
