"""What people call the canonical tables, their columns and their values, in English and in Chinese."""

import re
from difflib import SequenceMatcher
from functools import cache

from riskmodels.sources.headers import plain

_WEAK = 0.55  # a name that could as well mean something else
_ALIKE = 0.86  # from here on a name may be a typing error
_LEAST_LETTERS, _MOST_MORE = 5, 2  # short words differ by a letter; a typing error adds few

# Names of one column, the sure ones first; after the bar those that could as well mean something else.
_UNIT = (
    "unit id, unit, branch, branch id, branch code, branch name, outlet, office, company, company name, bank,"
    " bank name, institution, instituição, instituicao, institución, institut, banco, firm, firm name,"
    " entity, org code, organisation,"
    " organization, respondent, 机构, 机构号, 机构编号, 机构代码, 机构名称,"
    " 网点, 网点号, 网点编号, 支行, 受理机构, 被投诉机构, 所属机构, 银行, 银行名称 | state, city, province, department, 部门, 分行"
)
_REGION = "region id, region, area, district, zone, 区域, 大区, 地区, 所属分行, 所属地区 | province, state, 省份, 城市, 分行"
_PRODUCT = (
    "product, product name, product type, product line, product group, business line, 产品, 产品名称, 产品类型,"
    " 产品类别, 业务类型, 业务类别, 业务品种, 业务种类 | service, business, account type, 业务"
)
_CHANNEL = (
    "channel, submitted via, intake channel, source channel, complaint channel, received via, contact method,"
    " 渠道, 投诉渠道, 受理渠道, 来源渠道, 投诉来源, 办理渠道 | medium, via, source, 来源"
)
_GROUP = (
    "customer group, customer segment, segment, customer type, tags, 客户群体, 客群, 客户类型, 客户类别 | group,"
    " type of customer"
)
_INDICATOR = "indicator id, indicator, metric, kpi, measure name, 指标, 指标编号, 指标名称, 指标代码"
_PERIOD = "frequency, granularity, period type, 周期, 频率"
_MONTH = (
    "month, period, reporting month, date, year month, month end, observation date, quarter, 月份, 统计月份, 报告期,"
    " 年月, 月度, 时间, 日期 | day, year, 季度, 期间"
)

