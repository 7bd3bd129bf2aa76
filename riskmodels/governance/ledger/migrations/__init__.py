"""Migrations of the ledger: the log of events never changes, its views do."""
