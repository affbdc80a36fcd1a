#!/usr/bin/env python3
"""Computes, apart from the program, what the story `canali-notte` must give on `fixtures/`.

It reads the same files with the standard library only, computes with fractions, and knows
nothing of the generator. Usage: `oracle_canali.py` prints the expected values as JSON,
`--write` stores them in `fixtures/expected/canali.json`, `--check` fails when that file is stale.
"""

import sys

sys.dont_write_bytecode = True

import json
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import canali_inputs as inputs
from canali_inputs import Fault, require

RUN_DAY = "2026-11-23"
EU_RATES = {"DE": 19, "FR": 20, "ES": 21, "AT": 20, "BE": 21, "NL": 21}
SALES = ("processing", "completed")
FEE, FIXED, MARGIN = Fraction(11, 100), Fraction(35, 100), Fraction(12, 100)
STAMP_DUTY_ABOVE = Fraction(7747, 100)


def half_up(value):
    """To the cent, halves away from zero (no amount here is negative)."""
    return Fraction((value * 100 + Fraction(1, 2)).__floor__(), 100)


def cent_up(value):
    return Fraction((value * 100).__ceil__(), 100)


def money(value):
    """A fraction of whole cents as text with two decimals."""
    require(value * 100 == int(value * 100), f"{value} is not on the cent")
    return f"{Decimal(int(value * 100)) / 100:.2f}"


def charm(price, ending):
    """The first `k + ending` at or above the price."""
    candidate = price.__floor__() + ending
    return candidate if candidate >= price else candidate + 1


def charm_of(price, ending):
    """`charm`, made sure that rounding to the cent before would change nothing."""
    result = charm(price, ending)
    require(result == charm(half_up(price), ending), f"{float(price)} depends on the reading of the charm rule")
    return result


def ebay_price(net, cost, rate):
    """Price, floor, and whether the floor decided."""
    share = Fraction(100, 100 + rate) - FEE
    price = charm_of((net + FIXED) / share, Fraction(99, 100))
    if cost is None:
        return price, None, False
    floor = cent_up((cost / (1 - MARGIN) + FIXED) / share)
    return max(price, charm(floor, Fraction(99, 100))), floor, price < floor


def price_columns(gross, rate):
    net = half_up(gross * 100 / (100 + rate))
    return {"gross": money(gross), "net": money(net), "vat": money(gross - net)}


def prices(product, cost):
    """The three channels: price with VAT, its net part and its VAT."""
    rate, net = product["rate"], product["net"]
    shop = half_up(net * (100 + rate) / 100)
    require(shop == product["gross"], f"GrossPrice1 of {product['sku']} is not the rounded price")
    google = charm_of(net * (100 + rate) / 100, Fraction(90, 100))
    ebay, floor, bit = ebay_price(net, cost, rate)
    result = {channel: price_columns(gross, rate) for channel, gross in (("shop", shop), ("google", google), ("ebay", ebay))}
    result["ebay"] |= {"floor": None if floor is None else money(floor), "floor_decided": bit}
    return result


def quantities(stock, unsynced):
    """Units to publish per channel; a product without stock rows publishes 0."""
    milan, rome = stock.get("MI"), stock.get("RM")
    everything = max((milan or 0) + (rome or 0) - unsynced, 0)
    ebay = min(max((milan or 0) - unsynced - 2, 0), 10)
    return {"shop": everything, "google": max(everything - 1, 0), "ebay": ebay if ebay >= 2 else 0}


def product_rows(catalogue, costs, stock, unsynced):
    for sku, product in catalogue.items():
        listed = costs.get(sku)
        cost = listed if listed is not None else product["supplier_cost"]
        channels = prices(product, cost)
        for channel, quantity in quantities(stock.get(sku, {}), unsynced[sku]).items():
            channels[channel] |= {"quantity": quantity, "availability": "in_stock" if quantity else "out_of_stock"}
        yield {
            "sku": sku, "gtin": product["gtin"], "vat_rate": product["rate"], "digital": product["digital"],
            "cost": None if cost is None else f"{Decimal(cost.numerator) / cost.denominator:.4f}",
            "cost_source": None if cost is None else "listino" if listed is not None else "gestionale",
            "available": {code: stock.get(sku, {}).get(code) for code in ("MI", "RM")}, "unsynced": unsynced[sku],
            "channels": channels,
        }


