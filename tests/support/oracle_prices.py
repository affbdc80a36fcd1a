#!/usr/bin/env python3
"""Prices worked out a second time, with fractions, one case a row; shares no code with the program.

    python3 tests/support/oracle_prices.py --write   # write the expectations of tests/data/pricing/cases.csv again
    python3 tests/support/oracle_prices.py --check   # fail when they are stale

The columns are those of the worked cases of a price list: inputs first, then `exp_*`. Standard library only.
"""
import csv
import pathlib
import sys
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction as F
from zoneinfo import ZoneInfo

CASES = pathlib.Path(__file__).resolve().parent.parent / "data" / "pricing" / "cases.csv"
ROME = ZoneInfo("Europe/Rome")
INPUTS = (
    "case_id topic base base_kind cost_net markup_pct currency_rate vat_pct fee_pct fee_fixed fee_base fee_vat_recoverable tiers qty "
    "promo promo_channels promo_window channel at rounding floor_pct floor_kind msrp_gross history campaign new_product_days"
).split()
OUTPUTS = "exp_net exp_vat exp_gross exp_fee exp_proceeds_net exp_floor_gross exp_prior_30d exp_discount_pct exp_strike".split()


def half_up(value):
    """To the nearest whole number, ties away from zero."""
    whole = abs(value) + F(1, 2)
    return (whole.numerator // whole.denominator) * (1 if value >= 0 else -1)


def ceil(value):
    return -((-value.numerator) // value.denominator)


def cents(value):
    return F(half_up(value * 100), 100)


def instant(text):
    """A day is its midnight in Rome; an instant without zone is a reading of the clocks of Rome."""
    if len(text) == 10:
        return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(timezone.utc)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=ROME)).astimezone(timezone.utc)


def round_price(value, rule):
    """The displayed price in cents; never below the lowest allowed one."""
    exact = value * 100
    if rule in ("", "cent"):
        return max(half_up(exact), 1)
    kind, amount, direction = rule.split(":")
    amount = int(F(amount) * 100)
    offset, unit = (amount, 100) if kind == "charm" else (0, amount)
    steps = (exact - offset) / unit
    floor = steps.numerator // steps.denominator
    if direction == "up":
        count = ceil(steps)
    elif direction == "down":
        count = floor
    else:
        count = floor if steps - floor < F(1, 2) else floor + 1
    return max(count, 1 if offset == 0 else 0) * unit + offset


def raise_to(floor, rule):
    """The lowest allowed price at or above a floor, in cents."""
    if rule in ("", "cent"):
        return floor
    kind, amount, _ = rule.split(":")
    return round_price(F(floor, 100), f"{kind}:{amount}:up")


def grossed_up(net, case, factor):
    """The price with VAT that leaves `net` after the fee."""
    if not (case["fee_pct"] or case["fee_fixed"]):
        return net * factor
    rate, fixed = fee_terms(case)
    taken = rate * factor if (case["fee_base"] or "gross") == "gross" else rate
    return (net + fixed) * factor / (1 - taken)


def fee_terms(case):
    dear = F(122, 100) if case["fee_vat_recoverable"] == "no" else F(1)
    return F(case["fee_pct"] or 0) / 100 * dear, F(case["fee_fixed"] or 0) * dear


def base_net(case, factor):
    base, kind = case["base"], case["base_kind"] or "net"
    if case["tiers"]:
        quantity = F(case["qty"] or 1)
        steps = [tuple(F(part) for part in step.split(":")) for step in case["tiers"].split(";")]
        reached = [step for step in steps if step[0] <= quantity]
        if reached:
            base = max(reached)[1]
    if base == "":
        return F(case["cost_net"]) * (1 + F(case["markup_pct"]) / 100)
    return F(base) if kind == "net" else F(base) / factor


def active(case):
    if not case["promo"]:
        return False
    channels = [name for name in case["promo_channels"].replace(";", "|").replace(",", "|").split("|") if name]
    if channels and case["channel"] not in channels:
        return False
    start, end = (instant(edge) if edge else None for edge in case["promo_window"].split("|"))
    now = instant(case["at"])
    return (start is None or start <= now) and (end is None or now < end)


