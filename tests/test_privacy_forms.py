"""Personal data in every form that people, keyboards and programs give it; and where no form shows it."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.privacy import MAY_BE_PERSONAL, find_personal_data, mask_code, mask_personal_data, masking
from riskmodels.privacy.signs import in_plain_signs
from riskmodels.sources.codes import masked_codes
from riskmodels.sources.conversion import Conversion
from riskmodels.sources.mapping import TableMap
from riskmodels.tables import CONTRACTS

COMPLAINTS = Conversion(
    contract=CONTRACTS["complaints"],
    mapping=TableMap(file="c.csv", format="csv"),
    rules={},
    timezone=None,
    country="CN",
)

MOBILE, IDENTITY = "13812345678", "110101199003074514"
CARD, LONG_CARD = "4111111111111111", "6222021234567890128"  # published for tests; an issuer of nobody
NUMBERS = (MOBILE, IDENTITY, CARD, LONG_CARD)
BEFORE = (
    "Tel.", "No.", "ID", "acct", "电话", "TEL:", "x", "手机号", "#", "A/C", "账号=", "n°", "ab", "f", "cafe", "ID_", "客户A", "é",
)  # fmt: skip
AFTER = ("ok", "abc", "元", "x", "B", "。", "号", "f", "cafe", "", "，", ")")
SEPARATORS = (
    " ", "-", "\u00a0", "\u2013", "\u2014", "/", ".", "  ", "\u3000", "_", "·", "\t", "\u2009", "－", "\u202f", " - ", "\\", "~",
    "|", "*", "、", ",", ":",
)  # fmt: skip
TIMES = (3, 2, 2, 2, 2)  # with commas or colons an amount or a time
LAYOUTS = {
    MOBILE: [(3, 3, 5), (4, 4, 3), (3, 4, 4), TIMES, (1,) * 11],
    IDENTITY: [(6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 12), (17, 1), (1,) * 18],
    CARD: [(4, 4, 4, 4)],
    LONG_CARD: [(4, 4, 4, 4, 3)],
}
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202e\u034f\ufe0f\x00\u2063\U000e0041"
DIGITS = (
    "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⁰¹²³⁴⁵⁶⁷⁸⁹", "⓪①②③④⑤⑥⑦⑧⑨", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖",
)  # fmt: skip
TOGETHER = ("", ".", " ", "/", ",", "，", "、", "-", "  ", "x", "和")


def parted(number: str, sizes: tuple[int, ...], separator: str) -> str:
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return separator.join(number[start : start + size] for start, size in zip(starts, sizes, strict=True))


def forms() -> Iterator[str]:
    """Return texts that hold a number of somebody's."""
    yield from (f"{before}{number}" for before, number in product(BEFORE, NUMBERS))
    yield from (f"{number}{after}" for after, number in product(AFTER, NUMBERS))
    yield from (
        f"x {parted(number, sizes, separator)} y"
        for separator in SEPARATORS
        for number, layouts in LAYOUTS.items()
        for sizes in layouts
        if sizes != TIMES or separator not in {",", ":"}
    )
    yield from (sign.join(number) for sign, number in product(INVISIBLE, NUMBERS))
    yield from (
        f"号{number.translate(str.maketrans('0123456789', digits))}，"
        for digits, number in product(DIGITS, NUMBERS)
    )
    yield from (f"{a}{sign}{b}" for sign, a, b in product(TOGETHER, NUMBERS, NUMBERS))


