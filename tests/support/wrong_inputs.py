#!/usr/bin/env python3
"""Writes the hostile and broken inputs of `tests/wrong-inputs.sh` into a folder, one sub-folder for each case.

    python3 tests/support/wrong_inputs.py FOLDER

Every sub-folder is a project of its own: `raccordo.yaml`, `pipeline.yaml` and the files it reads. Needs only the standard library.
"""

import sys
import zipfile
from pathlib import Path

CSV_TO_CSV = """pipeline: prova
extract:
  righe:
    file: {{ path: {path} }}
    columns: {{ sku: sku, giacenza: integer, nota: text }}
load:
  righe: {{ from: righe, file: {{ path: {out} }} }}
"""


def project(folder, pipeline):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "raccordo.yaml").write_text("{}\n")
    (folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")
    return folder


def rows(path, count, broken=None):
    """`count` rows; the row on line `broken` has one field too many."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write("sku,giacenza,nota\n")
        for row in range(count):
            surplus = ",troppo" if row + 2 == broken else ""
            out.write(f"{row:08d},{row % 97},nota della riga {row}{surplus}\n")


def full_disk(root):
    folder = project(root / "full-disk", CSV_TO_CSV.format(path="righe.csv", out="disk/righe.csv"))
    rows(folder / "righe.csv", 400_000)
    (folder / "disk").mkdir(exist_ok=True)


def unwritable(root):
    folder = project(root / "unwritable", CSV_TO_CSV.format(path="righe.csv", out="chiusa/righe.csv"))
    rows(folder / "righe.csv", 100)
    (folder / "chiusa").mkdir(exist_ok=True)
    (folder / "chiusa/righe.csv").write_text("prima\n")


def interrupted(root):
    folder = project(root / "interrupted", CSV_TO_CSV.format(path="righe.csv", out="out/righe.csv"))
    rows(folder / "righe.csv", 4_000_000)


def bombs(root):
    """Files of some hundred kilobytes that unpack to 300 MB."""
    folder = project(root / "zip-bomb", CSV_TO_CSV.format(path="bomba.zip", out="out/righe.csv"))
    line = b"00000001,1,zero\n"
    with zipfile.ZipFile(folder / "bomba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("righe.csv", "w") as member:
            member.write(b"sku,giacenza,nota\n")
            for _ in range(300):
                member.write(line * (1_000_000 // len(line)))


def document_type(root):
    pipeline = """pipeline: prova
extract:
  prodotti:
    file: { path: prodotti.xml, format: { xml: { record: Products/Product } } }
    columns: { sku: { type: text, from: Code } }
load:
  prodotti: { from: prodotti, file: { path: out/prodotti.csv } }
"""
    folder = project(root / "dtd", pipeline)
    (folder / "segreto.txt").write_text("parola d'ordine\n")
    (folder / "prodotti.xml").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE Products [ <!ENTITY segreto SYSTEM "segreto.txt"> ]>\n'
        "<Products><Product><Code>&segreto;</Code></Product></Products>\n"
    )


def renamed_column(root):
    folder = project(root / "renamed", CSV_TO_CSV.format(path="righe.csv", out="out/righe.csv"))
    (folder / "righe.csv").write_text("sku,giacenze,nota\n001,3,x\n")


def damaged_workbook(root):
    pipeline = """pipeline: prova
extract:
  listino:
    file: { path: listino.xlsx }
    columns: { sku: { type: sku, required: true }, ean: gtin }
load:
  listino: { from: listino, file: { path: out/listino.csv } }
"""
    folder = project(root / "xlsx", pipeline)
    workbook(folder / "listino.xlsx", [("sku", "ean"), ("001", 4.00638e12), ("002", "4006381333931"), ("003", 4006381333931)])


def too_many_fields(root):
    folder = project(root / "line-10001", CSV_TO_CSV.format(path="righe.csv", out="out/righe.csv"))
    rows(folder / "righe.csv", 20_000, broken=10_001)


def list_document(root):
    project(root / "list", "- extract: { righe: { file: { path: righe.csv } } }\n- load: {}\n")


def climbing_path(root):
    pipeline = """pipeline: prova
extract:
  righe:
    inline:
      rows:
        - { fornitore: buono, sku: "001" }
        - { fornitore: "../../fuori", sku: "002" }
        - { fornitore: "/fuori", sku: "003" }
        - { fornitore: "..", sku: "004" }
load:
  righe: { from: righe, file: { path: "out/{fornitore}/righe.csv" } }
"""
    project(root / "climbing", pipeline)


def workbook(path, table):
    """A workbook of one sheet, in the fewest parts that readers accept."""
    def cell(name, value):
        if isinstance(value, str):
            return f'<c r="{name}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{name}"><v>{value!r}</v></c>'

    lines = []
    for number, values in enumerate(table, 1):
        cells = "".join(cell(f"{chr(65 + column)}{number}", value) for column, value in enumerate(values))
        lines.append(f'<row r="{number}">{cells}</row>')
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    packages = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
        'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
        'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Listino" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" Type="{office}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, head + text)


def main():
    root = Path(sys.argv[1])
    for case in (full_disk, unwritable, interrupted, bombs, document_type, renamed_column, damaged_workbook, too_many_fields,
                 list_document, climbing_path):
        case(root)


if __name__ == "__main__":
    main()
