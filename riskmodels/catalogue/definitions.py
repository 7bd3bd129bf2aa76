"""The indicators: what each is in words, which rows it counts, and what it needs. One entry each."""

from dataclasses import replace

from riskmodels.catalogue.entry import Family, Indicator
from riskmodels.labels import marked

COMPLAINTS = marked("share of complaints")


def _within_working_days(indicator_id: str, what: str, days: int, en: str, zh: str) -> Indicator:
    return Indicator(
        id=indicator_id,
        table="complaints",
        at="received_at",
        unit=COMPLAINTS,
        needs=(f"{'first_response' if what == 'response' else 'resolved'}_at",),
        eligible=f"working_days_old >= {days}",
        value=f"working_days_to_{what} <= {days}"
        f" AND {'first_response' if what == 'response' else 'resolved'}_at"
        " < now",
        definition_en=en,
        definition_zh=zh,
    )


def _inspected(indicator_id: str, kind: str, en: str, zh: str) -> Indicator:
    return Indicator(
        id=indicator_id,
        table="inspections",
        at="inspected_on",
        unit="share of items",
        only=("kind", kind),
        value="passed",
        weight="items",
        definition_en=en,
        definition_zh=zh,
    )


def _supplied(
    indicator_id: str,
    en: str,
    zh: str,
    *,
    unit: str,
    family: Family = "proportion",
    stock: bool = False,
) -> Indicator:
    return Indicator(
        id=indicator_id,
        table="observations",
        at="month",
        unit=unit,
        only=("indicator_id", indicator_id),
        value="numerator",
        weight="denominator",
        family=family,
        stock=stock,
        definition_en=en,
        definition_zh=zh,
    )


