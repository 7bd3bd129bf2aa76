"""When a row of counts begins, and what it covers: a month or a longer period."""

from dataclasses import replace

from riskmodels.tables.contracts import Column, Rule

MONTH = Column(name="month", type="date", words="first day of the month", required=True)

MONTH_RULE = Rule(
    name="month starts on day 1", holds="day(month) = 1", words="month is a first day", column="month"
)
PERIOD = Column(
    name="period",
    type="code",
    words="what a row covers",
    required=True,
    domain=("month", "quarter", "half_year", "year"),
)
PERIOD_RULE = Rule(
    name="period starts on day 1",
    holds="period_start = date_trunc(CASE period WHEN 'quarter' THEN period ELSE 'month' END, period_start)",
    words="period_start is the first day of its month or quarter, or of a month where a year may begin",
)

MONTH_OF_PERIOD = replace(MONTH, words="first day of the month, or of the longer period")
QUARTER_RULE = replace(
    PERIOD_RULE,
    name="quarter starts a quarter",
    holds="period <> 'quarter' OR month = date_trunc('quarter', month)",
    words="the month of a quarter is its first one",
)
