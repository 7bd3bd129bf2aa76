"""Regular expressions that a source file holds: RE2's, which take no longer than the text is long."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


def check_pattern(pattern: str) -> None:
    """Refuse what is no regular expression of RE2; raises ValueError."""
    try:
        matching(pattern, [""])
    except pa.ArrowInvalid as error:
        problem = str(error).removeprefix("Invalid regular expression: ").rpartition(":")[0]
        raise ValueError(
            f"no regular expression: {problem or error} (as RE2 has them: without back references or"
            " conditions on what stands around)"
        ) from None


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    r"""List the names that match a regular expression as a whole.

    >>> matching(r"\d{4}-\d{2} 投诉", ["2024-01 投诉", "2024-01 投诉 (2)", "x"])
    ['2024-01 投诉']
    """
    whole = rf"\A(?:{pattern})\z"
    found = pc.match_substring_regex(pa.array(names, pa.string()), whole)
    return [name for name, fits in zip(names, found.to_pylist(), strict=True) if fits]
