"""An answer that is as it was released: what it raises, as ``nbgrader_config.py`` writes it (``code_stub``)."""

ERROR = "NotImplementedError"
SAYS = "not implemented yet"
