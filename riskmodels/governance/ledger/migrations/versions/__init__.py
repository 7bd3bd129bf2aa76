"""The schemas of the ledger, in their order."""
