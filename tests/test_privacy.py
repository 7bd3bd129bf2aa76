import datetime as dt
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from riskmodels.privacy import mask_personal_data

pytestmark = pytest.mark.whole

ISSUED_IN = ("110105", "310101", "440305", "510104", "330102")  # districts of five cities
CONTEXTS = (
    "{}",
    "The customer said {}.",
    "客户身份：{}，已核实",
    "请联系{}谢谢",
    "({})",
    "tel:{}",
    "|{}|",
    "x\n{}\n",
)


def check_digit(seventeen: str) -> str:
    """Return the last character of an identity card, after GB 11643 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * pow(2, 17 - position, 11) for position, digit in enumerate(seventeen))
    return "10X98765432"[total % 11]


def luhn_digit(digits: str) -> str:
    doubled = [int(d) * (2 - position % 2) for position, d in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@st.composite
def identity_cards(draw):
    day = draw(st.dates(dt.date(1930, 1, 1), dt.date(2015, 12, 31)))
    number = f"{draw(st.sampled_from(ISSUED_IN))}{day:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return number + check_digit(number)


@st.composite
def bank_cards(draw):
    prefix, length = draw(
        st.sampled_from([("62", 19), ("62", 16), ("4", 16), ("51", 16), ("37", 15), ("9558", 19)])
    )
    rest = draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    return prefix + rest + luhn_digit(prefix + rest)


mobiles = st.builds("{}{:09}".format, st.integers(13, 19), st.integers(0, 10**9 - 1))
survivors = st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    st.decimals(0, 10**12, places=2).map("{:,.2f}".format),
    st.decimals(0, 10**9, places=2).map("{:.2f}".format),
    st.integers(0, 10**9).map(str),
    st.dates(dt.date(1990, 1, 1), dt.date(2035, 12, 31)).map(str),
    st.datetimes(timezones=st.just(dt.UTC)).map(dt.datetime.isoformat),
    st.builds("CPL{}{:07}".format, st.integers(2000, 2035), st.integers(0, 10**7 - 1)),
    st.builds("C-{}-{:07}".format, st.integers(2000, 2035), st.integers(0, 10**7 - 1)),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)


def test_the_check_digits_are_the_published_ones():
    assert check_digit("11010519491231002") == "X"  # the example of GB 11643
    assert luhn_digit("411111111111111") == "1"  # a card number published for tests


@given(st.text(), st.sampled_from(["{}", "{}13812345678", "4111 1111 1111 1111{}", "a@b.cn{}"]))
def test_masking_twice_is_masking_once(text, pattern):
    once = mask_personal_data(pattern.format(text))
    assert mask_personal_data(once) == once


@given(st.text("0123456789 -+().@ａ１a", max_size=80))
def test_masking_twice_is_masking_once_in_dense_digits(text):
    once = mask_personal_data(text)
    assert mask_personal_data(once) == once


@given(st.text().filter(lambda text: not any(c.isdigit() or c in "@＠" for c in text)))
def test_text_without_digits_is_unchanged(text):
    assert mask_personal_data(text) == text


@given(identity_cards(), st.sampled_from(CONTEXTS))
def test_identity_cards_are_masked(number, context):
    assert mask_personal_data(context.format(number)) == context.format("[identity card]")
    assert mask_personal_data(context.format(number.lower())) == context.format("[identity card]")


@given(identity_cards().filter(lambda number: number.startswith("11")), st.integers(1, 9))
def test_an_identity_card_with_a_wrong_check_digit_survives(number, shift):
    characters = "0123456789X"
    wrong = number[:17] + characters[(characters.index(number[17]) + shift) % 11]
    assert mask_personal_data(f"id {wrong}") == f"id {wrong}"


@given(bank_cards(), st.sampled_from(CONTEXTS))
def test_bank_cards_are_masked(number, context):
    assert mask_personal_data(context.format(number)) == context.format("[bank card]")


@given(
    bank_cards().filter(lambda number: len(number) == 16), st.sampled_from(" -"), st.sampled_from(CONTEXTS)
)
def test_bank_cards_in_groups_are_masked(number, separator, context):
    grouped = separator.join(number[start : start + 4] for start in range(0, 16, 4))
    assert mask_personal_data(context.format(grouped)) == context.format("[bank card]")


@given(bank_cards(), st.integers(1, 9))
def test_a_bank_card_with_a_wrong_check_digit_survives(number, shift):
    wrong = number[:-1] + str((int(number[-1]) + shift) % 10)
    assume(len(wrong) != 15)  # an identity card of old has no check digit
    assert mask_personal_data(f"No. {wrong}") == f"No. {wrong}"


@given(mobiles, st.sampled_from(CONTEXTS), st.sampled_from(["{}", "+86{}", "+86 {}", "86-{}"]))
def test_mobiles_are_masked(number, context, prefix):
    assert mask_personal_data(context.format(prefix.format(number))) == context.format("[phone]")


@given(mobiles, st.sampled_from(" -"))
def test_mobiles_in_groups_are_masked(number, separator):
    grouped = separator.join((number[:3], number[3:7], number[7:]))
    assert mask_personal_data(f"电话{grouped}。") == "电话[phone]。"


@pytest.mark.parametrize(
    "number",
    [
        "010-62345678", "(021) 62345678", "0755 8234 5678", "01062345678",
        "212-555-1234", "(212) 555-1234", "1-212-555-1234", "212.555.1234", "+1 212 555 1234",
        "+44 20 7946 0958", "１３８１２３４５６７８", "１３８－１２３４－５６７８",
    ],
)  # fmt: skip
def test_phones_of_many_forms_are_masked(number):
    assert mask_personal_data(f"call {number} now") == "call [phone] now"


@pytest.mark.parametrize("address", ["wang@example.com", "w.a-n+g_1@mail.bank.com.cn", "wang＠example.com"])
@pytest.mark.parametrize("context", ["{}", "写信到{}，谢谢", "<{}>", "{}."])
def test_e_mail_is_masked(address, context):
    assert mask_personal_data(context.format(address)) == context.format("[e-mail]")


@given(survivors, st.sampled_from(["{}", "value {} here", "金额{}元", "{}, {}", "{}\n{}"]))
def test_amounts_counts_dates_and_identifiers_survive(text, context):
    written = context.format(text, text)
    assert mask_personal_data(written) == written


@pytest.mark.parametrize(
    "text", ["2125551234", "1789012345678", "13812345678.50", "2026093000123456", "0" * 16, "95588"]
)
def test_numbers_which_look_like_amounts_or_times_survive(text):
    assert mask_personal_data(text) == text


@pytest.mark.parametrize(
    "piece", ["1234567890", "0 ", "a.", "a", "a@", "+1", "(0", "-1", "1-", "13812345678 ", "4111 ", "6 2"]
)
def test_long_texts_are_masked_in_linear_time(piece):
    text = piece * (1_000_000 // len(piece))
    assert "13812345678" not in mask_personal_data(text)


def test_a_million_random_digits_and_spaces_are_masked():
    text = "".join(random.Random(20260930).choices("0123456789 ", k=1_000_000))
    assert mask_personal_data(f"{text} 13812345678").endswith(" [phone]")
