"""Quote names and texts for SQL."""


def name(identifier: str) -> str:
    """Quote an identifier.

    >>> name('Timely "response"?')
    '"Timely ""response""?"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