FORMS = tuple(dict.fromkeys(forms()))
WRITTEN = {
    "王伟@bank.cn": "[e-mail]",
    "unit 'a@example.com'": "unit '[e-mail]'",
    "o'neil@bank.ie": "[e-mail]",
    "邮箱王伟@bank.cn": "邮箱[e-mail]",
    "jörg@bänk.de": "[e-mail]",
    "иван@банк.рф": "[e-mail]",
    "wang@银行.中国": "[e-mail]",
    "wang [at] bank [dot] cn": "[e-mail]",
    "wang @ bank.cn": "[e-mail]",
    '"li wang"@bank.cn': "[e-mail]",
    "ｗａｎｇ＠ｂａｎｋ．ｃｎ": "[e-mail]",
    "护照E12345678": "护照[passport]",
    "passport no. EA1234567": "passport no. [passport]",
    "护照号码：G12345678。": "护照号码：[passport]。",
    "回乡证H1234567801": "回乡证[travel permit]",
    "H1234567801": "[travel permit]",
    "往来港澳通行证C12345678": "往来港澳通行证[travel permit]",
    "台胞证12345678": "台胞证[travel permit]",
    "IBAN DE89370400440532013000": "IBAN [bank account]",
    "DE89 3704 0044 0532 0130 00 and more": "[bank account] and more",
    "GB29 NWBK 6016 1331 9268 19 thanks": "[bank account] thanks",
    "gb29nwbk60161331926819": "[bank account]",
    "SSN 123-45-6789": "SSN [social security number]",
    "my social security number is 123456789": "my social security number is [social security number]",
    "123-45-6789": "[social security number]",
    "AB 12 34 56 C": "[national insurance number]",
    "NINO AB123456C.": "NINO [national insurance number].",
    "HKID A123456(3)": "HKID [identity card]",
    "老身份证110101900307451": "老身份证[identity card]",
    "110101-900307-451": "[identity card]",
    "810000199408230021": "[identity card]",  # of a resident from Hong Kong, as published
    "收件人王伟电话": "收件人[name]电话",
    "收件人：欧阳娜娜，": "收件人：[name]，",
    "客户姓名 张三丰": "客户姓名 [name]",
    "王伟先生来电": "[name]先生来电",
    "我叫李雷": "我叫[name]",
    "住址：上海市静安区南京西路1266号3幢501室": "住址：[address]",
    "请寄到南京西路1266号3幢501室。": "[address]。",
    "recipient: John Smith": "recipient: [name]",
    "my name is John Smith and": "my name is [name] and",
    "I live at 12 Baker Street, London.": "I live at [address].",
    "Mr. Smith said": "Mr. [name] said",
}
NATIONAL = {
    "GB": "020 7946 0958", "IN": "98765 43210", "FR": "06 12 34 56 78", "DE": "0170 1234567", "JP": "03-1234-5678", "HK": "9123 4567",
    "KR": "010-1234-5678", "AU": "0412 345 678", "SG": "91234567", "BR": "(11) 96123-4567", "ES": "612 34 56 78",
}  # fmt: skip
HARMLESS = (
    "130,000,000.00", "130 000 000.00", "复议在2026-09-30 12:34:56之前", "共1,381,234,567.80元", "138.12345678", "13812,345678", "共3000、4000、500元", "E12000007", "B001",
    "3f13812345678abc1d2e", "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "0.13812345678",
    "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "999,999,999,999.99", "999999999999.99", "CPL20260000001", "192.168.100.200",
    "姓名错误", "户名不符", "地址变更后市区网点无法办理", "网点服务人员", "the name of the branch", "Address not updated", "2026-09-30T12:34:56.123456+00:00",
    "30/09/2026 30/09/2026", "a value of 3.50 @ 2.40", "一二三四五", "二〇二六年九月三十日", "3/4/5", "10:30-11:45",
)  # fmt: skip


def in_doubt(texts: list[str]) -> list[bool]:
    """Tell which texts the query of an ingest takes for suspicious."""
    query = "SELECT regexp_matches(text, ?) FROM (SELECT unnest(?) AS text)"
    return [found for (found,) in duckdb.execute(query, [MAY_BE_PERSONAL, texts]).fetchall()]


def test_a_number_is_masked_whatever_stands_around_it_and_however_it_is_grouped():
    left = {text: masked for text in FORMS if re.search(r"\d", masked := mask_personal_data(text))}
    assert not left
    assert not [text for text in FORMS if "[" not in mask_personal_data(text)]


@pytest.mark.parametrize(("text", "masked"), WRITTEN.items())
def test_what_words_and_form_tell_is_masked(text, masked):
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize(("country", "number"), NATIONAL.items())
def test_phones_of_the_source_s_country_are_masked(country, number):
    assert mask_personal_data(f"call {number} now", country=country) == "call [phone] now"


@pytest.mark.parametrize("country", ["DK", "SG", "NO"])
def test_a_day_is_no_phone(country):
    assert mask_personal_data("on 20260930", country=country) == "on 20260930"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_nobody_s_survives(text):
    assert mask_personal_data(text) == text


