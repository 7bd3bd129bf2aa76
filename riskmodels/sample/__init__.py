"""A synthetic bank whose truth is known: drawn from a seed, written as Parquet."""

from riskmodels.sample.bank import SampleBank, sample_bank
from riskmodels.sample.files import write_sample_bank

__all__ = ["SampleBank", "sample_bank", "write_sample_bank"]
