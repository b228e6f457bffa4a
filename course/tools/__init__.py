"""The tools behind the ``course`` command. Notebooks need nothing from here."""

import os
import sysconfig

# nbgrader starts `alembic` by name, which fails where the virtual environment is not activated.
_scripts = sysconfig.get_path("scripts")
if _scripts not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_scripts, os.environ.get("PATH", "")])
