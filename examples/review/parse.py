"""Durations such as 1h30m."""

import re

SECONDS = {"h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> int:
    if not re.fullmatch(r"(\d+[hms])+", text):
        raise ValueError(f"not a duration: {text}")
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([hms])", text))
