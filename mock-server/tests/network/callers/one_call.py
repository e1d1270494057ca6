"""Makes one call with the options in OPTIONS, and prints one line of JSON for it."""

from __future__ import annotations

import json
import os
import sys

from runtype_surface import Client, SurfaceError

try:
    with Client(**json.loads(os.environ["OPTIONS"]), max_retries=0) as client:
        found = {"output": client.call("echo", {"a": 1})}
except SurfaceError as error:
    found = {"text": str(error), "may_have_executed": error.may_have_executed}
sys.stdout.write(json.dumps(found) + "\n")
