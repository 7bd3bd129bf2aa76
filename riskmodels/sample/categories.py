"""What customers complain about: the categories of each product, and how customers put them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Category:
    """One category of complaint; ``weight`` is its part of the product, ``upheld`` a probability."""

    id: str
    product: str
    weight: float
    upheld: float
    zh: tuple[str, str, str]
    en: tuple[str, str, str]


def _of(
    product: str, *rows: tuple[str, float, float, tuple[str, str, str], tuple[str, str, str]]
) -> list[Category]:
    return [
        Category(id=name, product=product, weight=weight, upheld=upheld, zh=zh, en=en)
        for name, weight, upheld, zh, en in rows
    ]


# of each: share of its product's complaints, share upheld, words; a choice
CATEGORIES: Final = tuple(
    _of(
        "current_account",
        (
            "account_opening",
            0.20,
            0.30,
            ("开户等了两个小时", "开户材料一再补交", "开户被拒但没有说明原因"),
            (
                "opening an account took two hours",
                "I was asked for new papers again and again to open an account",
                "my application for an account was refused without a reason",
            ),
        ),
        (
            "account_freeze",
            0.25,
            0.32,
            ("账户突然被冻结", "工资卡不能使用，没有任何通知", "账户限额被下调却没人解释"),
            (
                "my account was frozen without warning",
                "my salary card stopped working and nobody told me why",
                "the limit of my account was lowered without explanation",
            ),
        ),
        (
            "account_fee",
            0.20,
            0.42,
            ("被收取账户管理费", "短信服务费没有经过同意", "小额账户收费没有提前告知"),
            (
                "I was charged a maintenance fee",
                "a fee for text messages was taken without my consent",
                "nobody told me about the fee on small balances",
            ),
        ),
        (
            "counter_service",
            0.22,
            0.36,
            ("柜台排队时间太长", "柜员态度冷淡", "窗口只开一个，老人站着等"),
            (
                "the queue at the counter was far too long",
                "the clerk was unfriendly",
                "only one window was open and elderly people had to stand",
            ),
        ),
        (
            "account_error",
            0.13,
            0.46,
            ("账户余额显示有误", "同一笔存款记错日期", "流水打印与实际不符"),
            (
                "my balance was shown wrongly",
                "a deposit was booked on the wrong day",
                "the printed statement does not match my account",
            ),
        ),
    )
    + _of(
        "credit_card",
        (
            "card_fee",
            0.26,
            0.38,
            ("信用卡年费没有说明", "分期手续费比承诺的高", "逾期费用计算不清"),
            (
                "the annual fee of the card was never mentioned",
                "the instalment fee is higher than promised",
                "the late fee cannot be understood",
            ),
        ),
        (
            "card_fraud",
            0.18,
            0.37,
            ("信用卡被盗刷", "收到不是本人消费的账单", "挂失之后仍有扣款"),
            (
                "my card was used by somebody else",
                "the bill shows purchases that are not mine",
                "payments went on after I reported the card lost",
            ),
        ),
        (
            "card_collection",
            0.24,
            0.31,
            ("催收电话打给家人", "还款后仍被催收", "催收人员言语不当"),
            (
                "the collectors phoned my family",
                "I was chased for a debt that I had paid",
                "the collector used improper language",
            ),
        ),
        (
            "card_application",
            0.14,
            0.28,
            ("信用卡申请迟迟没有结果", "未经同意给我办了卡", "额度与审批时说的不同"),
            (
                "there is still no answer to my card application",
                "a card was issued that I never asked for",
                "the credit limit is not what was approved",
            ),
        ),
        (
            "card_rewards",
            0.18,
            0.37,
            ("积分到期没有提醒", "活动奖励没有兑现", "权益规则中途改变"),
            (
                "my points expired without notice",
                "the promised bonus was not paid",
                "the rules of the rewards changed halfway",
            ),
        ),
    )
    + _of(
        "mortgage",
        (
            "mortgage_rate",
            0.34,
            0.33,
            ("房贷利率没有按时调整", "利率重定价日说法不一", "存量利率调整被漏掉"),
            (
                "the rate of my mortgage was not adjusted on time",
                "staff disagree about my repricing date",
                "my loan was left out of the rate adjustment",
            ),
        ),
        (
            "mortgage_early_repayment",
            0.30,
            0.36,
            ("提前还款预约排到几个月后", "提前还款被收违约金", "线上提前还款入口关闭"),
            (
                "early repayment can only be booked months ahead",
                "I was charged a penalty for repaying early",
                "the online form for early repayment is closed",
            ),
        ),
        (
            "mortgage_approval",
            0.20,
            0.31,
            ("房贷审批时间太长", "放款一再推迟", "审批条件临时变化"),
            (
                "approval of the mortgage takes too long",
                "the pay-out of the loan was put off again",
                "the conditions changed at the last moment",
            ),
        ),
        (
            "mortgage_papers",
            0.16,
            0.40,
            ("结清证明迟迟不给", "抵押注销没人办理", "合同原件找不到"),
            (
                "the proof of settlement is still missing",
                "nobody releases the collateral",
                "the original contract cannot be found",
            ),
        ),
    )
    + _of(
        "personal_loan",
        (
            "loan_cost",
            0.30,
            0.39,
            ("贷款实际利率高于宣传", "贷款收取服务费没有说明", "利息计算方式不清楚"),
            (
                "the true rate of the loan is above the one advertised",
                "a service fee on the loan was not disclosed",
                "nobody can explain how the interest is computed",
            ),
        ),
        (
            "loan_collection",
            0.27,
            0.32,
            ("贷款催收频繁打扰", "协商还款没有人受理", "催收联系了单位同事"),
            (
                "the collectors call too often",
                "nobody takes up my request for a repayment plan",
                "the collectors contacted my colleagues",
            ),
        ),
        (
            "loan_credit_report",
            0.20,
            0.35,
            ("征信记录有错误", "已还清的贷款仍显示逾期", "征信被多次查询"),
            (
                "my credit report is wrong",
                "a repaid loan still shows as overdue",
                "my credit record was looked up many times",
            ),
        ),
        (
            "loan_bundling",
            0.23,
            0.36,
            ("办贷款被要求买保险", "贷款搭售理财产品", "不开卡就不放款"),
            (
                "I had to buy insurance to get the loan",
                "the loan was tied to an investment product",
                "without a new card there was no loan",
            ),
        ),
    )
    + _of(
        "wealth_management",
        (
            "wealth_mis_selling",
            0.30,
            0.40,
            ("理财经理承诺保本", "把保险当存款卖给我", "没有说明产品风险等级"),
            (
                "the adviser promised that the capital was safe",
                "insurance was sold to me as a deposit",
                "the risk level of the product was not explained",
            ),
        ),
        (
            "wealth_return",
            0.28,
            0.28,
            ("理财收益低于预期", "产品到期亏损", "业绩基准与实际差距大"),
            (
                "the return is below what I expected",
                "the product matured with a loss",
                "the result is far from the benchmark",
            ),
        ),
        (
            "wealth_redemption",
            0.24,
            0.35,
            ("赎回款迟迟没有到账", "到期自动续作没有通知", "赎回入口找不到"),
            (
                "the money from the redemption has not arrived",
                "the product was renewed without notice",
                "I cannot find where to redeem",
            ),
        ),
        (
            "wealth_disclosure",
            0.18,
            0.38,
            ("理财费用没有披露", "净值公告不及时", "销售过程没有录音录像"),
            (
                "the fees of the product were not disclosed",
                "the net value is published late",
                "the sale was not recorded",
            ),
        ),
    )
    + _of(
        "payments",
        (
            "transfer_delay",
            0.26,
            0.34,
            ("转账没有到账", "跨行汇款延迟一天", "退款一直没有退回"),
            (
                "my transfer has not arrived",
                "a payment to another bank took a day longer",
                "the refund never came back",
            ),
        ),
        (
            "duplicate_charge",
            0.18,
            0.45,
            ("同一笔付款扣了两次", "付款失败但钱被扣走", "商户重复扣款"),
            (
                "one payment was taken twice",
                "the payment failed but the money is gone",
                "the merchant charged me again",
            ),
        ),
        (
            "app_failure",
            0.24,
            0.36,
            ("手机银行登录不上", "转账页面一直报错", "人脸识别反复失败"),
            (
                "I cannot log in to the mobile app",
                "the transfer page shows an error every time",
                "face recognition keeps failing",
            ),
        ),
        (
            "machine_failure",
            0.10,
            0.40,
            ("自助机吞卡", "取款机出钞数目不对", "存款机没有记账"),
            (
                "the machine kept my card",
                "the cash machine paid the wrong amount",
                "the deposit machine did not book my money",
            ),
        ),
        (
            "payment_limit",
            0.13,
            0.27,
            ("支付限额太低", "限额调整要跑网点", "快捷支付被关闭"),
            (
                "the payment limit is too low",
                "I must visit a branch to raise my limit",
                "quick payment was switched off",
            ),
        ),
        (
            "data_leak",
            0.09,
            0.34,
            ("刚办完业务就接到推销电话", "个人信息疑似泄露", "短信发到了别人的手机"),
            (
                "sales calls began right after my visit",
                "my data seem to have been leaked",
                "my text messages went to another phone",
            ),
        ),
    )
)

OPENERS_ZH: Final = ("", "您好，", "我是贵行老客户，", "反映一个问题：", "再次投诉：", "本人情况如下：")
OPENERS_EN: Final = (
    "",
    "Hello, ",
    "As a customer of many years: ",
    "A problem: ",
    "Once more: ",
    "To whom it concerns: ",
)
CLOSERS_ZH: Final = (
    "请尽快处理。",
    "希望给个说法。",
    "要求书面答复。",
    "请核实后回电。",
    "要求道歉。",
    "至今没有结果。",
)
CLOSERS_EN: Final = (
    "Please look into it soon.",
    "I want an explanation.",
    "I ask for a written answer.",
    "Please check and call back.",
    "I expect an apology.",
    "There is no result so far.",
)
