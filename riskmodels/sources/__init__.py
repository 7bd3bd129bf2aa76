"""Data comes in: source files map CSV or Parquet to the canonical tables."""

from riskmodels.sources.ingestion import ingest
from riskmodels.sources.mapping import Source, load_source

__all__ = ["Source", "ingest", "load_source"]