_COLUMNS: dict[str, dict[str, str]] = {
    "units": {
        "unit_id": _UNIT.replace(", branch name", "").replace(", 机构名称", "") + ", id, code, 编号",
        "name_en": "name en, name, english name, branch name, unit name, 英文名称, 英文名 | title",
        "name_zh": "name zh, chinese name, 中文名称, 中文名, 机构名称, 网点名称, 支行名称, 名称",
        "region_id": _REGION,
        "kind": "kind, type, unit type, branch type, 类型, 机构类型, 网点类型, 级别",
        "opened_on": "opened on, open date, opening date, established, start date, 开业日期, 成立日期, 设立日期, 开业时间",
        "closed_on": "closed on, close date, closing date, end date, 关闭日期, 撤销日期, 终止日期, 停业日期",
    },
    "complaints": {
        "complaint_id": "complaint id, complaint no, complaint number, case id, case no, case number, ticket,"
        " ticket id, ticket no, reference number, 投诉编号, 投诉单号, 投诉号, 工单编号, 工单号, 案件编号, 受理编号, 受理单号 | id,"
        " reference, number, no, 编号, 流水号, 序号",
        "received_at": "received at, date received, received date, received on, received, receipt date,"
        " complaint date, date of complaint, date submitted, submitted at, created at, date created,"
        " open date, date opened, opened at, 受理时间, 受理日期, 投诉时间, 投诉日期, 收到时间, 收到日期, 接收时间, 接收日期, 来电时间, 进件时间, 提交时间"
        " | date, timestamp, time, day, 日期, 时间, 创建时间",
        "logged_at": "logged at, date logged, date sent to company, registered at, registration date,"
        " entered at, recorded at, 登记时间, 登记日期, 录入时间, 录入日期, 立案时间 | created at, 创建时间",
        "first_response_at": "first response at, first response, first response date, response date,"
        " responded at, answered at, acknowledged at, 首次响应时间, 首次联系时间, 首次回复时间, 响应时间, 首响时间, 回复时间",
        "resolved_at": "resolved at, date resolved, resolution date, closed at, date closed, close date,"
        " closed date, completed at, settled at, 办结时间, 办结日期, 结案时间, 结案日期, 处理完成时间, 完成时间, 解决时间, 关闭时间, 处理结束时间",
        "unit_id": _UNIT,
        "region_id": _REGION,
        "product": _PRODUCT,
        "channel": _CHANNEL,
        "category": "category, issue, complaint type, complaint category, reason, complaint reason, subject,"
        " 投诉类型, 投诉类别, 投诉原因, 投诉分类, 问题类型, 问题分类, 投诉事由 | type, cause, 原因, 类别, 类型, 分类",
        "customer_group": _GROUP,
        "severity": "severity, priority, grade, complaint level, 严重程度, 投诉等级, 投诉级别, 等级, 紧急程度 | level, 级别",
        "upheld": "upheld, substantiated, justified, valid complaint, 是否成立, 投诉成立, 是否属实, 是否有责, 认定结果 | founded,"
        " 属实",
        "repeat_of": "repeat of, original complaint, parent complaint, previous complaint, 原投诉编号, 重复投诉编号,"
        " 关联投诉编号",
        "redress": "redress, compensation, refund, amount paid, goodwill, remediation amount, 赔付金额, 补偿金额,"
        " 退款金额, 赔偿金额 | amount, 金额",
        "satisfaction": "satisfaction, satisfaction score, csat, rating, customer rating, 满意度, 满意度评分, 满意度评价,"
        " 评分 | score",
        "timely_response": "timely response, timely, on time, in time, 是否及时, 是否按时, 按时办结, 及时响应",
        "narrative": "narrative, consumer complaint narrative, complaint narrative, complaint text,"
        " description, details, text, complaint content, 投诉内容, 投诉描述, 内容, 问题描述, 详情, 诉求内容, 工单内容 | comment,"
        " comments, notes, message, query, 备注",
    },
    "complaint_counts": {
        "unit_id": _UNIT,
        "product": _PRODUCT,
        "channel": _CHANNEL,
        "customer_group": _GROUP,
        "period_start": "period start, period, month, quarter, reporting period, year, fiscal year,"
        " financial year, half year, ano, año, jahr, exercice, 年, 年份, 年度, 月份, 季度, 统计月份, 报告期, 年月, 期间 | date,"
        " date received, time, 日期, 时间",
        "period": _PERIOD,
        "complaints": "complaints, complaint count, number of complaints, complaint volume, complaints"
        " received, count of complaints, 投诉量, 投诉件数, 投诉数, 投诉数量, 投诉笔数, 本年累计, 累计投诉量, complaints ytd, complaints"
        " year to date, cumulative complaints | n, count, total, number, volume, cases, formal cases,"
        " reclamações, reclamacoes, reclamaciones, réclamations, beschwerden, value, 件数, 数量, 合计, 总数, 总量",
    },
    "exposure": {
        "unit_id": _UNIT,
        "region_id": _REGION,
        "product": _PRODUCT,
        "month": _MONTH,
        "accounts": "accounts, open accounts, number of accounts, account count, active accounts, 账户数, 户数,"
        " 账户数量, 存量账户, 有效户数, 卡量, 发卡量 | count, value, 数量",
        "customers": "customers, number of customers, customer count, clients, 客户数, 客户数量, 客户总数, 有效客户数",
    },
    "observations": {
        "indicator_id": _INDICATOR,
        "unit_id": _UNIT,
        "month": _MONTH,
        "period": _PERIOD,
        "numerator": "numerator, hits, successes, passed, 分子, 达标数, 合格数 | count, value",
        "denominator": "denominator, base, out of, 分母, 总数, 基数 | total",
    },
    "surveys": {
        "survey_id": "survey id, survey no, response id, answer id, respondent id, questionnaire id, 问卷编号,"
        " 答卷编号, 调查编号, 评价编号 | id, 编号, 序号",
        "answered_on": "answered on, survey date, response date, submitted at, date of answer, 调查日期, 评价时间,"
        " 评价日期, 答卷时间, 提交时间, 回访日期 | date, time, timestamp, 日期, 时间",
        "unit_id": _UNIT,
        "product": _PRODUCT,
        "channel": _CHANNEL,
        "customer_group": _GROUP,
        "rating": "rating, satisfaction, satisfaction score, csat, overall satisfaction, stars, 满意度, 评分,"
        " 总体满意度, 满意度评分, 评价 | score, answer, 得分",
    },
    "inspections": {
        "inspection_id": "inspection id, inspection no, check id, audit id, 检查编号, 检查单号 | id, 编号, 序号",
        "inspected_on": "inspected on, inspection date, check date, audit date, visit date, 检查日期, 检查时间, 走访日期"
        " | date, 日期, 时间",
        "unit_id": _UNIT,
        "kind": "kind, inspection type, check type, 检查类型, 检查项目, 检查类别 | type, 类型",
        "items": "items, items checked, checked, sample size, checks, 检查项数, 检查数, 抽查数, 检查笔数 | total, 总数",
        "passed": "passed, items passed, pass, compliant, 合格项数, 合格数, 通过数 | ok",
    },
    "losses": {
        "loss_id": "loss id, event id, loss no, loss event id, loss number, 损失编号, 事件编号, 损失事件编号, 损失单号 | id,"
        " case id, 编号, 序号",
        "occurred_on": "occurred on, occurrence date, date of occurrence, loss date, event date,"
        " date of loss, date occurred, 发生日期, 发生时间, 损失发生日期, 事件日期 | date, day, time, start date, 日期, 时间",
        "recorded_on": "recorded on, recorded date, booking date, accounting date, posting date,"
        " date recorded, report date, discovery date, 入账日期, 记账日期, 确认日期, 入账时间, 登记日期 | entry date",
        "unit_id": _UNIT,
        "product": _PRODUCT,
        "event_type": "event type, loss type, event category, risk category, basel event type,"
        " loss event type, 事件类型, 损失类型, 损失事件类型, 风险类型, 损失类别 | type, category, cause, 类型, 类别",
        "gross_loss": "gross loss, loss, loss amount, gross amount, amount of loss, severity,"
        " gross loss amount, 损失金额, 总损失, 损失总额, 损失 | amount, value, claim, claim amount, 金额",
        "recovery": "recovery, recoveries, recovered, recovered amount, recovery amount, insurance recovery,"
        " 挽回金额, 追回金额, 回收金额, 挽回损失",
        "complaint_id": "complaint id, related complaint, 投诉编号, 关联投诉",
        "incident_id": "incident id, incident no, outage id, related incident, 关联事件, 故障编号, 事故编号",
    },
    "incidents": {
        "incident_id": "incident id, incident no, event id, outage id, ticket id, 事件编号, 故障编号, 事故编号 | id, 编号,"
        " 序号",
        "kind": "kind, incident type, incident kind, event type, 事件类型, 故障类型 | type, category, 类型, 类别",
        "started_at": "started at, start time, start, begin, outage start, incident start, began at,"
        " occurred at, 开始时间, 发生时间, 故障开始时间, 中断开始时间 | date, time, timestamp, 时间, 日期",
        "severity": "severity, grade, major incident, 事件级别, 事件等级, 故障等级",
        "detected_at": "detected at, detection time, discovered at, 发现时间, 获知时间",
        "customers_told_at": "customers told at, customers informed at, customer notice time, 客户告知时间, 公告时间",
        "supervisor_told_at": "supervisor told at, supervisor informed at, regulator notified at,"
        " reported to regulator, 监管报告时间, 上报监管时间",
        "responded_at": "responded at, response time, acknowledged at, taken up, 响应时间, 受理时间",
        "ended_at": "ended at, end time, end, restored at, resolved at, outage end, recovered at, finish,"
        " 结束时间, 恢复时间, 故障恢复时间, 解决时间",
        "channel": _CHANNEL + ", system, 系统, 系统名称",
        "unit_id": _UNIT,
    },
    "actions": {
        "action_id": "action id, action no, task id, remediation id, 整改编号, 措施编号, 任务编号 | id, 编号, 序号",
        "unit_id": _UNIT,
        "product": _PRODUCT,
        "indicator_id": _INDICATOR,
        "measure": "measure, action, corrective action, remediation, action plan, 整改措施, 措施, 整改内容"
        " | description, 内容",
        "opened_on": "opened on, decided on, start date, date opened, created, 开始日期, 立项日期, 下达日期, 提出日期 | date,"
        " 日期",
        "due_on": "due on, due date, deadline, target date, 截止日期, 完成期限, 整改期限, 计划完成日期",
        "closed_on": "closed on, closed date, completed on, completion date, date closed, done on, 完成日期,"
        " 关闭日期, 实际完成日期, 办结日期",
        "kind": "kind, kind of action, action kind, action type, control type, 措施类别, 控制类型 | type, 类型, 类别",
        "cost": "cost, action cost, cost of action, budget, 措施成本, 整改费用, 费用, 成本, 投入 | amount, 金额",
        "expected_change": "expected change, expected effect, target change, expected reduction, 预期效果, 预期变化,"
        " 预期降幅",
        "pilot_units": "pilot units, pilot branches, units in the pilot, pilot, 试点网点, 试点机构, 试点单位",
    },
    "enquiries": {
        "team": "team, queue, skill, skill group, call centre, call center, hotline, 班组, 团队, 坐席组, 技能组, 队列,"
        " 受理班组 | group, unit, 机构, 部门",
        "slot_start": "slot start, slot, interval start, interval, half hour, time slot, interval begin,"
        " 时段开始, 时段, 时间段, 半小时段, 开始时段 | start, start time, time, date, timestamp, period, 时间, 开始时间, 日期",
        "slot_minutes": "slot minutes, slot length, interval minutes, interval length, 时段分钟数, 时段长度 | minutes,"
        " 分钟",
        "arrivals": "arrivals, calls, calls offered, offered calls, offered, incoming calls, inbound calls,"
        " calls received, enquiries, inquiries, contacts offered, 呼入量, 来电量, 进线量, 呼入次数, 来电次数, 咨询量,"
        " 呼叫量 | count, volume, total, 数量, 总数",
        "answered_in_standard": "answered in standard, answered within standard, answered in time,"
        " answered within threshold, answered in sla, within service level, calls within service level,"
        " 时限内接听, 达标接听量, 及时接通量, 标准内接听量, 规定时间内接听量, 时限内接听量 | answered, 接通量, 接听量",
        "abandoned": "abandoned, calls abandoned, abandoned calls, abandons, given up, lost calls, 放弃量, 放弃次数,"
        " 呼损量, 未接通放弃量, 放弃数 | lost, missed, 未接量",
    },
    "macro": {
        "series": "series, series id, variable, series name, macro variable, 指标, 指标名称, 变量, 序列 | name,"
        " indicator, 名称",
        "month": _MONTH,
        "value": "value, figure, observation, level, 数值, 值, 指标值 | amount",
    },
}