def rome_day(order):
    """The day in Rome, one hour ahead of UTC in November."""
    utc = datetime.fromisoformat(order["date_created_gmt"])
    local = (utc + timedelta(hours=1)).isoformat()
    require(local == order["date_created"], f"order {order['number']}: local and UTC time disagree")
    return local[:10]


def unsynced_units(orders):
    units = defaultdict(int)
    for order in orders:
        if order["status"] == "processing" and rome_day(order) == RUN_DAY:
            for line in order["line_items"]:
                units[line["sku"]] += line["quantity"]
    return units


def scheme(order, digital, italian_rate):
    """VAT scheme, country, rate and natura of a line: first the place, then the buyer."""
    billing, arrival = order["billing"], order["shipping"]["country"]
    place = billing["country"] if digital or not arrival else arrival
    if place == "IT":
        return "IT_SPLIT_PAYMENT" if billing["tipo"] == "pa" else "IT_DOMESTIC", "IT", italian_rate, None
    if place in EU_RATES and billing["tipo"] == "azienda" and billing["vies"]:
        return ("EU_SERVICE_RC", None, 0, "N2.1") if digital else ("INTRA_EU_SUPPLY", None, 0, "N3.2")
    if place in EU_RATES:
        require(italian_rate == 22, f"order {order['number']}: only standard goods go to other countries")
        return "OSS_UNION", place, EU_RATES[place], None
    return ("EXTRA_EU_SERVICE", None, 0, "N2.1") if digital else ("EXPORT", None, 0, "N3.1")


def document(order, name):
    """Document and register of a line."""
    billing = order["billing"]
    if name == "OSS_UNION":
        return "none", "oss_records"
    if name == "EXTRA_EU_SERVICE":
        return "none", "none"
    if name == "IT_DOMESTIC" and billing["tipo"] == "privato":
        return ("invoice_on_request", "fatture_emesse_art23") if billing["fattura"] else ("none", "corrispettivi_art24")
    return "invoice_mandatory", "fatture_emesse_art23"


def accessory_rate(order, catalogue):
    """Shipping and fees take the highest rate among the goods of the order."""
    rates = [catalogue[line["sku"]]["rate"] for line in order["line_items"] if not catalogue[line["sku"]]["digital"]]
    every = [catalogue[line["sku"]]["rate"] for line in order["line_items"]]
    require(not rates or max(rates) == max(every), f"order {order['number']}: a download has the highest rate")
    return max(every)


def raw_lines(order, catalogue):
    """Kind, sku, whether digital, Italian rate, and the line itself."""
    for line in order["line_items"]:
        product = catalogue[line["sku"]]
        yield "item", line["sku"], product["digital"], product["rate"], line
    for kind, name in (("shipping", "shipping_lines"), ("fee", "fee_lines")):
        for line in order[name]:
            yield kind, None, False, accessory_rate(order, catalogue), line


def order_line(order, kind, sku, digital, italian_rate, line, held):
    name, country, rate, natura = scheme(order, digital, italian_rate)
    net, tax = Fraction(line["total"]), Fraction(line["total_tax"])
    require(half_up((net + tax) * 100 / (100 + rate)) == net, f"order {order['number']}: tax of line {line['id']}")
    needed, register = document(order, name)
    return {
        "order": order["number"], "day": rome_day(order), "line": line["id"], "kind": kind, "sku": sku,
        "quantity": line.get("quantity", 1), "nature": "digital" if digital else "goods", "gross": money(net + tax),
        "scheme": name, "vat_country": country, "vat_rate": rate, "natura": natura, "document": needed,
        "register": register, "held": held,
    }


