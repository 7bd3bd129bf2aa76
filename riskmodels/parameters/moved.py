"""What scenarios move, in words."""

from riskmodels.labels import label, marked, plain_label
from riskmodels.parameters.shocks import Movement

WORDS = {
    "complaints": marked("complaints"),
    "enquiries": marked("enquiries and calls"),
    "staff": marked("handlers at work"),
    "handling_time": marked("handling time of a case"),
    "limit": marked("limits of {indicator}"),
    "loss_frequency": marked("number of losses"),
    "loss_severity": marked("size of a loss"),
    "redress": marked("redress"),
    "fine": marked("fines"),
}
_FELT = {
    "product": marked("{name}"),
    "unit_id": marked("unit {name}"),
    "channel": marked("channel {name}"),
    "category": marked("category {name}"),
    "team": marked("team {name}"),
    "event_type": marked("{name}"),
}


def moved_words(movement: Movement, indicator: str) -> str:
    """Say what is moved and where; ``indicator`` is what its indicator is called."""
    words = WORDS.get(movement.what)
    what = indicator if words is None else label(words, indicator=indicator)
    felt = [label(_FELT[place], name=plain_label(name)) for place, name in movement.felt.items()]
    return f"{what} ({', '.join(felt)})" if felt else what
