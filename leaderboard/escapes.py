"""Words that others wrote, made safe for where they go: a spreadsheet, LaTeX, a terminal."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def no_formula(words: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula.

    >>> no_formula("=1+1"), no_formula("VSE++")
    ("'=1+1", 'VSE++')
    """
    return f"'{words}" if words.startswith(_FORMULA_STARTS) else words


def in_latex(words: str) -> str:
    r"""Escape words for a cell of a LaTeX table.

    >>> print(in_latex("50% & more"))
    50\% \& more
    """
    escaped = " ".join(words.translate(_LATEX).split())
    # A row that begins with a bracket would be read as the optional argument of the line break before it.
    return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped


def one_line(words: str) -> str:
    """Drop what could steer a terminal: names come from uploads."""
    return "".join(sign if sign.isprintable() else " " for sign in words)
