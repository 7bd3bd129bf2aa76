"""What people read: listings, plots, the document, its front page and its exports."""
