"""Data comes in: source files map CSV, Parquet, Excel and databases to the canonical tables."""

from riskmodels.sources.drafts.drafting import Draft, draft_source
from riskmodels.sources.ingestion import ingest
from riskmodels.sources.layout import check_layout
from riskmodels.sources.mapping import Source, load_source, unfilled

__all__ = ["Draft", "Source", "check_layout", "draft_source", "ingest", "load_source", "unfilled"]