# Words in the name of a file, a sheet or a column that say what the rows are.
_TABLES: dict[str, str] = {
    "units": "units, branches, branch list, outlets, 网点, 机构信息, 机构表, 机构清单, 网点信息",
    "complaints": "complaint, complaints, grievances, narrative, narratives, 投诉, 工单",
    "complaint_counts": "complaints, complaint counts, complaint volume, monthly complaints,"
    " quarterly complaints, 投诉, 投诉量, 投诉统计, 投诉情况通报",
    "exposure": "exposure, accounts, customers, 账户数, 户数, 客户数",
    "observations": "observations, indicators, kpi, 指标",
    "surveys": "survey, surveys, csat, nps, 满意度, 问卷, 调查",
    "inspections": "inspection, inspections, mystery shopper, audit, 检查, 神秘人, 暗访",
    "losses": "loss, losses, operational loss, claims, 损失",
    "incidents": "incident, incidents, outage, outages, 故障, 中断, 事件",
    "actions": "action, actions, remediation, 整改, 措施",
    "enquiries": "enquiry, enquiries, inquiries, calls, call centre, call center, hotline, telephone,"
    " 来电, 呼入, 呼叫中心, 热线, 话务, 咨询, 客服中心",
    "macro": "macro, economy, scenario, gdp, cpi, unemployment, 宏观, 经济",
}

