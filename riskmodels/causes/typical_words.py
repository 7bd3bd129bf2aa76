"""Words and masked narratives that are typical of some complaints and not of others."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.causes.wording import segment_name
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import commas, counted, label, marked
from riskmodels.privacy import mask_personal_data

LEAST: Final = 20  # narratives of each side: fewer show no word beyond chance
_LEAST_OF_WORD: Final = 5  # narratives that have a word: what fewer have may be somebody's name
_MOST: Final = 5_000  # narratives of a side that are read, drawn where there are more: seconds
_PRIOR: Final = 10.0  # narratives that the prior counts for: as all narratives have the word
_HALF: Final = 0.5  # a narrative more with the word and one without it: no share is none or all
_LISTED: Final = 30  # words of a table, a page
_JOINED: Final = 300  # words whose pieces are joined: more are not listed
_NAMED: Final = 5  # words of a sentence
_SHOWN: Final = 3  # narratives shown
_LENGTH: Final = 160  # signs of a narrative that are shown
_BEFORE: Final = 40  # signs of these before the first typical word
_GRAMS: Final = (2, 3, 4)  # signs of Chinese words
_MARKER: Final = r"\[[a-z][a-z -]*\]"  # of what was masked: not the customer's word
_LATIN: Final = r"(?<![^\W\d_])(?!xx)[a-z\u00df-\u00f6\u00f8-\u024f]{2,}(?:'[a-z]+)?"  # XX: masked, too
_HAN: Final = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_COLUMNS: Final = (
    *("word", "inside", "outside", "inside_share", "outside_share", "log_odds", "z", "p_adjusted", "found"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class TypicalWords(Displayed):
    """What the narratives of some complaints have more often than those of others.

    Attributes
    ----------
    table : DataFrame
        The 30 clearest words: word, inside, outside [narratives that have it], inside_share, outside_share,
        log_odds (of a narrative having it, with the prior), z (that over its standard error), p_adjusted
        (largest share of false words if it and all clearer ones are named), found.
    narratives : DataFrame
        text: masked and shortened, most typical first, at most three; none without a word found.
    compared : int
        Words that were compared.
    inside, outside : int
        Narratives compared.
    segment : str
        What the narratives inside are of; empty where texts were given.
    first, last : str
        Months, YYYY-MM.
    false_share : float
        Expected share of false words among those found, at most.
    why : str
        Why nothing was compared (``no_narrative``, ``no_segment``, ``too_few``); empty where it was.
    as_of : date or None
        Day up to which the data know.
    data_digest : str
        Digest of the tables; empty where texts were given.
    seed : int
        Of the draw of narratives, where there are many.
    """

    table: pd.DataFrame
    narratives: pd.DataFrame
    compared: int
    inside: int
    outside: int
    segment: str
    first: str
    last: str
    false_share: float
    why: str
    as_of: date | None
    data_digest: str
    seed: int

    @property
    def sentence(self) -> str:
        """Name the words that are typical, and say among how many they were found."""
        figures = {
            "segment": segment_name(self.segment) or label("the excess"),
            "compared": counted(self.compared, "word", "words"),
            "inside": counted(self.inside, "narrative", "narratives"),
            "outside": f"{self.outside:,}",
            "chance": self.false_share,
        }
        if self.why:
            return label(_WHY[self.why], figures)
        found = self.table[self.table["found"]]
        if found.empty:
            words = marked(
                "No word is typical of {segment} beyond chance, among {compared} compared in {inside} and"
                " {outside} of the rest."
            )
            return label(words, figures)
        words = marked(
            "Typical of {segment} ({inside}), and not of the rest ({outside}): {words}; {compared} compared,"
            " and at most {chance:.0%} of those named are expected to be false."
        )
        named = commas(found["word"].head(_NAMED)) + (" …" if len(found) > _NAMED else "")
        return label(words, figures, words=named)

    def summary(self) -> pd.DataFrame:
        """Return the words found."""
        return self.table.loc[
            self.table["found"], ["word", "inside_share", "outside_share", "z", "p_adjusted"]
        ]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"typical_words": self.table}


_WHY: Final = {
    "no_narrative": marked("The source has no narratives whose words could be compared."),
    "no_segment": marked("No segment was named whose narratives could be compared with others."),
    "too_few": marked(
        "Too few narratives of {segment} to compare words: {inside}, and {outside} of the rest."
    ),
}


def nothing_compared(why: str, *, false_share: float, inside: int = 0, outside: int = 0) -> TypicalWords:
    """Say why nothing was compared, a key of the words for it; empty where there is something to come."""
    table = pd.DataFrame(columns=list(_COLUMNS)).astype(dict.fromkeys(_COLUMNS[1:-1], "float64"))
    return TypicalWords(
        table=table.astype({"word": "str", "inside": "int64", "outside": "int64", "found": "bool"}),
        narratives=pd.DataFrame({"text": pd.Series(dtype="str")}),
        compared=0,
        inside=inside,
        outside=outside,
        segment="",
        first="",
        last="",
        false_share=false_share,
        why=why,
        as_of=None,
        data_digest="",
        seed=0,
    )


def compare_narratives(
    inside: "pd.Series[str]", outside: "pd.Series[str]", *, false_share: float = 0.05, seed: int = 0
) -> TypicalWords:
    """Find words that narratives have more often than others do.

    Parameters
    ----------
    inside, outside : Series of str
        Masked narratives; empty and missing ones are left out, and of more than 5,000 so many are drawn.
    false_share : float
        Expected share of false words among those found, between 0 and 1.
    seed : int
        Of the draw.

    Returns
    -------
    TypicalWords
        A word is counted once per narrative. Words inside and outside exchanged have log-odds of the other
        sign.

    Raises
    ------
    ParameterError
        The share cannot be.

    Notes
    -----
    Words are runs of Latin letters, and two to four Chinese signs beside each other; markers of what was
    masked are none. Log-odds have an informative Dirichlet prior, the share of all narratives that have the
    word (Monroe, Colaresi & Quinn 2008, doi:10.1093/pan/mpn018, with all four terms of the variance). Which
    are found is judged by the exact tail of the hypergeometric distribution, as rare words have no normal z,
    and Benjamini & Hochberg's rule over all words compared (doi:10.1111/j.2517-6161.1995.tb02031.x). Fails
    where narratives are copies of each other: a letter that many send is typical, though it is one text.
    """
    if not 0 < false_share < 1:
        raise ParameterError(f"expected 0 < false_share < 1, got {false_share:g}")
    rng = np.random.default_rng(seed)
    texts = [_drawn(one, rng) for one in (inside, outside)]
    sizes = (len(texts[0]), len(texts[1]))
    if min(sizes) < LEAST:
        return nothing_compared("too_few", inside=sizes[0], outside=sizes[1], false_share=false_share)
    read = [words_of(one) for one in texts]
    table = _compared(read, sizes, false_share)
    named, others = (_phrases(table[table["found"] == is_found].head(_JOINED)) for is_found in (True, False))
    return replace(
        nothing_compared("", inside=sizes[0], outside=sizes[1], false_share=false_share),
        table=pd.concat([named.head(_LISTED), others.head(max(_LISTED - len(named), 0))], ignore_index=True),
        narratives=_typical(texts[0], read[0], table[table["found"]]),
        compared=len(table),
        seed=seed,
    )


def _drawn(texts: "pd.Series[str]", rng: np.random.Generator) -> "pd.Series[str]":
    known = texts[texts.fillna("").str.strip() != ""].reset_index(drop=True)
    if len(known) > _MOST:
        known = known.iloc[np.sort(rng.choice(len(known), _MOST, replace=False))]
    return known.reset_index(drop=True).astype("str")


def words_of(texts: "pd.Series[str]") -> pd.DataFrame:
    """List the words of texts: narrative (its place), word; each once per narrative.

    >>> words_of(pd.Series(["Fees, fees: XXXX on [phone]", "年费高"]))["word"].tolist()
    ['fees', 'on', '年费', '费高', '年费高']
    """
    plain = (
        texts.str.normalize("NFKC").str.lower().str.replace("’", "'").str.replace(_MARKER, " ", regex=True)
    )
    patterns = [_LATIN, *(f"(?=({_HAN}{{{size}}}))" for size in _GRAMS)]
    found = pd.concat([plain.str.findall(pattern).explode().dropna() for pattern in patterns])
    listed = pd.DataFrame({"narrative": found.index, "word": found.to_numpy(dtype=object)})
    return listed.drop_duplicates(ignore_index=True).astype({"word": "str", "narrative": "int64"})


def _compared(read: list[pd.DataFrame], sizes: tuple[int, int], false_share: float) -> pd.DataFrame:
    """Compare all words that enough narratives have, the clearest first."""
    counts = pd.concat([one["word"].value_counts() for one in read], axis=1).fillna(0).astype("int64")
    counts = _whole(counts[counts.sum(axis=1) >= _LEAST_OF_WORD].sort_index())
    with_word = (counts.iloc[:, 0].to_numpy(), counts.iloc[:, 1].to_numpy())
    odds, z = log_odds(with_word, sizes)
    both = with_word[0] + with_word[1]
    p_value = scipy.stats.hypergeom.sf(with_word[0] - 1, sum(sizes), both, sizes[0])
    adjusted = scipy.stats.false_discovery_control(np.asarray(p_value, dtype=float))
    table = pd.DataFrame(
        {
            "word": counts.index.astype("str"),
            "inside": with_word[0],
            "outside": with_word[1],
            "inside_share": with_word[0] / sizes[0],
            "outside_share": with_word[1] / sizes[1],
            "log_odds": odds,
            "z": z,
            "p_adjusted": adjusted,
            "found": adjusted <= false_share,
        }
    )
    return table.sort_values("z", ascending=False, kind="stable", ignore_index=True)


def log_odds(with_word: tuple[Integers, Integers], sizes: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return log-odds ratios of words with their informative prior, and these over their standard errors.

    Parameters
    ----------
    with_word : pair of ndarray, shape (n,)
        [narratives] That have each word, inside and outside.
    sizes : pair of int
        [narratives] Inside and outside.
    """
    share = (with_word[0] + with_word[1] + _HALF) / (sum(sizes) + 1)
    odds, variance = [], []
    for count, size in zip(with_word, sizes, strict=True):
        have, have_not = count + _PRIOR * share, size - count + _PRIOR * (1 - share)
        odds.append(np.log(have / have_not))
        variance.append(1 / have + 1 / have_not)
    ratio = odds[0] - odds[1]
    return ratio, ratio / np.sqrt(variance[0] + variance[1])


