"""Reads the inputs of the story for `oracle_canali.py` and finds the rows that break their contract."""

import re
import zipfile
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from xml.etree import ElementTree

RATES = {"22", "10", "5", "4"}
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used: where it is, what it says, and why not."""

    file: str
    place: str
    column: str
    value: str
    cause: str
    key: str

    def as_json(self):
        return {"file": self.file, "place": self.place, "key": self.key, "column": self.column, "value": self.value,
                "cause": self.cause}


def require(condition, message):
    """Ends the program when the fixtures are not what they should be."""
    if not condition:
        raise SystemExit(f"error: {message}")


def gtin_ok(code):
    """Right length and check digit of a GTIN-8, 12, 13 or 14."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", code):
        return False
    padded = code.zfill(14)
    return sum(int(digit) * (3, 1)[index % 2] for index, digit in enumerate(padded)) % 10 == 0


def partita_iva_ok(code):
    """Eleven digits, after an optional IT, with a right check digit."""
    code = (code or "").removeprefix("IT")
    if not re.fullmatch(r"\d{11}", code) or code == "0" * 11:
        return False
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    return sum(doubled[int(digit)] if index % 2 else int(digit) for index, digit in enumerate(code)) % 10 == 0


def codice_fiscale_ok(code):
    """Sixteen characters with a right check letter; lower case is accepted."""
    code = (code or "").upper()
    if not re.fullmatch(r"[A-Z]{6}\d\d[ABCDEHLMPRST]\d\d[A-Z]\d{3}[A-Z]", code):
        return False
    values = [int(char) if char.isdigit() else ord(char) - 65 for char in code[:15]]
    total = sum(value if index % 2 else ODD_VALUES[value] for index, value in enumerate(values))
    return code[15] == chr(65 + total % 26)


def product_fault(record):
    """Column, value and cause of the first fault of a product, or `None`."""
    barcode, price, rate = record.findtext("Barcode"), record.findtext("NetPrice1"), record.find("Vat").get("Perc")
    if barcode and not gtin_ok(barcode):
        return "Barcode", barcode, "gtin-check-digit"
    if not price:
        return "NetPrice1", "", "price-missing"
    if rate not in RATES:
        return "Vat/@Perc", rate, "vat-rate-unknown"
    return None


def product(record):
    cost = record.findtext("SupplierNetPrice")
    return {"sku": record.findtext("Code"), "rate": int(record.find("Vat").get("Perc")),
            "net": Fraction(record.findtext("NetPrice1")), "gross": Fraction(record.findtext("GrossPrice1")),
            "gtin": record.findtext("Barcode") or None, "digital": record.findtext("CustomField2") == "digitale",
            "supplier_cost": Fraction(cost) if cost else None}


def products(folder):
    """The good products by code, the rows read, and the faults."""
    file = "easyfatt/prodotti.xml"
    text = (folder / file).read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "<Product>"]
    good, faults, records = {}, [], ElementTree.fromstring(text.encode()).findall("Products/Product")
    for line, record in zip(lines, records, strict=True):
        fault, code = product_fault(record), record.findtext("Code")
        if fault:
            faults.append(Fault(file, f"line {line}", *fault, code))
        else:
            good[code] = product(record)
    require(len(good) + len(faults) == len(records), "two products have the same code")
    return good, {file: len(records)}, faults


def cell_value(cell, strings):
    """`("text", …)` or `("number", …)`, with the number as it is written in the file."""
    value = cell.findtext(f"{SHEET}v")
    return ("text", strings[int(value)]) if cell.get("t") == "s" else ("number", value)


def sheet_rows(path):
    """Row number and cells by column letter, for the rows that have cells."""
    with zipfile.ZipFile(path) as archive:
        shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    strings = ["".join(part.text or "" for part in item.iter(f"{SHEET}t")) for item in shared]
    for row in sheet.iter(f"{SHEET}row"):
        cells = {cell.get("r").rstrip("0123456789"): cell_value(cell, strings) for cell in row}
        if cells:
            yield int(row.get("r")), cells


def supplier_fault(cells):
    kind, cost = cells["D"]
    ean_kind, ean = cells.get("B", ("text", ""))
    if ean and not gtin_ok(ean):
        return "EAN", ean, "gtin-damaged-by-spreadsheet" if ean_kind == "number" else "gtin-check-digit"
    return ("Costo netto", cost, "number-expected") if kind == "text" else None


def supplier_list(folder):
    """Net cost by code, the rows read, and the faults."""
    file = "fornitore/listino.xlsx"
    costs, faults, rows = {}, [], 0
    for number, cells in sheet_rows(folder / file):
        if number <= 3:
            continue
        rows, code = rows + 1, cells["A"][1]
        fault = supplier_fault(cells)
        if fault:
            faults.append(Fault(file, f"row {number}", *fault, code))
        else:
            costs[code] = Fraction(cells["D"][1])
    require(len(costs) + len(faults) == rows, "two supplier rows have the same code")
    return costs, {file: rows}, faults


def split_fields(line):
    """The fields of a line: semicolons, with quotation marks doubled inside quoted fields."""
    pattern = r'(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))'
    return [(quoted or plain).replace('""', '"') for quoted, plain in re.findall(pattern, line)]


def italian_units(text):
    """Whole units written as `1.250,00`, or `None`."""
    match = re.fullmatch(r"(-?\d{1,3}(?:\.\d{3})*),00", text)
    return int(match[1].replace(".", "")) if match else None


def real_date(text):
    day, month, year = (int(number) for number in text.split("/"))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def stock_fault(fields, line):
    if len(fields) != 6:
        return "", line, "too-many-fields"
    for column, text in (("Giacenza", fields[2]), ("Impegnato", fields[3])):
        if italian_units(text) is None:
            return column, text, "number-expected"
    return None if real_date(fields[5]) else ("Data", fields[5], "date-impossible")


def stock(folder):
    """Available units by code and warehouse, the rows read, and the faults."""
    levels, read, faults = {}, {}, []
    for warehouse in ("MI", "RM"):
        file = f"giacenze/{warehouse}.csv"
        lines = (folder / file).read_bytes().decode("cp1252").split("\r\n")
        require(lines[0] == "Codice;Magazzino;Giacenza;Impegnato;Descrizione;Data" and lines[-1] == "", f"header or end of {file}")
        read[file] = len(lines) - 2
        for number, line in enumerate(lines[1:-1], 2):
            fields = split_fields(line)
            fault = stock_fault(fields, line)
            if fault:
                faults.append(Fault(file, f"line {number}", *fault, fields[0]))
            else:
                levels.setdefault(fields[0], {})[fields[1]] = italian_units(fields[2]) - italian_units(fields[3])
    return levels, read, faults
