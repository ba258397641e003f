"""What a run puts around every caption before a model reads it."""

from collections.abc import Sequence

from evaluator.model import ModelError

PLACE = "{}"


def caption_template(prompt: str) -> str:
    """Return a prompt, which is a template with one place for the caption.

    Args:
        prompt: Words with one `{}` among them, where the caption goes.

    Raises:
        ModelError: It has no such place or several, or no words around it.

    >>> caption_template("a photo of {}, indoors")
    'a photo of {}, indoors'
    """
    if prompt.count(PLACE) != 1 or prompt.strip() == PLACE:
        raise ModelError(
            f"Expected a prompt of words around one {{}}, where the caption goes, such as 'a photo of {{}}'; found"
            f" {prompt!r:.120}. Write it so, or leave the prompt out."
        )
    return prompt


def with_prompt(captions: Sequence[str], prompt: str | None) -> list[str]:
    """Put a prompt around every caption; none leaves them as they are.

    Raises:
        ModelError: See `caption_template`.

    >>> with_prompt(["two dogs"], "a photo of {}")
    ['a photo of two dogs']
    """
    if prompt is None:
        return list(captions)
    before, _, after = caption_template(prompt).partition(PLACE)
    return [f"{before}{caption}{after}" for caption in captions]
