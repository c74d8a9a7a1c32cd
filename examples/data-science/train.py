"""Fits a line to the heights in /data and keeps it as $MODEL. DIGITS in .env says how precisely."""

import csv
import json
import os
from statistics import linear_regression

with open("/data/heights.csv") as file:
    rows = [(float(row["age"]), float(row["height"])) for row in csv.DictReader(file)]

slope, intercept = linear_regression(*zip(*rows))
digits = int(os.environ.get("DIGITS", "1"))
line = {"slope": round(slope, digits), "intercept": round(intercept, digits)}
with open(os.environ["MODEL"], "w") as file:
    json.dump(line, file)
print(line)
