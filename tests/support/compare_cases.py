#!/usr/bin/env python3
"""Compares the answers of a pipeline of cases with the expected ones, cell by cell.

usage: compare_cases.py ACTUAL EXPECTED [--key COLUMN] [--skip COLUMN ...] [--filled COLUMN ...] [--decimals]

Both files are CSV. Every column of EXPECTED that begins with `out_` or `exp_` must be in ACTUAL with the same text, except those that are
skipped; those that are named as filled must only not be empty. A case with a cell `reject:…` must have no answer. With --decimals, two numbers are equal when their values are.
"""

import argparse
import csv
import sys
from decimal import Decimal, InvalidOperation


def read(path, key):
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    by_key = {row[key]: row for row in rows}
    if len(by_key) != len(rows):
        sys.exit(f"{path}: a {key} is there twice")
    return by_key


def same(found, expected, decimals):
    if found == expected:
        return True
    if not decimals:
        return False
    try:
        return Decimal(found) == Decimal(expected)
    except InvalidOperation:
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("actual")
    parser.add_argument("expected")
    parser.add_argument("--key", default="case_id")
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--filled", nargs="*", default=[])
    parser.add_argument("--decimals", action="store_true")
    options = parser.parse_args()
    actual, expected = read(options.actual, options.key), read(options.expected, options.key)
    if not expected:
        sys.exit(f"{options.expected}: no case")
    columns = [name for name in next(iter(expected.values())) if name.startswith(("out_", "exp_")) and name not in options.skip]
    wrong = [f"{key}: a case that nobody asked for" for key in actual if key not in expected]
    for key, case in expected.items():
        row = actual.get(key)
        if any(cell.startswith("reject:") for cell in case.values()):
            if row is not None:
                wrong.append(f"{key}: expected a reject, found an answer")
        elif row is None:
            wrong.append(f"{key}: no answer")
        for name in columns if row is not None else []:
            if name not in row:
                wrong.append(f"{key}: no column {name}")
            elif name in options.filled:
                if not row[name]:
                    wrong.append(f"{key} {name}: empty")
            elif not same(row[name], case[name], options.decimals):
                wrong.append(f"{key} {name}: expected `{case[name]}`, found `{row[name]}`")
    for line in wrong:
        print(line)
    cases = {line.split(":")[0].split(" ")[0] for line in wrong}
    print(f"{len(expected) - len(cases & set(expected))} of {len(expected)} cases agree in {len(columns)} columns")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
