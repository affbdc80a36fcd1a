#!/usr/bin/env python3
"""Writes the inputs of the benchmarks, always the same bytes for the same sizes.

    python3 benches/make.py FOLDER [--rows 1000000] [--moves 5000000] [--xml-mb 500] [--only righe listino movimenti prodotti]

Files that exist already in the wanted size are left alone. Needs only the Python standard library.
"""

import argparse
import datetime
from pathlib import Path

WORDS = ("tazza", "piatto", "lampada", "cuscino", "padella", "tappeto", "vaso", "coperta", "caraffa", "vassoio", "bicchiere", "scaffale")
COLOURS = ("bianco", "grigio", "rosso", "verde", "blu notte", "avorio", "perla")
BRANDS = ("Ditta Campione", "Bottega Prova", "Officina Esempio", "Casa Modello")
CATEGORIES = ("Cucina > Padelle", "Tavola > Piatti", "Casa > Tessili", "Casa > Luce", "Giardino > Vasi")
CHANNELS = ("shop", "google", "ebay", "amazon")
WAREHOUSES = ("MI", "RM", "NA")
REASONS = ("vendita", "acquisto", "reso", "rettifica", "trasferimento")
RATES = ("22", "22", "22", "10", "4")
DAYS = [(datetime.date(2026, 1, 1) + datetime.timedelta(days=day)).isoformat() for day in range(320)]
MASK = (1 << 64) - 1


def mixed(number):
    """A scattered number of 64 bits, the same on every machine (the finaliser of splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def decimal(number, decimals):
    """The digits of an integer with a point in them: no float comes near."""
    text = str(number).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}"


def ean(number):
    digits = f"952{number % 1_000_000_000:09d}"
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def title(random):
    return f"{WORDS[random % 12]} {COLOURS[random // 12 % 7]} modello {random // 84 % 1000}"


def lines_of_righe(rows):
    yield ("riga,sku,ean,titolo,marca,categoria,fornitore,magazzino,canale,attivo,qty,impegnato,prezzo,costo,sconto,iva,peso_g,data,"
           "aggiornato,note\n")
    for row in range(rows):
        a, b = mixed(row), mixed(row ^ 0x5555555555)
        item = a % rows
        price = 10_000 + b % 2_000_000
        day = DAYS[b % 320]
        note = f'"{COLOURS[a % 7]}, su ordinazione"' if a % 10 == 0 else ""
        yield (f"{row + 1},{item:08d},{ean(item)},{title(a)},{BRANDS[a % 4]},{CATEGORIES[b % 5]},F{b % 97:03d},{WAREHOUSES[a % 3]},"
               f"{CHANNELS[b % 4]},{'false' if a % 8 == 0 else 'true'},{b % 60},{a % 12},{decimal(price, 4)},{decimal(price * 6 // 10, 4)},"
               f"{decimal(a % 1500, 2)},{RATES[a % 5]},{50 + b % 9000},{day},{day}T{a % 24:02d}:{b % 60:02d}:{a % 60:02d},{note}\n")


def lines_of_listino(rows):
    """One line for each article, in another order than the articles are met."""
    yield "sku,listino,valido_dal,gruppo\n"
    step = rows * 618 // 1000 | 1
    while not coprime(step, rows):
        step += 2
    for row in range(rows):
        item = row * step % rows
        a = mixed(item ^ 0xABCDEF)
        yield f"{item:08d},{decimal(10_000 + a % 2_500_000, 4)},{DAYS[a % 320]},G{a % 40:02d}\n"


def coprime(left, right):
    while right:
        left, right = right, left % right
    return left == 1


def lines_of_movimenti(rows):
    yield "movimento,sku,magazzino,causale,qty,valore,data,note\n"
    for row in range(rows):
        a = mixed(row ^ 0x77777)
        yield (f"{row + 1},{a % 200_000:08d},{WAREHOUSES[a % 3]},{REASONS[a // 3 % 5]},{a // 7 % 41 - 20},{decimal(a // 11 % 500_000, 2)},"
               f"{DAYS[a % 320]},documento {a % 1_000_000}\n")


def chunks_of_prodotti(megabytes):
    """An XML document of about so many megabytes, in the manner of a catalogue export."""
    size = 0
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<Catalogo>\n <Products>\n'
    yield head
    size += len(head)
    row = 0
    while size < megabytes * 1_000_000:
        a = mixed(row)
        price = 10_000 + a % 2_000_000
        text = f"Descrizione di {title(a)}, lavorazione curata &amp; spedizione in 24 ore. " * 4
        record = (f'  <Product>\n   <Code>{row:08d}</Code>\n   <Description>{title(a)}</Description>\n   <DescriptionHtml>&lt;p&gt;{text}&lt;/p&gt;'
                  f'</DescriptionHtml>\n   <Category>{CATEGORIES[a % 5].replace(">", "&gt;")}</Category>\n   <Vat Perc="{RATES[a % 5]}" '
                  f'Class="Imponibile">{RATES[a % 5]}</Vat>\n   <NetPrice1>{decimal(price, 4)}</NetPrice1>\n   <Barcode>{ean(row)}</Barcode>\n'
                  f'   <Images><Image>{row}-1.jpg</Image><Image>{row}-2.jpg</Image></Images>\n  </Product>\n')
        yield record
        size += len(record)
        row += 1
    yield " </Products>\n</Catalogo>\n"


def write(path, chunks, mark):
    """Writes beside and renames; `mark` remembers the size that was asked for."""
    done = path.with_name(f".{path.name}.{mark}")
    if path.exists() and done.exists():
        return
    part = path.with_name(f".{path.name}.part")
    with open(part, "w", encoding="utf-8", newline="", buffering=1 << 20) as out:
        out.writelines(chunks)
    for old in path.parent.glob(f".{path.name}.*"):
        if old != part:
            old.unlink()
    part.rename(path)
    done.touch()
    print(f"{path} {path.stat().st_size / 1e6:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of righe.csv and of listino.csv")
    parser.add_argument("--moves", type=int, default=5_000_000, help="rows of movimenti.csv")
    parser.add_argument("--xml-mb", type=int, default=500, help="megabytes of prodotti.xml")
    parser.add_argument("--only", nargs="*", default=["righe", "listino", "movimenti", "prodotti"])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    inputs = {
        "righe": ("righe.csv", arguments.rows, lines_of_righe),
        "listino": ("listino.csv", arguments.rows, lines_of_listino),
        "movimenti": ("movimenti.csv", arguments.moves, lines_of_movimenti),
        "prodotti": ("prodotti.xml", arguments.xml_mb, chunks_of_prodotti),
    }
    for name in arguments.only:
        file, size, chunks = inputs[name]
        write(arguments.folder / file, chunks(size), size)


if __name__ == "__main__":
    main()