def order_lines(orders, catalogue, held):
    for order in orders:
        if order["status"] not in SALES or held.get(order["number"]) == "sku":
            continue
        lines = [order_line(order, *raw, held.get(order["number"])) for raw in raw_lines(order, catalogue)]
        require(sum(Fraction(line["gross"]) for line in lines) == Fraction(order["total"]), f"total of {order['number']}")
        yield from lines


def grouped(lines, *keys):
    """Sum of gross and the orders seen, per key."""
    groups = defaultdict(lambda: [Fraction(0), set()])
    for line in lines:
        group = groups[tuple(line[key] for key in keys)]
        group[0] += Fraction(line["gross"])
        group[1].add(line["order"])
    return groups


def part(gross, rate):
    taxable = half_up(gross * 100 / (100 + rate))
    return {"gross": money(gross), "taxable": money(taxable), "vat": money(gross - taxable)}


def takings(lines):
    """The register of the takings: per day and rate, VAT taken out of the daily total."""
    chosen = [line for line in lines if line["register"] == "corrispettivi_art24" and not line["held"]]
    groups = sorted(grouped(chosen, "day", "vat_rate").items(), key=lambda item: (item[0][0], -item[0][1]))
    return [{"day": day, "vat_rate": rate} | part(gross, rate) | {"orders": len(orders)}
            for (day, rate), (gross, orders) in groups]


def one_stop_shop(lines):
    chosen = [line for line in lines if line["register"] == "oss_records"]
    return [{"country": country, "vat_rate": rate, "nature": nature} | part(gross, rate) | {"orders": len(orders)}
            for (country, rate, nature), (gross, orders) in sorted(grouped(chosen, "vat_country", "vat_rate", "nature").items())]


def routing(billing):
    """Format, CodiceDestinatario and PECDestinatario."""
    if billing["country"] != "IT":
        return "FPR12", "XXXXXXX", None
    if billing["tipo"] == "pa":
        return "FPA12", billing["sdi"], None
    return "FPR12", billing["sdi"] or "0000000", None if billing["sdi"] else billing["pec"]


def invoice(order, lines):
    kind, destination, pec = routing(order["billing"])
    summaries = [{"vat_rate": rate, "natura": natura} | part(gross, rate)
                 for (rate, natura), (gross, _) in sorted(grouped(lines, "vat_rate", "natura").items(), key=str)]
    total = sum(Fraction(row["gross"]) for row in summaries)
    split = sum(Fraction(row["vat"]) for row in summaries) if order["billing"]["tipo"] == "pa" else 0
    untaxed = sum(Fraction(row["gross"]) for row in summaries if row["natura"] == "N2.1")
    return {"order": order["number"], "format": kind, "destination": destination, "pec": pec, "total": money(total),
            "payable": money(total - split), "stamp_duty": untaxed > STAMP_DUTY_ABOVE, "summaries": summaries}


def invoices(orders, lines):
    """One invoice per order with lines that need one and nothing against it."""
    wanted = defaultdict(list)
    for line in lines:
        if line["register"] == "fatture_emesse_art23" and not line["held"]:
            wanted[line["order"]].append(line)
    return [invoice(order, wanted[order["number"]]) for order in orders if order["number"] in wanted]


def order_faults(orders, catalogue):
    """Faults of sales: unknown products and wrong tax codes where an invoice needs them."""
    for index, order in enumerate(orders):
        billing, found = order["billing"], None
        unknown = [line["sku"] for line in order["line_items"] if line["sku"] not in catalogue]
        if unknown:
            found = ("line_items.sku", unknown[0], "sku-not-in-catalogue", "sku")
        elif billing["tipo"] == "privato" and billing["fattura"] and not inputs.codice_fiscale_ok(billing["cf"]):
            found = ("billing.cf", billing["cf"], "codice-fiscale-wrong", "codice_fiscale")
        elif billing["tipo"] == "azienda" and billing["country"] == "IT" and not inputs.partita_iva_ok(billing["piva"]):
            found = ("billing.piva", billing["piva"], "partita-iva-wrong", "partita_iva")
        if found and order["status"] in SALES:
            column, value, cause, mark = found
            yield order["number"], mark, Fault("woocommerce/orders.json", f"[{index}]", column, value, cause, order["number"])


