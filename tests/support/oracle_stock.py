"""Independent computation of the stock cases: what each channel may show, worked out one case at a time.

It shares no code with the product and follows the written rules, with fractions and whole numbers:

    python3 tests/support/oracle_stock.py --check          the expectations in tests/data/stock/cases.csv are these
    python3 tests/support/oracle_stock.py --write          writes them
    python3 tests/support/oracle_stock.py --random N SEED  N cases made by chance, with expectations, on standard output
"""

import sys

sys.dont_write_bytecode = True

import csv
import datetime
import io
import math
import random
from fractions import Fraction
from pathlib import Path

CASES = Path(__file__).resolve().parents[1] / "data" / "stock" / "cases.csv"
INPUTS = [
    "case_id", "topic", "warehouses", "reserved", "unavailable", "safety", "pool_warehouses", "unsynced_orders",
    "kit_components", "incoming", "supplier", "fba", "channel_rules", "channel", "at", "policy",
]
EXPECTED = ["exp_atp", "exp_pool", "exp_published", "exp_availability"]
COLUMNS = INPUTS + EXPECTED + ["explanation"]


def pairs(text, between=";", after=":"):
    """`A:1;B:2` as a list of pairs."""
    parts = [part.strip() for part in text.split(between) if part.strip()]
    return [tuple(piece.strip() for piece in part.split(after)) for part in parts]


def numbers(text):
    return {name: Fraction(number) for name, number in pairs(text)}


def own_stock(case):
    """What the warehouses that serve the channel can promise."""
    reserved, unavailable, safety = (numbers(case[name]) for name in ("reserved", "unavailable", "safety"))
    serving = [name.strip() for name in case["pool_warehouses"].split(";") if name.strip()]
    total = Fraction(0)
    for name, on_hand in pairs(case["warehouses"]):
        if serving and name not in serving:
            continue
        left = Fraction(on_hand) - reserved.get(name, 0) - unavailable.get(name, 0) - safety.get(name, 0)
        if "clamp_each" in case["policy"]:
            left = max(left, Fraction(0))
        total += left
    return total


def supplier_stock(case):
    fields = dict(pairs(case["supplier"], after="="))
    if not fields:
        return Fraction(0)
    if Fraction(fields.get("age_h", "0")) > Fraction(fields.get("max_age_h", "24")):
        return Fraction(0)
    left = max(Fraction(fields.get("qty", "0")) - Fraction(fields.get("buffer", "0")), Fraction(0))
    return Fraction(math.floor(left * Fraction(fields.get("trust_pct", "100")) / 100))


def kits(case):
    """How many kits the scarcest component allows."""
    components = pairs(case["kit_components"])
    if not components:
        return Fraction(0)
    return Fraction(min(math.floor(max(Fraction(have), Fraction(0)) / Fraction(need)) for _, need, have in components))


def receipts(case):
    found = [(datetime.date.fromisoformat(day), Fraction(quantity)) for day, quantity in pairs(case["incoming"], after="=")]
    return sorted(found)


def published(quantity, rules):
    if "fixed" in rules:
        quantity = min(quantity, Fraction(rules["fixed"]))
    elif "percent" in rules:
        quantity = quantity * Fraction(rules["percent"]) / 100
    quantity = Fraction(math.floor(quantity))
    quantity -= math.ceil(Fraction(rules.get("buffer", "0")))
    if "cap" in rules:
        quantity = min(quantity, Fraction(math.floor(Fraction(rules["cap"]))))
    if quantity < Fraction(rules.get("min_publish", "0")):
        quantity = Fraction(0)
    return max(quantity, Fraction(0))


def availability(shown, pool, case, rules, day):
    if shown > 0:
        return "in_stock"
    running, dated = pool, False
    for due, quantity in receipts(case):
        running += quantity
        dated = dated or (running > 0 and (day is None or due >= day))
    if case["channel"].endswith("fba") or not dated:
        return "out_of_stock"
    if rules.get("preorder") == "yes":
        return "preorder"
    return "backorder" if rules.get("backorder") == "yes" else "out_of_stock"


