"""Personal data in text: found by its form and its check digits, and masked before anybody can read it."""

from riskmodels.privacy.masking import (
    MAY_BE_PERSONAL,
    ROW_ID_MAY_BE_PERSONAL,
    Found,
    find_personal_data,
    mask_code,
    mask_personal_data,
    mask_row_id,
    mask_values,
)

__all__ = [
    "MAY_BE_PERSONAL",
    "ROW_ID_MAY_BE_PERSONAL",
    "Found",
    "find_personal_data",
    "mask_code",
    "mask_personal_data",
    "mask_row_id",
    "mask_values",
]
