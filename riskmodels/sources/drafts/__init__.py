"""A first source file for a file that nobody described: what its columns look like, and what they may be."""

from riskmodels.sources.drafts.drafting import Draft, draft_source

__all__ = ["Draft", "draft_source"]
