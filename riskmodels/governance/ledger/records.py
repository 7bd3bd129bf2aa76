"""What is recorded: findings, actions, effects, exceptions, proposals, decisions, releases; a class each."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from riskmodels.errors import ParameterError
from riskmodels.governance.ledger.chain import canonical
from riskmodels.misfits import misfit_words
from riskmodels.privacy import mask_code, mask_personal_data, mask_values

_ALL = "the whole file: "  # what a misfit of no single value begins with
_LONGEST_CODE, _LONGEST_TEXT = 100, 10_000  # characters; a record is read by people
_LONGEST_DECISION = 150  # characters: an id, its table and its version
_LONGEST_FACTS = 200_000  # characters: a finding may list all units


def plain_text(text: str) -> str:
    """Mask personal data: what is appended cannot be taken out again; raises ValueError for no plain text."""
    if not text.isprintable() and any(ord(sign) < ord(" ") and sign not in "\n\t" for sign in text):
        raise ValueError("has control characters; expected plain text")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("has signs that are not in UTF-8; expected plain text")
    return mask_personal_data(text.strip())  # blanks are no evidence, and no reason


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _code(text: str) -> str:
    return mask_code(text).replace(" ", "_")  # lists of codes have blanks between


def _facts(text: str) -> str:
    """Take JSON with named figures, the texts in it without personal data."""
    try:
        return canonical(mask_values(dict(json.loads(text))))
    except (TypeError, ValueError):
        raise ValueError('is no JSON with named figures; expected e.g. {"amber": 0.5}') from None


Code = Annotated[str, Field(min_length=1, max_length=_LONGEST_CODE, pattern=r"^\S+$"), AfterValidator(_code)]
Facts = Annotated[str, Field(max_length=_LONGEST_FACTS), AfterValidator(_facts)]
Text = Annotated[str, Field(max_length=_LONGEST_TEXT), AfterValidator(plain_text)]
Said = Annotated[Text, Field(min_length=1)]
Figure = Annotated[float | None, Field(allow_inf_nan=False), BeforeValidator(_known)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16,128}$", description="16 to 128 hexadecimal digits")]
Quarter = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$", description="quarter, e.g. 2026Q3")]
OptionalQuarter = Annotated[str, Field(pattern=r"^(\d{4}Q[1-4])?$", description="quarter, e.g. 2026Q3")]


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the digest of a record's values: what an approval is bound to."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


class Record(BaseModel):
    """One state of one thing. Roles and units stand in it, never persons.

    ``table`` is what its kind is called, ``key`` the column that identifies it, ``refers`` which columns name
    records of which other kind (blanks between several); of a kind that is written ``once`` no second version
    is taken, and one that is ``decided`` counts only from its approval until its expiry.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    table: ClassVar[str] = ""
    key: ClassVar[str] = ""
    refers: ClassVar[Mapping[str, str]] = {}
    once: ClassVar[bool] = False
    decided: ClassVar[bool] = False

    @property
    def id(self) -> str:
        """Return its identifier."""
        return str(getattr(self, self.key))

    @property
    def content(self) -> dict[str, Any]:
        """Return its values as JSON has them."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """Return the digest of its values."""
        return digest_of(self.content)

    @classmethod
    def made(cls, values: Mapping[str, Any], *, where: str = "") -> Self:
        """Make a record of values, dates and numbers also as texts; raises ParameterError for others."""
        try:
            return cls.model_validate(dict(values), strict=False)
        except ValidationError as error:
            words = "\n  ".join(one.removeprefix(_ALL) for one in misfit_words(error, cls))
            raise ParameterError(f"{where or cls.table} does not fit:\n  {words}") from None


class Finding(Record):
    """One thing found, by an assessment or elsewhere; the same problem has the same id in every quarter."""

    table, key = "findings", "finding_id"
    finding_id: Code
    period: OptionalQuarter = ""
    rule: Code = Field(description="criterion of an assessment, or what was looked at elsewhere")
    subject_kind: Code
    subject: Text = Field(default="", description="unit, product, risk or what else; empty: the bank")
    indicator_id: Text = ""
    severity: Literal["red", "amber", "watch", "unclear", "passed"]
    value: Figure = None
    estimate: Figure = None
    limit: Figure = None
    probability: Figure = None
    figures: Facts = "{}"
    status: Literal["new", "continuing", "worse", "better", "closed", "reopened"] = "new"
    source: Literal[
        "assessment", "audit", "inspection", "mystery_shopper", "regulator", "violation", "other"
    ] = "assessment"
    evidence: Text = ""
    due_on: date | None = None
    grade: Text = Field(default="", description="of a confirmed violation, e.g. serious")

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if self.source != "assessment" and not self.evidence:
            raise ValueError(
                f"a finding of source '{self.source}' needs its evidence, e.g. the report's number"
            )
        return self


class Cause(Record):
    """Why something was found."""

    table, key, refers = "causes", "cause_id", {"finding_id": "findings"}
    cause_id: Code
    finding_id: Code
    cause: Said
    support: Literal["presumed", "supported", "not_supported"] = "presumed"
    evidence: Text = ""


class Action(Record):
    """One corrective action; closing it needs evidence, and an effect's verdict or a reason why not."""

    table, key, refers = "actions", "action_id", {"finding_ids": "findings", "effect_id": "evaluations"}
    action_id: Code
    finding_ids: Text = Field(default="", description="findings that it answers, blanks between")
    unit_id: Text = ""
    product: Text = ""
    indicator_id: Text = ""
    measure: Said
    objective: Text = ""
    owner: Said = Field(description="unit or function that does it; no person")
    kind: Literal["preventive", "corrective", "compensating"] = "corrective"
    opened_on: date
    due_on: date
    closed_on: date | None = None
    status: Literal["open", "in_progress", "closed", "cancelled"] = "open"
    evidence: Text = ""
    effect_id: Text = ""
    no_effect_because: Text = Field(default="", description="why no effect can be judged")
    cost: Figure = Field(default=None, ge=0, description="CNY")
    expected_change: Figure = Field(
        default=None, ge=-1, le=0, description="relative: -0.25 is a quarter fewer"
    )
    pilot_units: Text = Field(default="", description="further units that it is done in, blanks between")

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.due_on < self.opened_on or (self.closed_on or self.opened_on) < self.opened_on:
            raise ValueError("an action is due, and closed, not before it was opened")
        if (self.status in ("closed", "cancelled")) != (self.closed_on is not None):
            raise ValueError("closed_on goes with the status closed or cancelled, and with no other")
        if self.status == "closed" and not (self.evidence and (self.effect_id or self.no_effect_because)):
            raise ValueError(
                "closing needs evidence, and an effect's verdict (effect_id) or a reason why not"
                " (no_effect_because)"
            )
        if self.status == "cancelled" and not self.no_effect_because:
            raise ValueError("cancelling needs a reason (no_effect_because)")
        return self