def promoted(price, case, factor):
    kind, value = case["promo"].split(":")
    value = F(value)
    found = {
        "pct": lambda: price * (1 - value / 100),
        "amt_gross": lambda: price - value,
        "amt_net": lambda: price - value * factor,
        "fixed_gross": lambda: value,
        "fixed_net": lambda: value * factor,
    }[kind]()
    return min(found, price)


def prior_price(case):
    start = case["promo_window"].split("|")[0]
    campaign = case["campaign"]
    if campaign.startswith("uninterrupted since "):
        start = campaign.removeprefix("uninterrupted since ")
    start = instant(start)
    local = start.astimezone(ROME).replace(tzinfo=None) - timedelta(days=30)
    opens = local.replace(tzinfo=ROME).astimezone(timezone.utc)
    entries = [entry.split("=") for entry in case["history"].split(";")]
    entries = sorted((instant(day), gross) for day, gross in entries)
    ends = [entry[0] for entry in entries[1:]] + [datetime.max.replace(tzinfo=timezone.utc)]
    inside = [F(gross) for (begin, gross), end in zip(entries, ends) if gross and begin < start and end > opens]
    return min(inside, default=None)


def work_out(case):
    factor = 1 + F(case["vat_pct"]) / 100
    net = base_net(case, factor) * F(case["currency_rate"] or 1)
    price = grossed_up(net, case, factor)
    is_active = active(case)
    rule = case["rounding"]
    shown = round_price(promoted(price, case, factor) if is_active else price, rule)
    floor = None
    if case["floor_pct"]:
        share = F(case["floor_pct"]) / 100
        cost = F(case["cost_net"]) * F(case["currency_rate"] or 1)
        wanted = cost / (1 - share) if case["floor_kind"] == "margin_on_price" else cost * (1 + share)
        floor = ceil(grossed_up(wanted, case, factor) * 100)
        if shown < floor:
            shown = raise_to(floor, rule)
    gross = F(shown, 100)
    published = cents(gross / factor)
    out = {"exp_net": published, "exp_vat": gross - published, "exp_gross": gross}
    if case["fee_pct"] or case["fee_fixed"]:
        rate, fixed = fee_terms(case)
        fee = cents(rate * (gross if (case["fee_base"] or "gross") == "gross" else published) + fixed)
        out |= {"exp_fee": fee, "exp_proceeds_net": published - fee}
    if floor is not None:
        out["exp_floor_gross"] = F(floor, 100)
    texts = {name: f"{half_up(value * 100) / 100:.2f}" for name, value in out.items()}
    if is_active and case["history"]:
        prior = prior_price(case)
        lower = prior is not None and gross < prior
        texts["exp_prior_30d"] = "" if prior is None else f"{half_up(prior * 100) / 100:.2f}"
        percent = (prior - gross) / prior * 100 if lower else F(0)
        texts["exp_discount_pct"] = str(percent.numerator // percent.denominator)
        texts["exp_strike"] = texts["exp_prior_30d"] if lower else "none"
    return {name: texts.get(name, "") for name in OUTPUTS}


def main():
    with CASES.open(newline="") as file:
        cases = list(csv.DictReader(file))
    for case in cases:
        for name in INPUTS:
            case[name] = case.get(name) or ""
    worked = [{name: case[name] for name in INPUTS} | work_out(case) for case in cases]
    if sys.argv[1:] == ["--write"]:
        with CASES.open("w", newline="") as file:
            writer = csv.DictWriter(file, INPUTS + OUTPUTS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(worked)
        return
    stale = [case["case_id"] for case, found in zip(cases, worked) if any((case.get(name) or "") != found[name] for name in OUTPUTS)]
    if stale:
        sys.exit(f"stale or wrong: {', '.join(stale)}")
    print(f"{len(cases)} prices as expected")


if __name__ == "__main__":
    main()
