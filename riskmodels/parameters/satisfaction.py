"""The satisfaction index (CSI): what it is made of, with which weights, and what each rating counts for."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from riskmodels.labels import marked
from riskmodels.parameters.files import Identifier, Name, Parameters

Points = Annotated[float, Field(ge=0, le=100)]  # of the index
_SERVICE, _HANDLING = (
    70.0,
    30.0,
)  # weights: all customers are asked of service, those who complain of handling


class IndexPart(Parameters):
    """One part of the index: whose answers, and their weight beside the other parts'."""

    id: Identifier
    name_en: Name
    name_zh: Name
    asks: Literal["surveys", "complaints"] = Field(description="answers of surveys, or ratings of handling")
    channels: tuple[Identifier, ...] = Field(default=(), description="only these; none: all channels")
    weight: float = Field(gt=0, le=100, description="beside the other parts', no unit")


class IndexRules(Parameters):
    """How ratings from 1 to 5 become an index from 0 to 100; the defaults are riskmodels' own."""

    points: tuple[Points, Points, Points, Points, Points] = Field(
        default=(0.0, 25.0, 50.0, 75.0, 100.0), description="what ratings 1 to 5 count for"
    )
    parts: tuple[IndexPart, ...] = (
        IndexPart(id="service", name_en="Service", name_zh="服务", asks="surveys", weight=_SERVICE),
        IndexPart(
            id="complaint_handling",
            name_en="Complaint handling",
            name_zh="投诉处理",
            asks="complaints",
            weight=_HANDLING,
        ),
    )
    fewest_answers: int = Field(
        default=5, ge=2, le=10_000, description="answers to each part below which there is no index"
    )
    set_by: Name = marked("riskmodels default")

    @model_validator(mode="after")
    def _is_an_index(self) -> "IndexRules":
        if any(late <= early for early, late in pairwise(self.points)):
            raise ValueError("points must rise from rating 1 to rating 5")
        names = [part.id for part in self.parts]
        if not names:
            raise ValueError("parts must have at least one")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"parts are given twice: {', '.join(twice)}")
        return self
