"""The tools behind the ``course`` command. Of these notebooks need :mod:`.learning.visible` alone."""

import os
import sys
import sysconfig

# nbgrader starts `alembic` by name, which fails where the virtual environment is not activated.
_scripts = sysconfig.get_path("scripts")
if _scripts not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_scripts, os.environ.get("PATH", "")])

# jsonschema, which nbformat loads, can check internationalised addresses (format "iri"): no notebook has any, and
# compiling the grammar takes longer than all else that a command imports.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