_DOMAINS: dict[str, str] = {
    "ordinary": "ordinary, low, normal, minor, p3, 一般, 普通, 低",
    "serious": "serious, medium, high, p2, 较重, 较大, 严重, 中, 紧急",
    "minor": "minor, low, p3, p4, 轻微, 低, 较小",
    "major": "major, critical, p1, 重大, 特别重大, 高, 特急",
    "month": "month, monthly, m, 月, 月度, 每月",
    "quarter": "quarter, quarterly, q, 季, 季度, 每季",
    "half_year": "half year, half yearly, semester, semi annual, h, 半年, 半年度, 每半年",
    "year": "year, yearly, annual, y, 年, 年度, 每年",
    "preventive": "preventive, prevention, 预防, 预防性",
    "corrective": "corrective, correction, 纠正, 纠正性, 整改",
    "compensating": "compensating, compensation, 补偿, 补偿性",
    "mystery_shopper": "mystery shopper, mystery shopping, mystery visit, 神秘人, 神秘客户, 暗访",
    "recording_check": "recording check, recordings, 双录检查, 录音检查, 录音录像",
    "compliance": "compliance, 合规, 合规检查",
    "dual_control": "dual control, four eyes, 双人复核, 双人控制",
    "identity_check": "identity check, kyc, identification, 身份核验, 身份识别, 实名核验",
    "disclosure": "disclosure, information disclosure, 信息披露",
    "first_contact_owner": "first contact owner, first contact, 首问负责, 首问负责制",
    "outage": "outage, downtime, unavailable, 中断, 宕机, 停机, 服务中断",
    "fault": "fault, bug, error, failure, degraded, 故障, 异常, 缺陷",
    "security": "security, breach, cyber, attack, 安全, 信息安全, 网络攻击, 安全事件",
}

