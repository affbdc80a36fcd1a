#!/usr/bin/env python3
"""Makes electronic invoices to read: five lines, discounts, two rates, about 4.2 KB each, valid and without findings.

    python3 benches/invoice_data.py FOLDER --count 20000

The same bytes every time: FOLDER/invoices/*.xml and FOLDER/invoices.zip, or nothing when they are there. Only the standard library.
"""
import argparse
import random
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

CENT, EIGHT = Decimal("0.01"), Decimal("0.00000001")
WORDS = "Lampada da tavolo in ottone spazzolato con paralume bianco misura grande cavo tessile nero qualità".split()
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tag(name, *inside):
    return f"<{name}>{''.join(inside)}</{name}>"


def progressive(number):
    """Five characters."""
    out = ""
    while number:
        number, digit = divmod(number, 36)
        out = DIGITS[digit] + out
    return out.rjust(5, "0")


def address(street, postcode, city, province):
    return tag("Sede", tag("Indirizzo", street), tag("CAP", postcode), tag("Comune", city), tag("Provincia", province), tag("Nazione", "IT"))


def vat_number(number):
    return tag("IdFiscaleIVA", tag("IdPaese", "IT"), tag("IdCodice", number))


def header(number):
    sender = tag("IdTrasmittente", tag("IdPaese", "IT"), tag("IdCodice", "01234567897"))
    transmission = tag("DatiTrasmissione", sender, tag("ProgressivoInvio", progressive(number)), tag("FormatoTrasmissione", "FPR12"),
                       tag("CodiceDestinatario", "0000000"), tag("PECDestinatario", f"cliente{number}@pec.example"))
    seller = tag("DatiAnagrafici", vat_number("01234567897"), tag("Anagrafica", tag("Denominazione", "Bottega di Prova S.r.l.")), tag("RegimeFiscale", "RF01"))
    buyer = tag("DatiAnagrafici", vat_number("12345678903"), tag("Anagrafica", tag("Denominazione", f"Cliente {number} S.r.l.")))
    return tag("FatturaElettronicaHeader", transmission, tag("CedentePrestatore", seller, address("Via dei Test 1", "00100", "Roma", "RM")),
               tag("CessionarioCommittente", buyer, address(f"Via Città {number}", "20100", "Milano", "MI")))


def line(dice, position, sums):
    rate, quantity, price = dice.choice(["22.00", "22.00", "22.00", "10.00"]), dice.randint(1, 5), Decimal(dice.randint(100, 20000)) / 100
    discount = (price / 20).quantize(EIGHT) if position == 3 else Decimal(0)
    total = (price - discount) * quantity
    sums[rate] = sums.get(rate, Decimal(0)) + total
    less = tag("ScontoMaggiorazione", tag("Tipo", "SC"), tag("Importo", f"{discount:.8f}")) if discount else ""
    text = " ".join(dice.choices(WORDS, k=5)) + (" &amp; altro" if position == 2 else "")
    return tag("DettaglioLinee", tag("NumeroLinea", str(position)),
               tag("CodiceArticolo", tag("CodiceTipo", "SKU"), tag("CodiceValore", f"ART-{dice.randint(1, 99999):05d}")),
               tag("Descrizione", text), tag("Quantita", f"{quantity}.00"), tag("UnitaMisura", "PZ"), tag("PrezzoUnitario", f"{price:.8f}"),
               less, tag("PrezzoTotale", f"{total:.8f}"), tag("AliquotaIVA", rate))


def summaries(sums):
    """The blocks, and the total of the document."""
    blocks, total = [], Decimal(0)
    for rate in sorted(sums):
        base = sums[rate].quantize(CENT, ROUND_HALF_UP)
        tax = (base * Decimal(rate) / 100).quantize(CENT, ROUND_HALF_UP)
        rest = base - sums[rate]
        total += base + tax
        blocks.append(tag("DatiRiepilogo", tag("AliquotaIVA", rate), tag("Arrotondamento", f"{rest:.8f}") if rest else "",
                          tag("ImponibileImporto", str(base)), tag("Imposta", str(tax)), tag("EsigibilitaIVA", "I")))
    return blocks, total


def invoice(number, dice):
    sums = {}
    lines = [line(dice, position, sums) for position in range(1, 6)]
    blocks, total = summaries(sums)
    document = tag("DatiGeneraliDocumento", tag("TipoDocumento", "TD01"), tag("Divisa", "EUR"), tag("Data", "2026-11-20"),
                   tag("Numero", f"{number}/WEB"), tag("ImportoTotaleDocumento", str(total)))
    order = tag("DatiOrdineAcquisto", tag("IdDocumento", f"ORD-{number:06d}"), tag("Data", "2026-11-19"))
    payment = tag("DatiPagamento", tag("CondizioniPagamento", "TP02"),
                  tag("DettaglioPagamento", tag("ModalitaPagamento", "MP08"), tag("ImportoPagamento", str(total))))
    body = tag("FatturaElettronicaBody", tag("DatiGenerali", document, order), tag("DatiBeniServizi", *lines, *blocks), payment)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2" '
            f'versione="FPR12">{header(number)}{body}</p:FatturaElettronica>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20000)
    arguments = parser.parse_args()
    folder, archive = arguments.folder / "invoices", arguments.folder / "invoices.zip"
    if archive.exists() and len(zipfile.ZipFile(archive).namelist()) == arguments.count:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    dice, unfinished = random.Random(7), archive.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(1, arguments.count + 1):
            name, xml = f"IT01234567897_{progressive(number)}.xml", invoice(number, dice).encode()
            (folder / name).write_bytes(xml)
            packed.writestr(zipfile.ZipInfo(name), xml, zipfile.ZIP_DEFLATED)
    unfinished.rename(archive)


if __name__ == "__main__":
    main()
