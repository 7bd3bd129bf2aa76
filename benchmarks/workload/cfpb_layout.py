"""A file of complaints in the 18-column layout of the US CFPB, of any size, the same for the same size.

In English, or with names and narratives in Chinese.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

PRODUCTS = (
    (
        "Credit reporting or other personal consumer reports",
        "Credit reporting",
        "Incorrect information on your report",
    ),
    ("Debt collection", "Credit card debt", "Attempts to collect debt not owed"),
    ("Credit card", "General-purpose credit card", "Problem with a purchase shown on your statement"),
    ("Checking or savings account", "Checking account", "Managing an account"),
    ("Mortgage", "Conventional home mortgage", "Trouble during payment process"),
    ("Money transfer, virtual currency, or money service", "Domestic (US) money transfer", "Fraud or scam"),
    ("Vehicle loan or lease", "Loan", "Managing the loan or lease"),
    ("Student loan", "Federal student loan servicing", "Dealing with your lender or servicer"),
    ("Prepaid card", "General-purpose prepaid card", "Trouble using the card"),
    (
        "Payday loan, title loan, personal loan, or advance loan",
        "Installment loan",
        "Charged fees you didn't expect",
    ),
    ("Debt or credit management", "Credit repair services", "Didn't provide services promised"),
)
STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
    "DC",
    "PR",
]
SENTENCES = (
    "I have called the bank on XX/XX/XXXX and was told that my account would be corrected within two weeks.",
    "Nobody answered, and the same charge of {$120.00} appeared again on the next statement.",
    'The representative said "we can not help you with that", and hung up the phone.',
    "I am asking for the fee to be returned, for a written apology, and for my report to be corrected.",
    "My payment was received before the due date, yet a late fee was charged, and the rate was raised.",
    "They asked for the same documents three times; I sent them by mail, by fax and through the online form.",
    "I did not open this account, I do not know this company, and I filed a police report XXXX.",
    "The branch was closed, the application did not work, and the machine kept my card.",
)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What complaints are made of: (product, its kind, issue), units, sentences, groups and channels."""

    products: tuple[tuple[str, str, str], ...]
    units: tuple[str, ...]
    sentences: tuple[str, ...]
    groups: tuple[str, str]
    channels: tuple[str, str, str, str]


ENGLISH = Words(
    products=PRODUCTS,
    units=tuple(STATES),
    sentences=SENTENCES,
    groups=("Older American", "Servicemember"),
    channels=("Web", "Phone", "Referral", "Postal mail"),
)
CHINESE = Words(
    products=(
        ("个人征信查询", "征信报告", "报告上的信息有误"),
        ("贷款催收", "信用卡透支", "催收并不存在的欠款"),
        ("信用卡", "普通信用卡", "对账单上的交易有问题"),
        ("个人结算账户", "活期账户", "账户管理"),
        ("个人住房贷款", "商业性住房贷款", "还款过程中的困难"),
        ("转账、虚拟货币与汇款", "境内汇款", "欺诈或诈骗"),
        ("汽车消费贷款", "贷款", "贷款管理"),
        ("助学贷款", "国家助学贷款", "与贷款机构沟通"),
        ("预付卡", "通用预付卡", "使用卡时遇到问题"),
        ("个人消费贷款（线上）", "分期贷款", "收取未告知的费用"),
        ("代理保险", "代理保险（细分）", "未提供承诺的服务"),
    ),
    units=tuple(
        f"{place}{number}支行"
        for place in (
            "上海静安",
            "北京海淀",
            "成都锦江",
            "广州天河",
            "杭州西湖",
            "武汉江汉",
            "西安雁塔",
            "南京鼓楼",
            "重庆渝中",
            "青岛市南",
            "厦门思明",
            "长沙岳麓",
            "沈阳和平",
        )
        for number in ("第一", "第二", "第三", "第四")
    ),
    sentences=(
        "我多次致电银行，对方表示两周之内更正我的账户信息，至今没有结果。",
        "没有人接听，下个月的账单上又出现了同样的一笔120.00元费用。",
        "客服说“这个我们帮不了您”，随后挂断了电话。",
        "要求退还手续费，书面道歉，并更正报告中的错误。",
        "我在到期日之前已经还款，仍被收取违约金，利率也被上调。",
        "同样的材料被要求提交了三次；我分别通过邮寄、传真和手机银行提交。",
        "我没有开立过这个账户，也不了解这家公司，已经向公安机关报案XXXX。",
        "网点没有营业，手机银行无法使用，自助设备吞了我的卡。",
    ),
    groups=("老年客户", "新市民"),
    channels=("手机银行", "电话银行", "网点", "来信"),
)


