"""What sending a parcel costs."""

from pathlib import Path

import yaml

RATES = yaml.safe_load((Path(__file__).parent / "rates.yaml").read_text())


def cost(grams: int, country: str) -> int:
    """In cents. Raises KeyError for a country that nothing is sent to."""
    rate = RATES[country]
    return rate["base"] + rate["per_kilogram"] * -(-grams // 1000)
