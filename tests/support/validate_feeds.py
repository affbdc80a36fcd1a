#!/usr/bin/env python3
"""Hold feeds to the rules of their channels, without sharing code with the program.

    python validate_feeds.py FOLDER SCHEMAS

FOLDER has the feeds of pipelines/feed-canali.yaml. Amazon's documents are validated against the schemas in SCHEMAS when they are
there; else that part says so.
"""

import csv
import gzip
import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

G = "{http://base.google.com/ns/1.0}"
GOOGLE_LIMITS = {"id": 50, "title": 150, "description": 5000, "link": 2000, "image_link": 2000, "brand": 70, "mpn": 70, "product_type": 750}
PRICE = re.compile(r"^\d+\.\d{2} [A-Z]{3}$")
wrong = []


def check(condition, what):
    if not condition:
        wrong.append(what)


def is_gtin(text):
    digits = [int(c) for c in text]
    return len(text) in (8, 12, 13, 14) and sum(d * (1 if i % 2 == 0 else 3) for i, d in enumerate(reversed(digits))) % 10 == 0


def google_item(item):
    key = item.get("id", "?")
    for name in ("id", "title", "description", "link", "image_link", "availability", "price"):
        check(item.get(name), f"google {key}: no {name}")
    for name, most in GOOGLE_LIMITS.items():
        check(len(item.get(name) or "") <= most, f"google {key}: {name} is longer than {most}")
    check(PRICE.match(item.get("price") or ""), f"google {key}: price {item.get('price')}")
    check(item.get("availability") in ("in_stock", "out_of_stock", "preorder", "backorder"), f"google {key}: availability")
    for name in ("link", "image_link"):
        check(re.match(r"^https?://[^\s<>\"{}|\\^`]+$", item.get(name) or ""), f"google {key}: {name}")
    if item.get("gtin"):
        check(is_gtin(item["gtin"]), f"google {key}: gtin {item['gtin']}")


def google(folder):
    root = ET.parse(folder / "google.xml").getroot()
    check(root.tag == "rss" and root.get("version") == "2.0", "google.xml is not RSS 2.0")
    items = root.findall("channel/item")
    fields = [{e.tag.removeprefix(G): e.text for e in item} for item in items]
    check(all(e.tag.startswith(G) for item in items for e in item), "google.xml has fields outside the namespace")
    check(len({f["id"] for f in fields}) == len(fields), "google.xml repeats an id")
    text = gzip.open(folder / "google.tsv.gz", "rt", encoding="utf-8", newline="").read()
    lines = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    check([x["id"] for x in lines] == [x["id"] for x in fields], "google.tsv has other rows than google.xml")
    for item in fields + lines:
        google_item(item)
    return len(fields)


def amazon(folder, schemas):
    if not (schemas / "listings-feed-schema-v2.json").exists():
        print(f"skipped: Amazon's schemas are not there ({schemas})")
        return 0
    from jsonschema import Draft7Validator

    document = Draft7Validator(json.loads((schemas / "listings-feed-schema-v2.json").read_text()))
    message = Draft7Validator(json.loads((schemas / "listings-feed-message-schema-v2.json").read_text()))
    count = 0
    for name in ("amazon.json", "amazon-offerte.json"):
        feed = json.loads((folder / name).read_text())
        for error in document.iter_errors(feed):
            wrong.append(f"{name}: {error.message[:200]}")
        for one in feed["messages"]:
            count += 1
            for error in message.iter_errors(one):
                wrong.append(f"{name} {one.get('sku')}: {error.message[:200]}")
        check(len({m["messageId"] for m in feed["messages"]}) == len(feed["messages"]), f"{name} repeats a messageId")
    return count


def table(path, delimiter, key, prices):
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter=delimiter))
    check(rows, f"{path.name} has no row")
    check(all(None not in row and None not in row.values() for row in rows), f"{path.name}: rows of different lengths")
    check(len({row[key] for row in rows}) == len(rows), f"{path.name} repeats {key}")
    for row in rows:
        for price in prices:
            check(re.match(r"^\d+\.\d{2}( [A-Z]{3})?$", row[price]), f"{path.name} {row[key]}: {price} {row[price]}")
    return len(rows)


def main():
    folder, schemas = Path(sys.argv[1]), Path(sys.argv[2])
    counts = {"google": google(folder), "amazon": amazon(folder, schemas)}
    for name, delimiter, key, prices in (
        ("meta", ",", "id", ["price"]),
        ("ebay", ",", "Custom label (SKU)", ["Start price"]),
        ("mirakl", ";", "sku", ["price"]),
        ("idealo", ";", "sku", ["price"]),
        ("manomano", ";", "sku", ["product_price_vat_inc"]),
        ("outlet", ";", "codice", ["prezzo"]),
    ):
        counts[name] = table(folder / f"{name}.csv", delimiter, key, prices)
    offers = ET.parse(folder / "trovaprezzi.xml").getroot()
    check(offers.tag == "Products", "trovaprezzi.xml has another root")
    counts["trovaprezzi"] = len(offers.findall("Offer"))
    for part in sorted(folder.glob("ebay-articoli*.json")):
        requests = json.loads(part.read_text())["requests"]
        check(1 <= len(requests) <= 25, f"{part.name} has {len(requests)} articles")
    print(", ".join(f"{name} {rows}" for name, rows in counts.items()))
    for line in wrong[:20]:
        print("wrong:", line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
