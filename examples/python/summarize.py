"""Summarizes a text file, then shows the errors of a revoked key and of a key without the scope.

The surface and the keys come from the environment. The other two clients read variables with their own prefixes,
``REVOKED_RUNTYPE_…`` and ``SCOPED_RUNTYPE_…``.
"""

import sys
from pathlib import Path

from runtype_surface import AuthenticationError, Client, PermissionDeniedError


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: summarize.py FILE")
    article = {"input": Path(sys.argv[1]).read_text(encoding="utf-8")}

    with Client() as client:
        out = client.call("summarize-article", article)
        print(f"{out['words']} words: {out['summary']}")

    # A revoked key: 401.
    try:
        Client.from_env(prefix="REVOKED_RUNTYPE").call("summarize-article", article)
    except AuthenticationError as error:
        print(f"{type(error).__name__}: {error}")

    # A key without the scope: 403.
    try:
        Client.from_env(prefix="SCOPED_RUNTYPE").call("echo", article)
    except PermissionDeniedError as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
