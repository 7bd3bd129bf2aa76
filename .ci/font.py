"""Cut the figures' Chinese font out of Noto Sans CJK: python .ci/font.py NotoSansCJK-Regular.ttc.

It keeps what GB 2312 has, and what the Chinese of riskmodels and of the shipped parameters needs beside.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "riskmodels" / "reporting" / "plots" / "fonts" / "NotoSansCJKsc-subset.otf"
FACE, NAME = "Noto Sans CJK SC", "Noto Sans CJK SC subset"
BYTES = range(0xA1, 0xFF)  # of GB 2312: row, cell
FIRST = 0x2000  # all before is in the figures' first font
FAMILY, VERSION, LICENSE, LICENSE_URL, COPYRIGHT = 1, 5, 13, 14, 0  # of the table of names
DROPPED = [
    "GSUB",
    "GPOS",
    "GDEF",
    "BASE",
    "VORG",
    "vhea",
    "vmtx",
]  # what horizontal text without features never uses


def characters() -> set[str]:
    """Return what is kept."""
    rows = (bytes([row, cell]).decode("gb2312", errors="ignore") for row in BYTES for cell in BYTES)
    texts = [*(ROOT / "riskmodels" / "locale").glob("zh.po"), *(ROOT / "params").rglob("*.yaml")]
    used = {sign for path in texts for sign in path.read_text(encoding="utf-8") if ord(sign) >= FIRST}
    return {sign for text in rows for sign in text} | used


def main() -> None:
    """Write the font."""
    faces = TTCollection(sys.argv[1]).fonts
    font = next(face for face in faces if face["name"].getDebugName(FAMILY) == FACE)
    options = Options(hinting=False, layout_features=[], notdef_outline=True)
    options.name_IDs = [COPYRIGHT, FAMILY, 2, 3, 4, VERSION, 6, LICENSE, LICENSE_URL]
    options.drop_tables += DROPPED
    cut = Subsetter(options)
    cut.populate(unicodes=map(ord, characters()))
    cut.subset(font)
    for record in list(font["name"].names):
        if record.nameID in (FAMILY, 4):
            record.string = NAME
    font.recalcTimestamp = False  # the same bytes each time
    font.save(TARGET)


if __name__ == "__main__":
    main()
