"""What people call the codes of products, channels and customer groups, in English and in Chinese."""

from collections.abc import Collection
from functools import cache

from riskmodels.sources.drafts.synonyms import likeness
from riskmodels.sources.headers import plain

SURE, LIKELY = 0.97, 0.7  # a name of the code itself; one that says more, or has a typing error

_WORDS = {
    "credit_card": "card, prepaid card, charge card, 信用卡, 贷记卡",
    "current_account": "deposit account, bank account, checking account, savings account, debit card,"
    " checking or savings account, 活期, 活期账户, 活期存款, 存款, 储蓄, 储蓄账户, 结算账户, 借记卡",
    "mortgage": "home loan, housing loan, house loan, mortgage loan, 房贷, 按揭, 按揭贷款, 住房贷款, 个人住房贷款",
    "personal_loan": "consumer loan, consumer credit, cash loan, 个人贷款, 个贷, 消费贷, 消费贷款, 个人消费贷款, 信用贷款",
    "wealth_management": "wealth, investment, investments, investment product, 理财, 理财产品, 财富, 财富管理",
    "payments": "payment, transfer, money transfer, remittance, 支付, 支付结算, 转账, 转账汇款, 汇款, 结算",
    "branch": "branches, counter, in branch, 网点, 柜面, 柜台, 营业网点",
    "phone": "telephone, call centre, call center, hotline, 电话, 客服电话, 客服热线, 热线, 电话银行",
    "online_bank": "online, online banking, internet bank, internet banking, web, 网银, 网上银行",
    "mobile_app": "app, mobile, mobile banking, mobile bank, 手机, 手机银行, 手机应用",
    "self_service": "atm, kiosk, machine, 自助, 自助设备, 自助终端, 自助机",
}


def likely_code(name: str, codes: Collection[str], *, least: float = LIKELY) -> str | None:
    """Return the code that a name most likely means; None where it is none of them.

    Parameters
    ----------
    name : str
        As a file, or another code list, has it.
    codes : collection of str
        What is known.
    least : float
        Likeness that is asked, 0 to 1.

    Examples
    --------
    >>> likely_code("信用卡", ["credit_card", "mortgage"]), likely_code("Vehicle loan", ["credit_card"])
    ('credit_card', None)
    """
    found = max(codes, key=lambda code: code_likeness(name, code), default=None)
    return found if found is not None and code_likeness(name, found) >= least else None


def code_likeness(name: str, code: str) -> float:
    """Say how well a name fits a code, or what people call it: 0 (not at all) to 1 (it is the same)."""
    given = plain(name)
    return max((likeness(given, word) for word in _words(code)), default=0.0)


@cache
def _words(code: str) -> tuple[str, ...]:
    return tuple(plain(word) for word in (code, *_WORDS.get(code, "").split(",")) if plain(word))
