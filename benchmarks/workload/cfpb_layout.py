"""A file of complaints in the 18-column layout of the US CFPB, of any size, the same for the same size."""

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


def write_cfpb(path: Path, rows: int) -> None:
    """Write ``rows`` complaints: about 250 bytes each; 10 % with a narrative of 200 to 1,500 characters.

    One row in 1,000 breaks a rule (sent before received, or a date that is none), one in 100,000 repeats an identifier,
    one narrative in 1,000 holds a telephone number; some narratives hold quotes and line ends.
    """
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE products (place INT, product TEXT, sub_product TEXT, issue TEXT)")
        connection.executemany(
            "INSERT INTO products VALUES (?, ?, ?, ?)",
            [(place, *words) for place, words in enumerate(PRODUCTS)],
        )
        connection.execute("CREATE TABLE sentences AS SELECT ?::TEXT[] AS words", [list(SENTENCES)])
        connection.execute("CREATE TABLE states AS SELECT ?::TEXT[] AS codes", [STATES])
        connection.execute(f"COPY ({_query(rows)}) TO '{path}' (HEADER)")


def _query(rows: int) -> str:
    """SQL for the rows: whatever looks random is a hash of the row's number."""

    def chosen(salt: int, size: int) -> str:
        return f"(hash(id, {salt}) % {size})::INT"

    told = " || ' ' || ".join(
        f"words[1 + {chosen(20 + place, len(SENTENCES))}]{' || chr(10)' if place == 2 else ''}"
        for place in range(3)
    )
    more = " || ".join(
        f"CASE WHEN {chosen(10, 12)} >= {place} THEN ' ' || words[1 + {chosen(40 + place, len(SENTENCES))}] ELSE '' END"
        for place in range(12)
    )
    phone = f"CASE WHEN {chosen(11, 1000)} = 0 THEN ' Call me at (415) 555-2671.' ELSE '' END"
    return f"""
        SELECT CASE WHEN {chosen(12, 2000)} = 0 THEN '2024-02-30' ELSE received::TEXT END AS "Date received",
          product AS "Product", sub_product AS "Sub-product", issue AS "Issue", '' AS "Sub-issue",
          CASE WHEN {chosen(9, 100)} < 10 THEN {told} || {more} || {phone} ELSE '' END
            AS "Consumer complaint narrative",
          '' AS "Company public response",
          'COMPANY ' || (1000 * pow({chosen(1, 1000)} / 1000.0, 3))::INT || ', INC.' AS "Company",
          codes[1 + (52 * pow({chosen(2, 1000)} / 1000.0, 1.5))::INT % 52] AS "State",
          lpad({chosen(3, 1000)}::TEXT, 3, '0') || 'XX' AS "ZIP code",
          CASE {chosen(4, 20)} WHEN 0 THEN 'Older American' WHEN 1 THEN 'Servicemember' ELSE '' END AS "Tags",
          CASE WHEN {chosen(9, 100)} < 10 THEN 'Consent provided' ELSE '' END AS "Consumer consent provided?",
          ['Web', 'Phone', 'Referral', 'Postal mail'][1 + {chosen(5, 4)}] AS "Submitted via",
          (received + {chosen(6, 6)} - CASE WHEN {chosen(13, 2000)} = 0 THEN 9 ELSE 0 END)::DATE::TEXT
            AS "Date sent to company",
          'Closed with explanation' AS "Company response to consumer",
          CASE WHEN {chosen(7, 50)} = 0 THEN 'No' ELSE 'Yes' END AS "Timely response?",
          'N/A' AS "Consumer disputed?",
          CASE WHEN {chosen(8, 100_000)} = 0 THEN id - 1 ELSE id END AS "Complaint ID"
        FROM (SELECT 10 + range AS id, DATE '2016-01-01' + (range * 3600 // {rows})::INT AS received FROM range({rows})),
          sentences, states JOIN products ON place = (11 * pow({chosen(0, 1000)} / 1000.0, 2))::INT % 11
        """
