"""Options that all commands which run models share."""

from typing import Annotated, TypeAlias

import typer

DeviceOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="cpu, cuda, cuda:1; a GPU if there is one.")
]
PrecisionOption: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help="fp32, amp or bf16.")]
BatchSizeOption: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Pictures or captions at once.")
]
PromptOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Words around every caption: 'a photo of {}'.")
]
SubmitterOption: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help="Who runs it.")]