class Evaluation(Record):
    """What an action did; a later look is another record."""

    table, key, refers, once = "evaluations", "effect_id", {"action_id": "actions"}, True
    effect_id: Code
    action_id: Code
    period: Quarter
    verdict: Literal["worked", "not_yet", "no_effect", "worse", "unknown"]
    estimate: Figure = Field(default=None, description="relative change")
    lower: Figure = None
    upper: Figure = None
    evidence: Text = ""


class _Expiring(Record):
    """What counts only if approved, and until a day."""

    decided = True
    reason: Said
    expires_on: date = Field(description="last day on which it counts; then what it covers is open again")
    status: Literal["asked", "withdrawn"] = "asked"


class Exemption(_Expiring):
    """A rule of the policy does not hold for a subject, until a day."""

    table, key = "exceptions", "exception_id"
    exception_id: Code
    rule: Code
    subject: Said


class Acceptance(_Expiring):
    """The risk of a finding is accepted, until a day."""

    table, key, refers = "acceptances", "acceptance_id", {"finding_id": "findings"}
    acceptance_id: Code
    finding_id: Code


class Override(_Expiring):
    """A rating is another than the one computed, until a day."""

    table, key = "overrides", "override_id"
    override_id: Code
    subject: Said
    period: Quarter
    rated: Code = Field(description="as computed")
    becomes: Code
    effect_on_total: Figure = Field(default=None, description="change of the total score, in points")


