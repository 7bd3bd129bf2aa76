"""Data comes in: source files map CSV, Parquet, Excel and databases to the canonical tables."""

from riskmodels.sources.ingestion import ingest
from riskmodels.sources.layout import check_layout
from riskmodels.sources.mapping import Source, load_source, unfilled

__all__ = ["Source", "check_layout", "ingest", "load_source", "unfilled"]
