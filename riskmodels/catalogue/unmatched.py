"""Names of the policy, the scenarios and the risk register that no data have, and of data that these lack."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import pandas as pd

from riskmodels.catalogue.definitions import INDICATORS
from riskmodels.catalogue.entry import COUNTS, SUPPLIED, Indicator
from riskmodels.catalogue.strangers import likely_match
from riskmodels.labels import Said, names_in_languages
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import Risk, RiskRegister
from riskmodels.parameters.scenarios import Scenario
from riskmodels.parameters.shocks import Movement
from riskmodels.sources.drafts.code_words import code_likeness
from riskmodels.tables import CONTRACTS, Tables
from riskmodels.tables.names import Names, distinct, names_of

_ALIKE = 0.45  # likeness of a name to a code from which on it may be meant
_SCENARIO = {
    "product": "scenario product",
    "unit_id": "scenario unit",
    "channel": "scenario channel",
    "event_type": "scenario loss event",
}
_MOST = 500  # names, among which one like another is looked for


class Unmatched(NamedTuple):
    """One name that nothing else has, as a row of ``compare_names``."""

    kind: str
    where: str
    name: str
    likely_match: str
    effect: Said
    changes_figures: bool


def unmatched_names(
    tables: Tables,
    policy: Policy,
    *,
    register: RiskRegister | None = None,
    scenarios: Sequence[Scenario] = (),
) -> pd.DataFrame:
    """Compare the names in the tables with those of the parameter files, both ways; see ``compare_names``.

    Products and units of a changed definition (``breaks:`` of the source) are looked for, too (``break``).
    """
    return _frame(chain(_breaks(tables), _compared(names_of(tables), policy, register, scenarios)))


def compare_names(
    names: Names,
    policy: Policy,
    *,
    register: RiskRegister | None = None,
    scenarios: Sequence[Scenario] = (),
) -> pd.DataFrame:
    """Compare names in data with those of the parameter files, both ways.

    Parameters
    ----------
    names : mapping
        Table -> column of codes -> its names; a table that the source lacks is not in it.
    policy, register, scenarios
        Limits by product, indicators and peers; signals, controls and loss events; products and indicators.

    Returns
    -------
    DataFrame
        One row per name that meets nothing, those that change figures first: kind (``product``, ``limits by
        product``, ``scenario product``, ``scenario unit``, ``scenario channel``, ``scenario loss event``,
        ``scenario indicator``, ``risk signal``, ``risk control``, ``risk
        count``, ``loss event type``, ``indicator``, ``observation``, ``channel``, ``unit``, ``peers``),
        where (table and column, or file and dotted path), name, likely_match (empty where there is none),
        effect (what becomes of the figures, in words), changes_figures (whether a figure would be another
        one if the names met), said (what the effect's words are made of: JSON, as ``labels.say`` takes it).
        Indicators of the policy that no data give are told by ``indicators``.

    Notes
    -----
    Names are compared as they are written: a name in another spelling or language is another one.
    """
    return _frame(_compared(names, policy, register, scenarios))


def _compared(
    names: Names, policy: Policy, register: RiskRegister | None, scenarios: Sequence[Scenario]
) -> Iterator[Unmatched]:
    yield from _limits_by_product(names, policy)
    for scenario in scenarios:
        yield from _of_scenario(scenario, names, policy)
    if register is not None:
        yield from _of_risks(register, names, policy)
    yield from _indicators(names, policy)
    yield from _channels(names, policy)
    yield from _units(names, policy)


def _frame(found: Iterable[Unmatched]) -> pd.DataFrame:
    rows = [[*one, json.dumps(one.effect.facts, ensure_ascii=False)] for one in found]
    frame = pd.DataFrame(rows, columns=[*Unmatched._fields, "said"]).astype({"effect": "str"})
    return frame.sort_values("changes_figures", ascending=False, kind="stable", ignore_index=True)


def likely_name(name: str, known: Collection[str]) -> str:
    """Return what a name, or a code of it, most likely means; empty where nothing is like it."""

    def alike(other: str) -> float:
        return max(code_likeness(name, other), code_likeness(other, name))

    if len(known) > _MOST:
        return ""
    best = max(sorted(known), key=alike, default="")
    if best and alike(best) >= _ALIKE:
        return best
    return likely_match(name, sorted(known)) or ""


def _strange(
    names: Collection[str],
    known: Collection[str],
    kind: str,
    where: str,
    effect: Said,
    *,
    changes: bool = True,
) -> Iterator[Unmatched]:
    """Yield the names that are not known."""
    for name in sorted(set(names) - set(known)):
        yield Unmatched(kind, where, name, likely_name(name, known), effect, changes)


def _breaks(tables: Tables) -> Iterator[Unmatched]:
    effect = Said("the break concerns no series: forecasts learn across it")
    for table in tables.present:
        for place, change in enumerate(table.provenance.breaks):
            for column, name in change.where.items():
                known = distinct(table.relation, column) if column in CONTRACTS[table.name].names else ()
                at = f"source: tables.{table.name}.breaks.{place}.where.{column}"
                yield from _strange({name}, known, "break", at, effect)


def _limits_by_product(names: Names, policy: Policy) -> Iterator[Unmatched]:
    for indicator in policy.indicators:
        tables = _measured_in(INDICATORS.get(indicator.id), names)
        found = {table: set(names[table].get("product", ())) for table in tables}
        products = set().union(*found.values())
        limits = set(indicator.limits_by_product)
        if not products or not limits or indicator.limits is None:
            continue
        general = Said(
            "the general limits of {name} are used (amber {amber:g}, red {red:g})",
            name=names_in_languages(indicator),
            amber=indicator.limits.amber,
            red=indicator.limits.red,
        )
        for product in sorted(products - limits):
            where = ", ".join(f"{table}.product" for table, known in found.items() if product in known)
            yield from _strange({product}, limits, "product", where, general)
        yield from _strange(
            limits - products,
            products,
            "limits by product",
            f"policy: indicators.{indicator.id}.limits_by_product",
            Said("no product has these limits"),
            changes=False,
        )


def _measured_in(entry: Indicator | None, names: Names) -> list[str]:
    """List the tables whose products an indicator is cut by; none where it cannot be measured."""
    if entry is None:
        return []
    counted = entry.exposure and "complaints" not in names
    tables = [COUNTS if counted and one == "complaints" else one for one in entry.tables]
    return tables if set(tables) <= set(names) else []


def _of_scenario(scenario: Scenario, names: Names, policy: Policy) -> Iterator[Unmatched]:
    """Yield places and indicators of a scenario, each once, where it first names them."""
    said = set()
    for at, _, movement in scenario.movements():
        where = f"scenario {scenario.id}: {at}"
        for row in (*_felt(movement, where, names), *_moved(movement, where, policy)):
            if (row.kind, row.name) not in said:
                said.add((row.kind, row.name))
                yield row


def _felt(movement: Movement, where: str, names: Names) -> Iterator[Unmatched]:
    """Yield the places where a movement is felt that the data lack; nothing where they do not say them."""
    effect = Said("what is moved there does not apply")
    if movement.what == "complaints":
        effect = Said("no complaint is multiplied: the surge does not apply")
    table = "losses" if movement.event_type else "complaints"
    given = names.get(table, names.get(COUNTS) if table == "complaints" else None)
    if given is None:  # nothing is known of them
        return
    for place, name in movement.felt.items():
        known = given.get(place, () if place == "product" else None)
        if known is not None:
            yield from _strange({name}, known, _SCENARIO[place], f"{where}.{place}", effect)


def _moved(movement: Movement, where: str, policy: Policy) -> Iterator[Unmatched]:
    known = {one.id for one in policy.indicators}
    effect = Said("the policy has no such indicator: it is not moved")
    asked = {movement.indicator_id} - {""}
    yield from _strange(asked, known, "scenario indicator", f"{where}.indicator", effect)


def _of_risks(register: RiskRegister, names: Names, policy: Policy) -> Iterator[Unmatched]:
    known = {one.id for one in policy.indicators}
    events = names.get("losses", {}).get("event_type", ())
    for risk in register.risks:
        yield from _of_risk(risk, known, events)
    registered = {event for risk in register.risks for event in risk.event_types}
    if registered:
        effect = Said("these losses are in the figures of no risk")
        yield from _strange(events, registered, "loss event type", "losses.event_type", effect)


def _of_risk(risk: Risk, known: Collection[str], events: Collection[str]) -> Iterator[Unmatched]:
    at = f"risks: {risk.id}"
    signals = Said("no finding is put down to the risk by it")
    yield from _strange(risk.signals, known, "risk signal", f"{at}.signals", signals)
    carried_out = Said("it does not say how often the control is carried out")
    for control in risk.controls:
        where = f"{at}.controls.carried_out"
        yield from _strange(control.carried_out, known, "risk control", where, carried_out)
    counted = Said("its events are not counted: the register's range is used")
    counting = [risk.counted_by] if risk.counted_by else []
    yield from _strange(counting, known, "risk count", f"{at}.counted_by", counted)
    if events:
        effect = Said("no loss is counted for it: the register's range is used where there is none other")
        yield from _strange(risk.event_types, events, "loss event type", f"{at}.event_types", effect)


def _indicators(names: Names, policy: Policy) -> Iterator[Unmatched]:
    """Yield indicators of the policy that nobody defines, and observations of none of the policy's."""
    known = {one.id for one in policy.indicators}
    lacking = Said("the catalogue has no such indicator: it is never measured")
    yield from _strange(known, INDICATORS, "indicator", "policy: indicators", lacking)
    given = names.get(SUPPLIED, {}).get("indicator_id", ())
    unused = Said("the policy has no such indicator: its rows are not used")
    yield from _strange(given, known, "observation", f"{SUPPLIED}.indicator_id", unused)


def _channels(names: Names, policy: Policy) -> Iterator[Unmatched]:
    """Yield channels that an indicator counts and no row has, although another one may be meant by it."""
    for indicator in policy.indicators:
        entry = INDICATORS.get(indicator.id)
        column, *counted = (entry.only if entry else ()) or ("",)
        given = names.get(entry.table, {}).get("channel", ()) if entry else ()
        if column != "channel" or not given:
            continue
        effect = Said("{name} counts no row of this channel", name=names_in_languages(indicator))
        rows = _strange(set(counted), given, "channel", f"catalogue: {indicator.id}", effect)
        none = not set(counted) & set(given)
        yield from (row for row in rows if none or row.likely_match)


def _units(names: Names, policy: Policy) -> Iterator[Unmatched]:
    """Yield units without a row, rows of no unit, and peers that the units do not tell."""
    units = names.get("units", {})
    if "unit_id" not in units:
        return
    having = {table: set(columns.get("unit_id", ())) for table, columns in names.items() if table != "units"}
    nothing, met = Said("the unit has no row: it is in no figure"), set().union(*having.values())
    if {"complaints", COUNTS} & set(names):  # else there is much that is not known
        yield from _strange(units["unit_id"], met, "unit", "units.unit_id", nothing, changes=False)
    for table, found in having.items():
        rejected = Said("the table of units lacks it: its rows are rejected")
        yield from _strange(found, units["unit_id"], "unit", f"{table}.unit_id", rejected)
    peers = policy.rating.peers
    if peers != "bank" and not units.get(peers):
        alike = Said("the units do not say it: all units are peers")
        yield Unmatched("peers", "policy: rating.peers", peers, "", alike, changes_figures=True)
