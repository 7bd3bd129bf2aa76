"""The file that a new scenario begins as: it fits, and does nothing until its sizes are written."""

from riskmodels.parameters.files import Identifier, Parameters, check_parameters

_TEMPLATE = """\
# A draft: every shock has the size 0.0, so that it does nothing until you write yours.
# Then check it: riskmodels scenario lint
# 草案：各冲击大小均为 0.0，填写之前不产生任何影响；填写后运行 riskmodels scenario lint 检查。
#
# A shock has a size in a unit of your own, at its worst. In each month of the scenario it moves:
#   complaints, enquiries, staff, handling_time, loss_frequency, loss_severity, redress
#                       the relative change for one unit of the shock: 0.02 at a size of 10 is 20% more
#   indicator, limit    its own unit (shares as fractions) for one unit of the shock; indicator says which.
#                       An indicator may change per: doubling_of_complaints instead
#   upheld, retention   shares as fractions, for one unit of the shock
#   fine                CNY for one unit of the shock, paid delay_months later
# It is felt everywhere, or where product, unit_id, channel, category, team or event_type say.
# 冲击的大小按自定单位填写；每月变动 = 单位变动 × 冲击大小。可限定产品、机构、渠道、类别、团队或损失事件类型。

id: {id}
name_en: {id}
name_zh: {id}
description_en: to be written
description_zh: 待填写
start_month: 1  # months after the last month of data 数据末月之后第几个月开始
# dependence: {{copula: gaussian, correlation: 0.3}}  # strong together; left out: independent 独立

levels:
  moderate:
    shocks:
      - id: outage
        name_en: &en to be written
        name_zh: &zh 待填写
        unit_en: &unit_en hours down  # in words 单位
        unit_zh: &unit_zh 小时中断
        size: 0.0         # in that unit, at its worst 最大值
        months: 1         # how long; 0 does nothing 持续月数
        # start_month: 2         # of the scenario 情景内起始月
        # shape: ramp_up         # or ramp_down; left out: the same size in all months 形状
        # half_life_months: 1.0  # halves in so many months after its last; left out: ends at once 半衰期
        moves: &moves
          # low, mode, high: lowest, likeliest, highest; say where they come from and who set them 依据与设定人
          - what: complaints
            change: {{low: 0.01, mode: 0.02, high: 0.04, basis: to be written, set_by: to be written}}
          - what: indicator
            indicator: satisfaction
            change: {{low: -0.004, mode: -0.002, high: -0.001, basis: to be written, set_by: to be written}}
  severe:
    shocks:
      - {{id: outage, name_en: *en, name_zh: *zh, unit_en: *unit_en, unit_zh: *unit_zh,
         size: 0.0, months: 1, moves: *moves}}
  extreme:
    shocks:
      - {{id: outage, name_en: *en, name_zh: *zh, unit_en: *unit_en, unit_zh: *unit_zh,
         size: 0.0, months: 1, moves: *moves}}
  # or, instead of shocks, scenarios in files beside this one 或组合其他情景:
  #   combines: [{{scenario: system_outage, severity: extreme}}, {{scenario: data_leak, severity: severe}}]
"""


class _Named(Parameters):
    called = "a new scenario"
    id: Identifier


def scenario_template(id_: str) -> str:
    """Return the text of a new scenario file; raises ParameterError where ``id_`` is no identifier."""
    return _TEMPLATE.format(id=check_parameters({"id": id_}, _Named, where=f"'{id_}'").id)