_ALL = (
    Indicator(
        id="complaint_rate",
        table="complaints",
        at="received_at",
        unit="per 1,000 accounts and year",
        needs=("exposure.accounts",),
        exposure="accounts",
        family="rate",
        scale=1000.0,
        definition_en="Complaints received, per 1,000 open accounts and year.",
        definition_zh="收到的投诉件数，按每千户每年计。",
    ),
    Indicator(
        id="repeat_complaint_rate",
        table="complaints",
        at="received_at",
        unit=COMPLAINTS,
        needs=("repeat_of",),
        value="repeat_of IS NOT NULL",
        definition_en="Complaints that repeat an earlier one, out of all complaints received.",
        definition_zh="重复投诉件数占收到投诉总件数的比例。",
    ),
    Indicator(
        id="upheld_rate",
        table="complaints",
        at="received_at",
        unit="share of closed complaints",
        needs=("upheld",),
        eligible="upheld IS NOT NULL",
        value="upheld",
        definition_en="Complaints found for the customer, out of those received in the period and closed.",
        definition_zh="当期收到且已办结的投诉中，认定客户诉求成立的比例。",
    ),
    Indicator(
        id="first_response_24h",
        table="complaints",
        at="received_at",
        unit=COMPLAINTS,
        needs=("first_response_at",),
        eligible="received_at + INTERVAL 24 HOUR <= now",
        value="first_response_at IS NOT NULL AND first_response_at <= received_at + INTERVAL 24 HOUR",
        definition_en="Complaints first answered within 24 hours, out of those whose 24 hours have passed;"
        " unanswered ones count as missed.",
        definition_zh="已满24小时的投诉中，在24小时内首次响应的比例；未响应的计为未达标。",
    ),
    _within_working_days(
        "reply_2wd",
        "response",
        2,
        "Complaints replied to within 2 working days, out of those whose 2 working days have passed.",
        "已满两个工作日的投诉中，在两个工作日内答复的比例。",
    ),
    _within_working_days(
        "resolved_7wd",
        "resolution",
        7,
        "Complaints resolved within 7 working days, out of those whose 7 working days have passed; open ones"
        " count as missed.",
        "已满七个工作日的投诉中，在七个工作日内办结的比例；未办结的计为未达标。",
    ),
    _within_working_days(
        "resolved_3wd",
        "resolution",
        3,
        "Complaints resolved within 3 working days, out of those whose 3 working days have passed; open ones"
        " count as missed.",
        "已满三个工作日的投诉中，在三个工作日内办结的比例；未办结的计为未达标。",
    ),
    Indicator(
        id="handling_days",
        table="complaints",
        at="received_at",
        unit="working days",
        needs=("resolved_at",),
        value="working_days_to_resolution",
        censored="resolved_at IS NULL OR resolved_at >= now",
        horizon=30,
        family="mean",
        definition_en="Mean working days to resolve within the first 30, of all complaints received: by"
        " Kaplan–Meier, so that open ones count for as long as they have been open.",
        definition_zh="收到的全部投诉在前三十个工作日内的平均处理工作日数，按Kaplan–Meier法估计，未办结的计至当日为止。",
    ),
    _supplied(
        "enquiry_30min",
        "Enquiries answered within 30 minutes, supplied by the bank.",
        "三十分钟内答复的咨询占比，由银行提供。",
        unit="share of enquiries",
    ),
    Indicator(
        id="major_1h",
        table="complaints",
        at="received_at",
        unit="share of major complaints",
        needs=("severity", "first_response_at"),
        eligible="severity = 'major' AND received_at + INTERVAL 1 HOUR <= now",
        value="first_response_at IS NOT NULL AND first_response_at <= received_at + INTERVAL 1 HOUR",
        definition_en="Major complaints taken up within 1 hour, out of those whose hour has passed.",
        definition_zh="已满一小时的重大投诉中，在一小时内受理的比例。",
    ),
    Indicator(
        id="satisfaction",
        table="surveys",
        at="answered_on",
        unit="share of answers",
        value="rating >= 4",
        definition_en="Survey answers of 4 or 5 out of 5, on all channels.",
        definition_zh="各渠道调查中评分为四分或五分的比例。",
    ),
    Indicator(
        id="good_rating_rate",
        table="surveys",
        at="answered_on",
        unit="share of answers",
        needs=("channel",),
        only=("channel", "branch", "phone"),
        value="rating >= 4",
        definition_en="Ratings of good or better (4 or 5 out of 5) given to staff at the branch or on the"
        " phone.",
        definition_zh="网点和电话服务评价为良好及以上（四分或五分）的比例。",
    ),
    Indicator(
        id="complaint_handling_satisfaction",
        table="complaints",
        at="received_at",
        unit="share of rated complaints",
        needs=("satisfaction",),
        eligible="satisfaction IS NOT NULL",
        value="satisfaction >= 4",
        definition_en="Complaints whose handling the customer rated 4 or 5 out of 5, out of those rated.",
        definition_zh="客户对投诉处理评四分或五分的比例。",
    ),
    Indicator(
        id="online_satisfaction",
        table="surveys",
        at="answered_on",
        unit="share of answers",
        needs=("channel",),
        only=("channel", "online_bank", "mobile_app", "self_service"),
        value="rating >= 4",
        definition_en="Survey answers of 4 or 5 out of 5 on the digital channels.",
        definition_zh="数字渠道调查中评分为四分或五分的比例。",
    ),
    _supplied(
        "retention",
        "Customers of twelve months ago who are still customers, at the last known month of the period,"
        " supplied by the bank.",
        "十二个月前的客户至今留存的比例，取期内最后一个已知月份，由银行提供。",
        unit="share of customers",
        stock=True,
    ),
    _supplied(
        "service_error_rate",
        "Transactions with an error, supplied by the bank.",
        "出现差错的业务笔数占比，由银行提供。",
        unit="share of transactions",
    ),
    _supplied(
        "on_time_rate",
        "Transactions done within their standard time, supplied by the bank.",
        "在规定时限内办结的业务笔数占比，由银行提供。",
        unit="share of transactions",
    ),
    _supplied(
        "system_availability",
        "Minutes up out of minutes in service, supplied by the bank.",
        "可用分钟数占服务分钟数的比例，由银行提供。",
        unit="share of minutes",
        family="availability",
    ),
    _supplied(
        "bot_accuracy",
        "Automated answers judged right, supplied by the bank.",
        "智能客服答复经判定准确的比例，由银行提供。",
        unit="share of answers judged",
    ),
    Indicator(
        id="fault_response_30min",
        table="incidents",
        at="started_at",
        unit="share of faults",
        needs=("responded_at",),
        only=("kind", "outage", "fault"),
        eligible="started_at + INTERVAL 30 MINUTE <= now",
        value="responded_at IS NOT NULL AND responded_at <= started_at + INTERVAL 30 MINUTE",
        definition_en="Outages and faults responded to within 30 minutes.",
        definition_zh="三十分钟内响应的系统中断和故障占比。",
    ),
    _inspected(
        "compliance_pass_rate",
        "compliance",
        "Items passed in compliance checks.",
        "合规检查项目的通过比例。",
    ),
    Indicator(
        id="security_incidents",
        table="incidents",
        at="started_at",
        unit="incidents per quarter",
        only=("kind", "security"),
        exposure="time",
        family="rate",
        definition_en="Information-security incidents in the bank, per quarter.",
        definition_zh="全行每季度信息安全事件数。",
    ),
    _supplied(
        "potential_loss_rate",
        "Service and conduct losses out of income, supplied by the bank.",
        "服务与行为损失占收入的比例，由银行提供。",
        unit="share of income",
        family="measured",
    ),
    _inspected(
        "dual_control_rate",
        "dual_control",
        "High-risk operations inspected that were done under dual control.",
        "抽查的高风险业务中执行双人复核的比例。",
    ),
    _inspected(
        "identity_check_rate",
        "identity_check",
        "Operations inspected in which identity was verified as the procedure asks.",
        "抽查业务中按规定核验客户身份的比例。",
    ),
    _inspected(
        "disclosure_rate",
        "disclosure",
        "Sales inspected in which fees, rates and risk level were disclosed.",
        "抽查销售中完整披露费用、利率和风险等级的比例。",
    ),
    _inspected(
        "first_contact_owner_rate",
        "first_contact_owner",
        "Requests inspected that the first member of staff asked kept until solved.",
        "抽查诉求中由首问人员负责到底的比例。",
    ),
    _supplied(
        "special_group_coverage",
        "Elderly, disabled and new-resident customers who got the adapted service, at the last known month of"
        " the period, supplied by the bank.",
        "老年人、残障人士和新市民客户中获得适配服务的比例，取期内最后一个已知月份，由银行提供。",
        unit="share of customers",
        stock=True,
    ),
    _inspected(
        "mystery_shopper_pass",
        "mystery_shopper",
        "Items passed in mystery-shopper visits.",
        "神秘人检查项目的通过比例。",
    ),
    _inspected(
        "recording_check_pass",
        "recording_check",
        "Sampled recordings without a defect.",
        "抽查录音录像无缺陷的比例。",
    ),
    _supplied(
        "training_coverage",
        "Staff with current training, at the last known month of the period, supplied by the bank.",
        "培训在有效期内的员工占比，取期内最后一个已知月份，由银行提供。",
        unit="share of staff",
        stock=True,
    ),
    Indicator(
        id="education_reach",
        table="observations",
        at="month",
        unit="persons per reporting unit and quarter",
        only=("indicator_id", "education_reach"),
        value="numerator",
        weight="months / 3.0",
        family="measured",
        definition_en="Customers reached by financial education, per reporting unit and quarter,"
        " supplied by the bank.",
        definition_zh="每个报送机构每季度金融知识宣教覆盖人次，由银行提供。",
    ),
    Indicator(
        id="rectification_on_time",
        table="actions",
        at="due_on",
        unit="share of actions due",
        eligible="due_on < now",
        value="closed_on IS NOT NULL AND closed_on <= due_on",
        definition_en="Corrective actions closed by their due date, out of those that were due.",
        definition_zh="已到期的整改措施中按期完成的比例。",
    ),
    replace(
        _supplied(
            "text_alert_rate",
            "Interactions with an alert signal, supplied by the bank.",
            "出现预警信号的交互笔数，由银行提供。",
            unit="per 1,000 interactions",
            family="rate",
        ),
        scale=1000.0,
    ),
    Indicator(
        id="timely_response_rate",
        table="complaints",
        at="received_at",
        unit=COMPLAINTS,
        needs=("timely_response",),
        eligible="timely_response IS NOT NULL",
        value="timely_response",
        definition_en="Complaints that the source itself marks as answered in time.",
        definition_zh="数据来源标注为及时答复的投诉比例。",
    ),
)

INDICATORS: dict[str, Indicator] = {indicator.id: indicator for indicator in _ALL}
SHARES: dict[str, bool] = {indicator.id: indicator.is_share for indicator in _ALL}
"""Which of them are shares."""