class Acknowledgement(Record):
    """An alarm is answered for, until a day."""

    table, key = "acknowledgements", "alarm_id"
    alarm_id: Code
    answer: Said
    reason: Text = ""
    until: date


class Proposal(Record):
    """A change of the policy, or an action, that the findings of a quarter ask for; counts only if approved.

    The lines of a change are named from ``path`` on: ``indicators.complaint_rate`` and
    ``{"limits.amber": 4.0}``. Of an action ``proposed`` has columns of ``actions``.
    """

    table, key, decided = "proposals", "proposal_id", True
    proposal_id: Code
    period: Quarter
    kind: Literal["policy", "action"]
    rule: Code = Field(description="which rule asks for it, e.g. set_limit")
    path: Code = Field(description="what its lines begin with in the policy file")
    current: Facts = Field(default="{}", description="what must stand there")
    proposed: Facts
    reason: Said
    measured_by: Said = Field(description="what will show whether it worked")
    finding_ids: Said = Field(description="blanks between")
    evidence: Digest = Field(description="of what the findings rest on")
    cost: Figure = Field(default=None, ge=0, description="CNY; none: unknown")
    figures: Facts = "{}"
    policy: date = Field(description="the policy file that it is about")
    policy_digest: Digest = Field(description="of that file")
    status: Literal["asked", "withdrawn"] = "asked"


class Adoption(Record):
    """Approved proposals became a policy file; its digest is known before the file is there."""

    table, key, refers, once = "adoptions", "adoption_id", {"proposal_ids": "proposals"}, True
    adoption_id: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="day, e.g. 2027-01-01")]
    period: Quarter = Field(description="the last of its proposals")
    proposal_ids: Said = Field(description="blanks between")
    decision_ids: Said = Field(description="the approvals, blanks between")
    base: date = Field(description="the policy file that was changed")
    base_digest: Digest
    file_digest: Digest
    head: Said = Field(description="of the ledger before")


class Decision(Record):
    """Somebody approved or rejected what a digest is of; another who wrote it."""

    table, key, once = "decisions", "decision_id", True
    decision_id: Annotated[str, Field(max_length=_LONGEST_DECISION, pattern=r"^\S+$"), AfterValidator(_code)]
    about_table: Code
    about_id: Code
    seen: Digest
    outcome: Literal["approved", "rejected"]
    reason: Text = ""


class Assessment(Record):
    """One quarter was assessed."""

    table, key, once = "assessments", "assessment_id", True
    assessment_id: Code
    period: Quarter
    as_of: date
    policy: date
    data_digest: Digest
    results_digest: Digest
    red: int = Field(ge=0)
    amber: int = Field(ge=0)


class Release(Record):
    """A report was released; a restatement is the next version of its period."""

    table, key, once = "releases", "release_id", True
    release_id: Code
    period: Quarter
    version_of_period: int = Field(ge=1)
    manifest_digest: Digest
    report_digest: Digest
    head: Text = Field(description="of the ledger, as the report shows it")
    reason: Text = ""


RECORDS: dict[str, type[Record]] = {
    one.table: one
    for one in (
        *(Finding, Cause, Action, Evaluation, Exemption, Acceptance, Override),
        *(Acknowledgement, Proposal, Decision, Adoption, Assessment, Release),
    )
}


def records_of(facts: Any, period: str) -> list[Finding]:
    """Make the records of an assessment's findings (``Findings.facts``), red and amber ones.

    Parameters
    ----------
    facts : DataFrame
        finding_id, rule, subject_kind, subject, indicator_id, severity, value, estimate, limit, probability,
        figures.
    period : str
        The quarter assessed.
    """
    names = [name for name in Finding.model_fields if name in facts.columns]
    rows = facts.loc[facts["severity"].isin(["red", "amber"]), names].to_dict("records")
    return [Finding.made(row | {"period": period}) for row in rows]
