"""What is said of a cause, from its figures."""

from collections.abc import Mapping
from typing import Any, Final

from riskmodels.display import shown_portion
from riskmodels.labels import label, marked, plain_label

CAUSE_STATUS: Final = {
    "supported": marked("supported by data"),
    "not_supported": marked("not supported"),
    "presumed": marked("presumed"),
}
_LEAST_P: Final = 0.01  # below, draws say no more
_SEGMENT: Final = marked(
    "{name}: {now:,.0f} complaints from {first} to {last} where {expected:,.0f} were expected by the year"
    " before ({excess:+,.0f}, 90% {lower:+,.0f} to {upper:+,.0f}); best of {searched:,.0f} segments, p {p}."
)
_UNIT: Final = marked(
    "{now:,.0f} complaints from {first} to {last} where the rates of all others give {expected:,.0f}"
    " ({excess:+,.0f}, 90% {lower:+,.0f} to {upper:+,.0f}; p {p})"
)
_WHEN: Final = marked("{said} It builds up from {since} on; the month with most of it is {peak}: {of_it}.")
_CASES: Final = {
    "segment": marked("{segment} It is no single unit's: the one with most of it, {largest}, has {share}."),
    "one_unit": marked("{segment} Most of it is {largest}'s: {share}."),
    "may_be_unit": marked("{segment} {largest} has {share} of it, which may be chance."),
    "its_unit": marked("{segment}"),
    "unit_all": marked(
        "{unit}; all its products share it alike, so that the unit itself is the place to look."
    ),
    "unit_product": marked("{unit}; most of it is in {largest}: {share}."),
    "as_peers": marked("{unit}: within what chance explains."),
    "nothing": marked(
        "From {first} to {last} no segment stands out beyond chance against the year before,"
        " among {searched:,.0f} searched."
    ),
    "elsewhere": marked(
        "From {first} to {last} what stands out against the year before is elsewhere;"
        " {searched:,.0f} segments were searched."
    ),
    "no_count": marked("Presumed from the risk register: no count of complaints speaks for or against it."),
    "no_table": marked("Presumed from the risk register: the source has no complaints to look at."),
    "no_year_before": marked(
        "Presumed from the risk register: no month is known in this year and the one before."
    ),
    "no_row": marked("Presumed from the risk register: there is no complaint in one of the two years."),
    "no_dimension": marked(
        "Presumed from the risk register: complaints have no product, unit or channel to compare."
    ),
    "no_peers": marked(
        "Presumed from the risk register: no other unit has such products and known accounts."
    ),
}


def segment_name(segment: str) -> str:
    """Name a segment in plain words.

    >>> segment_name("credit_card × south")
    'credit card × south'
    """
    return " × ".join(plain_label(one) for one in segment.split(" × "))


def said_cause(row: Mapping[Any, Any]) -> str:
    """Say in a few sentences what the data say of a cause."""
    figures = dict(row) | {
        "name": segment_name(str(row["segment"])),
        "p": f"{row['p_value']:.2g}" if row["p_value"] > _LEAST_P else "≤ 0.01",
        "share": shown_share(row["largest_share"]),
        "largest": plain_label(str(row["largest"])),
    }
    case = str(row["case"])
    if case in ("segment", "one_unit", "may_be_unit", "its_unit"):
        figures["segment"] = label(_SEGMENT, figures)
    elif case in ("unit_all", "unit_product", "as_peers"):
        figures["unit"] = label(_UNIT, figures)
    said = label(_CASES[case], figures)
    if not row["peak"]:
        return said
    return label(_WHEN, figures, said=said, of_it=shown_share(row["peak_share"]))


def shown_share(share: float) -> str:
    """Write the share of an excess; one part may have more than all of it, where others fell."""
    return label("all of it and more") if share >= 1 else shown_portion(share)
