"""The ledger: an append-only log of what was found, done, judged and decided, and the state it leads to."""

from riskmodels.governance.ledger.backups import back_up, restore
from riskmodels.governance.ledger.chain import Head, Verification
from riskmodels.governance.ledger.records import RECORDS, Record
from riskmodels.governance.ledger.store import Ledger, open_ledger

__all__ = ["RECORDS", "Head", "Ledger", "Record", "Verification", "back_up", "open_ledger", "restore"]
