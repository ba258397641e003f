"""Find data files of installed packages without importing them."""

import importlib.util
from pathlib import Path

from splits.errors import SplitError


def installed_file(package: str, name: str) -> Path:
    """Return a file of an installed package.

    Args:
        package: The import name of the package.
        name: The path of the file inside the package.

    Raises:
        SplitError: The package, or the file in it, is not installed.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    distribution = package.replace("_", "-")
    raise SplitError(
        f"The file {name} of the package {distribution} is needed and not installed. Run: pip install {distribution}"
    )