def test_the_query_of_an_ingest_takes_all_of_them_for_suspicious():
    texts = [*FORMS, *WRITTEN, *(f"call {number} now" for number in NATIONAL.values())]
    assert not [text for text, found in zip(texts, in_doubt(texts), strict=True) if not found]


@given(st.text(max_size=40), st.sampled_from(FORMS), st.text(max_size=40))
def test_where_something_is_found_the_query_takes_the_text_for_suspicious(before, form, after):
    text = f"{before} {form} {after}".replace("\ud800", "")
    if find_personal_data(text):
        assert in_doubt([text]) == [True]


@given(st.text(max_size=60), st.sampled_from(FORMS), st.text(max_size=60))
def test_places_are_those_of_the_text(before, form, after):
    """What is found is cut out of the text as it was written, and nothing else."""
    text = f"{before}\n{form}\n{after}"
    plain, places = in_plain_signs(text)
    assert len(plain) == len(places)
    assert all(0 <= place < len(text) for place in places)
    found = find_personal_data(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert mask_personal_data(mask_personal_data(text)) == mask_personal_data(text)


@pytest.mark.parametrize("mask", [mask_personal_data, mask_code])
@given(text=st.text("0123456789 -.,/@()+xX王伟先生护照E", max_size=60))
def test_masking_twice_is_masking_once(mask, text):
    assert mask(mask(text)) == mask(text)


def test_two_codes_stay_two_and_one_stays_one():
    codes = [f"hotline 1381234{place:04}" for place in range(300)]
    masked = [mask_code(code) for code in codes]
    assert len(set(masked)) == len(codes)
    assert [mask_code(code) for code in codes] == masked
    assert not any(re.search(r"\d{9}", code) for code in masked)
    assert mask_code("B001") == "B001"


PIECES = (*NUMBERS, "110101900307451", "13812345678" * 2, "E12345678", "A123456(3)", "H1234567890", "123-45-6789", "护照", "Permit ",
          "SSN ", "Social Security ", "(", "+86 ", "1", "12", "1234", "１２３４", "a", "X", "\n", "\u200b", *SEPARATORS)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_cheap_signs_of_a_kind_leave_nothing_out(text):
    whole = tuple(replace(kind, digits=0, signs=()) for kind in masking.NUMBERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masking, "NUMBERS", whole)
        expected = find_personal_data(text)
    assert find_personal_data(text) == expected


def test_to_look_for_what_may_be_personal_takes_no_longer_than_another_search():
    texts = [
        f"On {n % 28} May a fee of {{$120.00}}, and later one of {{${n}.50}}, was (again) charged. " * 12
        for n in range(2_000)
    ]

    def seconds(pattern: str) -> float:
        query = "SELECT count(*) FILTER (regexp_matches(text, ?)) FROM (SELECT unnest(?) AS text)"
        duckdb.execute(query, [pattern, texts[:1]])
        begun = time.process_time()
        duckdb.execute(query, [pattern, texts]).fetchall()
        return time.process_time() - begun

    assert seconds(MAY_BE_PERSONAL) < 40 * seconds("复议决定书")


def test_each_code_is_judged_once(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "riskmodels.sources.codes.mask_code", lambda code, **_: asked.append(code) or mask_code(code)
    )
    judged: dict[str, str] = {}
    kinds = ["Web", "hotline 13812345678", None, "Web"]
    for columns in (["product", "channel"], ["product"]):
        batch = pa.record_batch({column: pa.array(kinds, pa.string()) for column in columns})
        masked = masked_codes(batch, COMPLAINTS, judged=judged, marked=Counter())
        assert masked["product"].to_pylist() == ["Web", mask_code("hotline 13812345678"), None, "Web"]
    assert sorted(asked) == ["Web", "hotline 13812345678"]


def test_many_codes_are_judged_as_few_are(monkeypatch):
    kinds = [f"line {n} of 1381234{n:04}, {n}" for n in range(700)]
    batch = pa.record_batch({"product": pa.array([*kinds, *map(str, range(700))], pa.string())})
    few = masked_codes(batch, COMPLAINTS, judged={}, marked=Counter())
    monkeypatch.setattr("riskmodels.sources.codes._FEW", 10_000)
    assert masked_codes(batch, COMPLAINTS, judged={}, marked=Counter()).equals(few)
    assert few["product"].to_pylist() == list(map(mask_code, batch["product"].to_pylist()))