def text(number):
    """Without trailing zeros."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{float(number):.3f}".rstrip("0")


def expected(case):
    rules = dict(pairs(case["channel_rules"], after="="))
    day = datetime.date.fromisoformat(case["at"]) if case["at"] else None
    is_fba = case["channel"].endswith("fba")
    if is_fba:
        pool = Fraction(case["fba"] or "0")
    else:
        pool = own_stock(case) + kits(case) + supplier_stock(case) - Fraction(case["unsynced_orders"] or "0")
    due = sum((quantity for when, quantity in receipts(case) if day is not None and when <= day), Fraction(0))
    atp = pool if is_fba else pool + due
    promises = "atp" in case["policy"]
    shown = published(atp if promises else pool, rules)
    return {
        "exp_atp": text(atp) if case["incoming"] or promises else "",
        "exp_pool": text(pool),
        "exp_published": text(shown),
        "exp_availability": availability(shown, pool, case, rules, day),
    }


def read():
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(cases):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cases)
    return out.getvalue()


def by_chance(count, seed):
    """Cases of every kind, with the borders more often than chance alone would have them."""
    draw = random.Random(seed)

    def quantity(low=-5, high=40):
        return draw.choice([0, 1, -1, draw.randint(low, high), draw.randint(low, high)])

    def maybe(share, value):
        return value() if draw.random() < share else ""

    def per_warehouse(names, share, low=0, high=6):
        return ";".join(f"{name}:{draw.randint(low, high)}" for name in names if draw.random() < share)

    for number in range(count):
        names = draw.sample(["MI", "RM", "TO", "BA"], draw.randint(1, 4))
        kit = draw.random() < 0.25
        rules = []
        if draw.random() < 0.4:
            rules.append(draw.choice([f"percent={draw.choice([0, 1, 33, 50, 99.5, 100])}", f"fixed={draw.randint(0, 12)}"]))
        for rule, high in (("buffer", 4), ("cap", 15), ("min_publish", 5)):
            if draw.random() < 0.35:
                rules.append(f"{rule}={draw.randint(0, high)}")
        for promise in ("backorder", "preorder"):
            if draw.random() < 0.25:
                rules.append(f"{promise}=yes")
        days = [datetime.date(2026, 12, 1) + datetime.timedelta(days=draw.randint(0, 5)) for _ in range(draw.randint(1, 3))]
        policy = draw.choice(["net", "net", "clamp_each", "net;atp", "clamp_each;atp"])
        case = {
            "case_id": f"R{number:05d}",
            "topic": "by_chance",
            "warehouses": "" if kit and draw.random() < 0.5 else ";".join(f"{name}:{quantity()}" for name in names),
            "reserved": per_warehouse(names, 0.3),
            "unavailable": per_warehouse(names, 0.2),
            "safety": per_warehouse(names, 0.2),
            "pool_warehouses": maybe(0.3, lambda: ";".join(draw.sample(names, draw.randint(1, len(names))))),
            "unsynced_orders": maybe(0.4, lambda: str(draw.randint(-3, 8))),
            "kit_components": ";".join(f"C{c}:{draw.randint(1, 4)}:{quantity()}" for c in range(draw.randint(1, 3))) if kit else "",
            "incoming": maybe(0.4, lambda: ";".join(f"{day}={draw.choice([5, 20, 1, 100, -4])}" for day in days)),
            "supplier": maybe(0.3, lambda: f"qty={draw.randint(0, 30)};buffer={draw.randint(0, 6)};trust_pct={draw.choice([0, 33, 50, 100])};age_h={draw.choice([1, 24, 25])};max_age_h=24"),
            "fba": maybe(0.3, lambda: str(draw.randint(0, 40))),
            "channel_rules": ";".join(rules),
            "channel": draw.choice(["shop", "ebay", "amazon", "amazon_fba"]),
            "at": draw.choice(["", "2026-11-30", "2026-12-03", "2026-12-10"]),
            "policy": policy,
            "explanation": "",
        }
        yield {**case, **expected(case)}


def main(arguments):
    if arguments[:1] == ["--random"]:
        sys.stdout.write(written(by_chance(int(arguments[1]), int(arguments[2]))))
        return 0
    fresh = written({**case, **expected(case)} for case in read())
    if arguments == ["--write"]:
        CASES.write_text(fresh, encoding="utf-8")
        return 0
    if fresh != CASES.read_text(encoding="utf-8"):
        print(f"{CASES}: the expectations are not those of this computation; `--write` writes them")
        return 1
    print(f"{len(read())} stock cases agree")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