_TRUE = "yes, y, true, t, 1, 是, 有, 属实, 成立, 及时, 有责, upheld"
_FALSE = "no, n, false, f, 0, 否, 无, 不属实, 不成立, 不及时, 超时, 无责, not upheld"
_STATUS = (
    "new, open, opened, active, assigned, in progress, work in progress, awaiting, pending, on hold, waiting,"
    " awaiting user info, awaiting evidence, awaiting problem, awaiting vendor, solved, resolved, closed,"
    " done, to do, reopened, cancelled, canceled, rejected, completed, 已办结, 办结, 处理中, 待处理, 已关闭, 已受理, 受理中, 新建"
)
_UNITS = (
    r"in|of|rs|inr|cny|rmb|usd|eur|gbp|chf|brl|mxn|aud|[₹¥￥$€£]|r\$|lakhs?|lacs?|crores?|cr|mio|mn|mln"
    r"|millions?|k|0{3}s?|thousands?|tsd|[tk](?:eur|usd|gbp|chf)|bn|billions?|[万亿千百十]*元|[万亿千百十]+"
)
_UNIT_IN_BRACKETS = re.compile(rf"(?i)[(（\[](?:(?:{_UNITS})[\s.,']*)+[)）\]]")
_GRADES = {
    "1": "very dissatisfied, very unsatisfied, 非常不满意, 很不满意",
    "2": "dissatisfied, unsatisfied, 不满意",
    "3": "neutral, neither, average, 一般, 基本满意",
    "4": "satisfied, 满意, 比较满意",
    "5": "very satisfied, 非常满意, 很满意",
}


