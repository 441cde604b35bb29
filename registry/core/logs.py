"""The format of log lines, known as logfmt.

`time=… level=… request=… logger=… message="…" key=value …`: one line for each log
record, so that `grep request=<id>` shows all lines of one request.
"""

import logging
import re
import time

from registry.core import context

_PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escape_control(control: re.Match[str]) -> str:
    return _ESCAPES.get(control[0], f"\\u{ord(control[0]):04x}")


def quote_value(value: object) -> str:
    """Return the value as one word, quoted and escaped if necessary.

    No value from a request can start a new line.
    """
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_CONTROLS.sub(_escape_control, text)}"'


class LogfmtFormatter(logging.Formatter):
    """Formats a log record; its mapping `values` becomes further `key=value` pairs.

    Times are in UTC (ISO 8601, milliseconds).
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return the log line."""
        pairs = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "request": context.request_id.get(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "values", {}),
        }
        if record.exc_info:
            pairs["trace"] = self.formatException(record.exc_info)
        return " ".join(f"{key}={quote_value(value)}" for key, value in pairs.items())
