#!/usr/bin/env python3
"""Reads a folder of invoices as a person would in Python, lines to CSV: `lxml FOLDER OUT XSD`, or `a38 FOLDER OUT`.

lxml parses, validates against the schema and writes one row per line. a38 parses into its model, validates, and writes the same rows. Neither
makes the content controls of the exchange system that raccordo makes; a38 makes some.
"""
import csv
import sys
from pathlib import Path

from lxml import etree

LINE = ["NumeroLinea", "Descrizione", "Quantita", "PrezzoUnitario", "PrezzoTotale", "AliquotaIVA"]


def with_lxml(paths, rows, xsd):
    xsd = Path(xsd)

    class Local(etree.Resolver):
        def resolve(self, url, public, context):
            return self.resolve_filename(str(xsd.with_name("xmldsig-core-schema.xsd")), context) if "xmldsig" in url else None

    loader = etree.XMLParser(no_network=True)
    loader.resolvers.add(Local())
    schema = etree.XMLSchema(etree.parse(str(xsd), loader))
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    for path in paths:
        document = etree.fromstring(path.read_bytes(), parser)
        if not schema.validate(document):
            sys.exit(f"{path}: {schema.error_log}")
        number = document.findtext(".//Numero")
        for line in document.iter("DettaglioLinee"):
            rows.writerow([path.name, number, *(line.findtext(name) for name in LINE)])


def with_a38(paths, rows):
    import a38
    from a38.validation import Validation

    for path in paths:
        invoice = a38.auto_from_etree(etree.fromstring(path.read_bytes()))
        validation = Validation()
        invoice.validate(validation)
        if validation.errors:
            sys.exit(f"{path}: {validation.errors[0]}")
        for body in invoice.fattura_elettronica_body:
            number = body.dati_generali.dati_generali_documento.numero
            for line in body.dati_beni_servizi.dettaglio_linee:
                rows.writerow([path.name, number, line.numero_linea, line.descrizione, line.quantita, line.prezzo_unitario, line.prezzo_totale, line.aliquota_iva])


def main():
    peer, folder, out, *rest = sys.argv[1:]
    with open(out, "w", encoding="utf-8", newline="") as target:
        {"lxml": with_lxml, "a38": with_a38}[peer](sorted(Path(folder).iterdir()), csv.writer(target), *rest)


if __name__ == "__main__":
    main()
