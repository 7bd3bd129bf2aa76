"""E-mail addresses, and names and addresses where a word says that one follows."""

import re

from riskmodels.privacy.numbers import Kind

_HAN = "[\u4e00-\u9fff]"
_LETTER = r"[^\W\u2e80-\u9fff\u3040-\u30ff\uac00-\ud7ff]"  # of scripts that part their words
_LABEL = rf"(?:{_LETTER}|-)++"
_DOT = r"(?:\.|\ ?[\[({]dot[\])}]\ ?)"
_DOMAIN = (
    rf"(?:(?:{_LABEL}{_DOT})+(?!\d){_LETTER}(?:{_LETTER}|-)+|(?:{_HAN}{{1,15}}\.)+(?:中国|公司|网络|[a-z]+))"
)
_AT = r"\ ?(?:@|[\[({]at[\])}])\ ?"
_LOCAL = (
    rf"(?<!{_LETTER})(?<!{_LETTER}')(?<![.+%-])(?:\"[^\"\n]{{1,40}}\"|(?:{_LETTER}|[.+%-]|(?<={_LETTER})')++)"
)

_SURNAMES = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖萧田董袁"
    "潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖石金韦贾夏付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "張劉陳楊黃趙吳孫馬羅鄭梁謝許韓鄧馮蕭蔣葉蘇魏呂盧鍾譚陸汪範賈鄒龍賀顧龔邵萬錢嚴]"
)
_THEN = f"(?!{_HAN})|电话|手机|联系|先生|女士|小姐|身份|证件|住|地址|卡号|账号|的|在|说|于|和|与|及|称|反映|投诉|表示|来电|要求"
_NAME = f"(?P<it>(?:{_SURNAMES})(?:{_HAN}{{1,2}}?(?={_THEN})|{_HAN}{{1,2}}))"
_NAMED = (
    "(?:收件人|收货人|联系人|寄件人|开户人|持卡人|投诉人|申请人|经办人|代理人|监护人|姓名|户名|我叫|本人叫|名叫)(?:姓名)?"
    f"[ ]{{0,2}}(?:是|为|叫|:)?[ ]{{0,2}}{_NAME}"
)
_TITLED = f"(?P<it>(?:{_SURNAMES}){_HAN}{{1,2}})(?=先生|女士|小姐|太太)"
_ADDRESSED = (
    "(?:(?:住址|地址)[ ]?(?:是|为|在|:)|家住|现住|住在|居住在|居住于|住址)[ ]?"
    "(?P<it>(?=[^,。;\\n\\[\\0]{0,40}[省市区县镇乡村路街巷弄号室栋楼])[^,。;\\n\\[\\0]{4,60})"
)
_HOME = (
    f"(?P<it>{_HAN}{{2,15}}(?:路|街|道|巷|弄|胡同|小区|村)\\d{{1,5}}(?:号|弄)"
    f"(?:\\d{{1,5}}(?:号|幢|栋|座|单元|楼|层))*\\d{{1,5}}室)"
)
_CAPITALISED = "[A-Z][a-z'-]+"
_NAMED_EN = (
    "(?i:recipient|consignee|card ?holder|account holder|payee|beneficiary|contact person"
    "|(?:customer|full|my|first|last) name)"
    rf"(?i:'s name| name)?(?:(?i: is) |: ?)(?P<it>{_CAPITALISED}(?: {_CAPITALISED}){{0,3}})"
)
_TITLED_EN = rf"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? (?P<it>{_CAPITALISED}(?: {_CAPITALISED})?)"
_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Square|Terrace|Close"
)
_ADDRESSED_EN = (
    r"(?i:address(?: is)?|lives? (?:at|on)|living at|resides? at|deliver(?:ed)? to|ship(?:ped)? to):? ?"
    rf"(?P<it>\d{{1,6}}[A-Za-z]? (?:[A-Z][\w'.-]*\ ){{1,4}}(?:{_STREET})\b[^;\n\[\0]{{0,40}}?"
    r"(?=[.;\n]|$| and| but|, (?:and|but)))"
)


def _kind(name: str, pattern: str, *signs: str) -> Kind:
    return Kind(name=name, pattern=re.compile(pattern), signs=signs)


_MAIL = ("@", "at]", "at)", "at}")
WORDS = (
    _kind("e-mail", f"(?P<it>{_LOCAL}{_AT}{_DOMAIN})", *_MAIL),
    _kind("e-mail", f"(?P<it>(?:{_SURNAMES}){_HAN}{{1,2}}{_AT}{_DOMAIN})", *_MAIL),
    _kind("e-mail", f"(?P<it>{_HAN}{{1,4}}{_AT}{_DOMAIN})", *_MAIL),
    _kind("address", _ADDRESSED, "址", "住"),
    _kind("address", _HOME, "室"),
    _kind("name", _NAMED, "人", "姓名", "户名", "我叫", "名叫"),
    _kind("name", _TITLED, "先生", "女士", "小姐", "太太"),
    _kind(
        "address",
        _ADDRESSED_EN,
        "ddress",
        "ive at",
        "ives at",
        "ive on",
        "ives on",
        "iving at",
        "eside",
        "eliver",
        "hip",
    ),
    _kind("name", _NAMED_EN, " name", "ecipient", "onsignee", "older", "ayee", "eneficiary", "ontact person"),
    _kind("name", _TITLED_EN, "Mr", "Ms", "Miss", "Dr"),
)
