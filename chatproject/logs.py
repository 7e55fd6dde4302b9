"""How log records look."""

import logging
import time


class LineFormatter(logging.Formatter):
    """One line a record, whatever the message or its traceback holds: a line break can't forge a second record."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without line breaks."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