def _whole(counts: pd.DataFrame) -> pd.DataFrame:
    """Leave out runs of signs that never stand without a longer one: they are no words of their own."""
    longer = counts[counts.index.str.match(f"{_HAN}{{{_GRAMS[0] + 1},}}")]
    part = pd.concat([longer.set_axis(longer.index.str[cut]) for cut in (slice(-1), slice(1, None))])
    most = part.groupby(level=0).max().reindex(counts.index)
    return counts[~(most == counts).all(axis=1)]


def _phrases(table: pd.DataFrame) -> pd.DataFrame:
    """Join runs of signs that overlap and have the same narratives: they are pieces of one phrase."""
    chains = {
        word: whole
        for _, rows in table.groupby(["inside", "outside"])
        for word, whole in _chained([one for one in rows["word"] if len(one) == _GRAMS[-1]]).items()
    }
    table = table.assign(word=[chains.get(one, one) for one in table["word"]])
    return table[table["word"] != ""].drop_duplicates("word")


def _chained(words: list[str]) -> dict[str, str]:
    """Name for each piece the phrase that it begins; nothing where it goes on one."""
    pieces = [one for one in words if re.fullmatch(_HAN + "+", one)]
    after, ends = {one[:-1]: one for one in pieces}, {one[1:] for one in pieces}
    chained: dict[str, str] = {}
    for first in (one for one in pieces if one[:-1] not in ends):
        phrase, last = first, first
        while (last := after.get(last[1:], "")) and last not in chained:
            phrase += last[-1]
            chained[last] = ""
        chained[first] = phrase
    return chained


def _typical(texts: "pd.Series[str]", read: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """Choose the narratives with most of what is typical for their length, masked again and shortened."""
    z = named.set_index("word")["z"]
    words = read.groupby("narrative").size()
    has = read[read["word"].isin(named["word"])]
    total = has["word"].map(z).astype("float64").groupby(has["narrative"]).sum()
    score = pd.Series(total / np.sqrt(words), dtype="float64").dropna()
    best = texts[score.sort_values(ascending=False, kind="stable").index].drop_duplicates().head(_LISTED)
    shown = [_shortened(mask_personal_data(one), list(named["word"])) for one in best]
    return pd.DataFrame({"text": pd.Series(list(dict.fromkeys(shown))[:_SHOWN], dtype="str")})


def _shortened(text: str, words: list[str]) -> str:
    """Cut a text to what stands around its first typical word."""
    plain = " ".join(text.split())
    places = [place for place in (plain.lower().find(word) for word in words) if place >= 0]
    start = max(min(places, default=0) - _BEFORE, 0)
    start = start if start + _LENGTH < len(plain) else max(len(plain) - _LENGTH, 0)
    part = plain[start : start + _LENGTH]
    return ("… " if start else "") + part + (" …" if start + _LENGTH < len(plain) else "")
