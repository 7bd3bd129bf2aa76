"""Groups of customers beside each other, and units in their orders."""

from riskmodels.comparisons.complaint_orders import order_complaints, unit_funnel
from riskmodels.comparisons.gaps import CustomerGaps, customer_gaps
from riskmodels.comparisons.orders import Orders, rank_by_measures

__all__ = ["CustomerGaps", "Orders", "customer_gaps", "order_complaints", "rank_by_measures", "unit_funnel"]
