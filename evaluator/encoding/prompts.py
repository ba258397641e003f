"""What a run puts around every caption before a model reads it."""

from collections.abc import Sequence

from evaluator.model import ModelError

PLACE = "{}"


def caption_template(prompt: str) -> str:
    """Return a prompt as a template with one place for the caption.

    Args:
        prompt: A template with `{}` where the caption goes, or words to put before it.

    Raises:
        ModelError: It would change nothing, or has more than one place.

    >>> caption_template("a photo of"), caption_template("a photo of {}, indoors")
    ('a photo of {}', 'a photo of {}, indoors')
    """
    if prompt.count(PLACE) > 1:
        raise ModelError(f"The prompt {prompt!r:.120} has {prompt.count(PLACE)} places {{}}; a caption goes into one.")
    template = prompt if PLACE in prompt else f"{prompt.rstrip()} {PLACE}"
    if template.strip() == PLACE:
        raise ModelError(
            f"The prompt {prompt!r:.120} puts nothing around a caption. Write it as words with {{}} where the caption"
            " goes, such as 'a photo of {}', or leave the prompt out."
        )
    return template


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