def write_cfpb(path: Path, rows: int, words: Words = ENGLISH) -> None:
    """Write ``rows`` complaints: about 250 bytes each; 10 % with a narrative of 200 to 1,500 characters.

    One row in 1,000 breaks a rule (sent before received, or a date that is none), one in 100,000 repeats an identifier,
    one narrative in 1,000 holds a telephone number; some narratives hold quotes and line ends.
    """
    with duckdb.connect() as connection:  # lists and no joins, which would lose the order of the rows
        for variable, values in (
            (
                "products",
                [dict(zip(("name", "kind", "issue"), product, strict=True)) for product in words.products],
            ),
            ("sentences", list(words.sentences)),
            ("units", list(words.units)),
        ):
            connection.execute(f"SET VARIABLE {variable} = $values", {"values": values})
        connection.execute(f"COPY ({_query(rows, words)}) TO '{path}' (HEADER)")


def _query(rows: int, words: Words) -> str:
    """SQL for the rows: whatever looks random is a hash of the row's number."""

    def chosen(salt: int, size: int) -> str:
        return f"(hash(id, {salt}) % {size})::INT"

    told = " || ' ' || ".join(
        f"getvariable('sentences')[1 + {chosen(20 + place, len(words.sentences))}]{' || chr(10)' if place == 2 else ''}"
        for place in range(3)
    )
    more = " || ".join(
        f"CASE WHEN {chosen(10, 12)} >= {place} THEN ' ' || getvariable('sentences')[1 + {chosen(40 + place, len(words.sentences))}] ELSE '' END"
        for place in range(12)
    )
    phone = f"CASE WHEN {chosen(11, 1000)} = 0 THEN ' Call me at (415) 555-2671.' ELSE '' END"
    return f"""
        SELECT CASE WHEN {chosen(12, 2000)} = 0 THEN '2024-02-30' ELSE received::TEXT END AS "Date received",
          product.name AS "Product", product.kind AS "Sub-product", product.issue AS "Issue", '' AS "Sub-issue",
          CASE WHEN {chosen(9, 100)} < 10 THEN {told} || {more} || {phone} ELSE '' END
            AS "Consumer complaint narrative",
          '' AS "Company public response",
          'COMPANY ' || (1000 * pow({chosen(1, 1000)} / 1000.0, 3))::INT || ', INC.' AS "Company",
          getvariable('units')[1 + (52 * pow({chosen(2, 1000)} / 1000.0, 1.5))::INT % 52] AS "State",
          lpad({chosen(3, 1000)}::TEXT, 3, '0') || 'XX' AS "ZIP code",
          CASE {chosen(4, 20)} WHEN 0 THEN '{words.groups[0]}' WHEN 1 THEN '{words.groups[1]}' ELSE '' END AS "Tags",
          CASE WHEN {chosen(9, 100)} < 10 THEN 'Consent provided' ELSE '' END AS "Consumer consent provided?",
          {list(words.channels)}[1 + {chosen(5, 4)}] AS "Submitted via",
          (received + {chosen(6, 6)} - CASE WHEN {chosen(13, 2000)} = 0 THEN 9 ELSE 0 END)::DATE::TEXT
            AS "Date sent to company",
          'Closed with explanation' AS "Company response to consumer",
          CASE WHEN {chosen(7, 50)} = 0 THEN 'No' ELSE 'Yes' END AS "Timely response?",
          'N/A' AS "Consumer disputed?",
          CASE WHEN {chosen(8, 100_000)} = 0 THEN id - 1 ELSE id END AS "Complaint ID"
        FROM (SELECT *, getvariable('products')[1 + (11 * pow({chosen(0, 1000)} / 1000.0, 2))::INT % 11] AS product
          FROM (SELECT 10 + range AS id, DATE '2016-01-01' + (range * 3600 // {rows})::INT AS received
            FROM range({rows})))
        """
