"""Working days: the ones that were announced, make-up days included."""

from datetime import date

import pytest

from riskmodels.errors import ParameterError
from riskmodels.periods.workdays import working_days


def worked(country: str, start: str, end: str) -> str:
    """Mark each day from start to end: 1 worked, 0 not."""
    days = working_days(date.fromisoformat(start), date.fromisoformat(end), country=country)
    return "".join(map(str, days["working_index"].diff().fillna(days["working_index"]).astype(int)))


@pytest.mark.parametrize(
    ("start", "end", "marks"),
    [
        ("2024-02-03", "2024-02-19", "01111110000000011"),  # Spring Festival; Sundays the 4th and 18th worked
        ("2024-09-14", "2024-09-18", "10001"),  # Mid-Autumn; Saturday the 14th worked
        ("2024-09-28", "2024-10-13", "0110000000111110"),  # National Day; Sunday the 29th, Saturday the 12th
        ("2025-01-26", "2025-02-09", "110000000011110"),  # Spring Festival; Sunday the 26th, Saturday the 8th
        ("2026-02-14", "2026-02-28", "100000000011111"),  # Spring Festival of nine days
    ],
)
def test_chinese_days_are_the_announced_ones(start: str, end: str, marks: str) -> None:
    """Source: General Office of the State Council, holiday arrangements for 2024, 2025 and 2026."""
    assert worked("CN", start, end) == marks


def test_american_days() -> None:
    assert worked("US", "2024-11-25", "2024-12-02") == "11101001"  # Thanksgiving on the 28th
    assert worked("US", "2024-07-03", "2024-07-05") == "101"
    assert worked("US", "2024-10-01", "2024-10-05") == "11110"  # no Chinese holiday, no make-up day


def test_the_index_counts_from_the_first_day_and_never_falls() -> None:
    days = working_days(date(2024, 1, 1), date(2024, 12, 31), country="CN")
    assert len(days) == 366
    assert days["working_index"].iloc[0] == 0  # New Year's Day
    assert days["working_index"].iloc[-1] == 251  # as announced
    assert days["working_index"].diff().dropna().isin([0, 1]).all()


def test_one_day_is_enough() -> None:
    assert list(working_days(date(2024, 5, 6), date(2024, 5, 6), country="US")["working_index"]) == [1]


def test_a_country_without_a_calendar_is_refused() -> None:
    with pytest.raises(ParameterError, match="no calendar of working days is known for the country 'XX'"):
        working_days(date(2024, 1, 1), date(2024, 1, 2), country="XX")


@pytest.mark.parametrize("year", [1999, 2036])
def test_years_that_a_country_s_calendar_does_not_know_have_the_days_of_every_year(year) -> None:
    assert worked("IN-MH", f"{year}-08-13", f"{year}-08-16")[-2] == "0"  # Independence Day


@pytest.mark.parametrize("country", ["GB-", "-ENG", ""])
def test_a_part_without_a_name_is_none(country) -> None:
    with pytest.raises(ParameterError, match="no calendar of working days is known"):
        worked(country, "2024-01-01", "2024-01-02")