def name_score(table: str, column: str, name: str) -> float:
    """Say how well a file's name for a column fits a canonical column.

    Returns
    -------
    float
        0 (not at all) to 1 (it is the name, or a sure synonym).

    Examples
    --------
    >>> name_score("complaints", "complaint_id", "投诉编号"), name_score("complaints", "product", "ZIP code")
    (1.0, 0.0)
    """
    sure, weak = _synonyms(table, column)
    names = {plain(name), plain(_UNIT_IN_BRACKETS.sub("", name))}  # Gross loss (Rs. in lakh)
    return max(
        worth * likeness(given, known)
        for given in names
        for worth, words in ((1.0, sure), (_WEAK, weak))
        for known in words
    )


def table_score(table: str, words: str) -> float:
    """Say how well words (the name of a file, of its columns) fit what a table is about; 0 to 1."""
    return max(_holds(plain(words), known) for known in _split(_TABLES[table]))


def domain_value(domain: tuple[str, ...], value: str) -> str | None:
    """Return the canonical value that a value of a file means; None where that is not known.

    >>> domain_value(("ordinary", "serious", "major"), "重大")
    'major'
    """
    return _meanings(domain).get(plain(value))


@cache
def _meanings(domain: tuple[str, ...]) -> dict[str, str]:
    """Map words to the canonical value that each means; to the first where it may be several."""
    return {word: known for known in reversed(domain) for word in _split(_DOMAINS[known] + f", {known}")}


def truth(value: str) -> str | None:
    """Return 'true' or 'false' for a word that means so; None for others.

    >>> truth("Yes"), truth("否"), truth("maybe")
    ('true', 'false', None)
    """
    word = plain(value)
    if word in _split(_TRUE):
        return "true"
    return "false" if word in _split(_FALSE) else None


def is_status(value: str) -> bool:
    """Tell whether a word says how far a case is.

    >>> is_status("In Progress"), is_status("Texas")
    (True, False)
    """
    return plain(value) in _split(_STATUS)


def grade(value: str) -> str | None:
    """Return the points, 1 to 5, that words of satisfaction mean; None for others.

    >>> grade("非常满意")
    '5'
    """
    return next((points for points, words in _GRADES.items() if plain(value) in _split(words)), None)


@cache
def _synonyms(table: str, column: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sure, _, weak = _COLUMNS[table][column].partition("|")
    return (plain(column), *_split(sure)), _split(weak)


@cache
def _split(words: str) -> tuple[str, ...]:
    return tuple(plain(word) for word in words.split(",") if word.strip())


@cache
def likeness(given: str, known: str) -> float:
    """Say how well a plain name (see ``plain``) fits a known one: 0 (not at all) to 1 (it is the same)."""
    if given == known or given.replace(" ", "") == known.replace(" ", ""):
        return 1.0
    if not given or not known:
        return 0.0
    if not known.isascii():
        inside = known in given and len(known) > 1
        # the more of the name it is, from even chances on
        return 0.5 + 0.45 * len(known) / len(given) if inside else 0.0
    wanted, found = _tokens(known), _tokens(given)
    if wanted == found:
        return 0.97  # only the order of the words differs
    if wanted < found:  # the last word is what a name is about
        share = len(wanted) / len(found)
        # as above; less for a word that only describes
        return 0.45 + 0.45 * share if given.endswith(known) else 0.2 + 0.5 * share
    return _as_a_typing_error(given, known)


def _as_a_typing_error(given: str, known: str) -> float:
    if len(given) < _LEAST_LETTERS or abs(len(given) - len(known)) > _MOST_MORE:
        return 0.0
    matcher = SequenceMatcher(None, given, known)
    # a guess, below a name
    return 0.7 * matcher.ratio() if matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE else 0.0


@cache
def _tokens(words: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") or word for word in words.split())


def _holds(words: str, known: str) -> float:
    if known.isascii():
        return 1.0 if _tokens(known) <= _tokens(words) else 0.0
    return 1.0 if known in words else 0.0
