"""Architectures and tags of open_clip: which there are, which fit together, and what is said of one that is unknown."""

from pathlib import Path

from evaluator.model import ModelError
from splits.catalog import natural_key, near_names

OWN_ARCHITECTURES = Path(__file__).with_name("configs")
"""Every *.json in it is an architecture beside those of the library."""
QUICK = "-quickgelu"


def architectures() -> list[str]:
    """List the architectures of the library and our own, numbers in names sorted by value."""
    import open_clip

    own = {path.stem for path in OWN_ARCHITECTURES.glob("*.json")}
    if not own <= set(open_clip.list_models()):
        open_clip.add_model_config(OWN_ARCHITECTURES)
    return sorted(open_clip.list_models(), key=natural_key)


def tags(architecture: str) -> list[str]:
    """List the tags of an architecture."""
    import open_clip

    return list(open_clip.list_pretrained_tags_by_model(architecture))


def needs_quick_gelu(architecture: str, tag: str) -> bool:
    """Whether weights were trained with QuickGELU and the architecture computes GELU: the library only warns of it."""
    import open_clip

    trained = open_clip.get_pretrained_cfg(architecture, tag).get("quick_gelu", False)
    return bool(trained) and not (open_clip.get_model_config(architecture) or {}).get("quick_gelu", False)


def checked_tag(architecture: str, tag: str, known: list[str] | None = None) -> str:
    """Return a tag as the library spells it.

    Args:
        architecture: Its architecture.
        tag: As somebody wrote it.
        known: The tags of the architecture; those that the library says, which loads it, if omitted.

    Raises:
        ModelError: The architecture has no such tag.
    """
    known = tags(architecture) if known is None else known
    spelt = tag.lower().replace("-", "_")
    if spelt not in known:
        has = f"Its tags are: {', '.join(known)}." if known else "It has none: give a local file of weights."
        raise ModelError(f"open_clip's {architecture} has no tag {tag!r:.80}.{near_names(spelt, known)} {has}")
    return spelt


def unknown_architecture(name: str, known: list[str]) -> ModelError:
    """Say that there is no such architecture, and name near ones."""
    return ModelError(
        f"open_clip has no architecture named {name!r:.80}.{near_names(name, known)}"
        " All are listed by: rematch models list --family open_clip --installed"
    )