def counted(rows, key):
    counts = defaultdict(int)
    for row in rows:
        counts[key(row)] += 1
    return dict(sorted(counts.items()))


def counts(read, result, orders, faults, held):
    lines = [line for line in result["order_lines"] if not line["held"]]
    return {
        "rows": read, "rejects": counted(faults, lambda fault: fault.cause),
        "rejects_by_file": counted(faults, lambda fault: fault.file),
        "orders_by_status": counted(orders, lambda order: order["status"]),
        "products": len(result["products"]), "digital_products": sum(row["digital"] for row in result["products"]),
        "in_stock": {channel: sum(row["channels"][channel]["availability"] == "in_stock" for row in result["products"])
                     for channel in ("shop", "google", "ebay")},
        "floor_decided": sum(row["channels"]["ebay"]["floor_decided"] for row in result["products"]),
        "cost_source": counted(result["products"], lambda row: str(row["cost_source"])),
        "order_lines": len(result["order_lines"]), "held_orders": len(held),
        "lines_by_scheme": counted(lines, lambda line: line["scheme"]),
        "invoices": counted(result["invoices"], lambda row: row["format"]), "corrispettivi_rows": len(result["corrispettivi"]),
    }


def totals(result):
    """Sums that one glance can compare."""
    def add(rows, name):
        return money(sum((Fraction(row[name]) for row in rows), Fraction(0)))
    return {
        "corrispettivi": {name: add(result["corrispettivi"], name) for name in ("gross", "taxable", "vat")},
        "oss": {name: add(result["oss"], name) for name in ("gross", "taxable", "vat")},
        "invoices": {name: add(result["invoices"], name) for name in ("total", "payable")},
        "prices": {channel: money(sum(Fraction(row["channels"][channel]["gross"]) for row in result["products"]))
                   for channel in ("shop", "google", "ebay")},
        "quantities": {channel: sum(row["channels"][channel]["quantity"] for row in result["products"])
                       for channel in ("shop", "google", "ebay")},
    }


def expected(folder):
    catalogue, products_read, product_faults = inputs.products(folder)
    costs, costs_read, cost_faults = inputs.supplier_list(folder)
    stock, stock_read, stock_faults = inputs.stock(folder)
    orders = json.loads((folder / "woocommerce/orders.json").read_text(encoding="utf-8"), parse_float=Fraction)
    found = list(order_faults(orders, catalogue))
    faults = product_faults + cost_faults + stock_faults + [fault for _, _, fault in found]
    held = {number: mark for number, mark, _ in found}
    lines = list(order_lines(orders, catalogue, held))
    result = {
        "run_day": RUN_DAY, "products": list(product_rows(catalogue, costs, stock, unsynced_units(orders))),
        "order_lines": lines, "invoices": invoices(orders, lines), "corrispettivi": takings(lines),
        "oss": one_stop_shop(lines), "rejects": [fault.as_json() for fault in faults],
    }
    read = products_read | costs_read | stock_read | {"woocommerce/orders.json": len(orders)}
    return result | {"totals": totals(result), "counts": counts(read, result, orders, faults, held)}


def as_text(value):
    """One record per line, so that a difference is easy to see."""
    parts = []
    for name, content in value.items():
        if isinstance(content, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in content)
            parts.append(f' "{name}": [\n{rows}\n ]')
        else:
            parts.append(f' "{name}": {json.dumps(content, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    folder = Path(__file__).resolve().parents[2] / "fixtures"
    target, text = folder / "expected/canali.json", as_text(expected(folder))
    if "--write" in sys.argv:
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    elif "--check" in sys.argv:
        require(target.is_file() and target.read_text(encoding="utf-8") == text, f"{target} is stale: run with --write")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
