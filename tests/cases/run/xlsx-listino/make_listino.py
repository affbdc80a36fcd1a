"""Writes `listino.xlsx` again, always the same bytes: `python3 make_listino.py`.

Sheet `Listino`: two title rows, the header on row 3, one empty row. Codes are text or, as a careless export leaves them,
numbers; the EAN of row 5 has lost its last digits. The first sheet is another one.
"""

import zipfile
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
DATE = 1
ROWS = {
    1: [("A", "Bottega Ingrosso S.r.l.")],
    2: [("A", "Listino riservato")],
    3: [("A", "Codice"), ("B", "EAN"), ("C", "Costo netto"), ("D", "Aggiornato")],
    4: [("A", "000101"), ("B", "4006381333931"), ("C", 6.2949), ("D", (46328,))],
    5: [("A", "000126"), ("B", 4006380000000), ("C", 9), ("D", (46328,))],
    6: [("A", "4711"), ("C", 12.5), ("D", (46328,))],
    8: [("A", "000169"), ("B", "4006381333931"), ("C", "a richiesta"), ("D", (46328,))],
    9: [("A", 7000123), ("B", 4006381333931), ("C", 0.1), ("D", (46356,))],
}


def cell(column, row, value):
    place = f"{column}{row}"
    if isinstance(value, tuple):
        return f'<c r="{place}" s="{DATE}"><v>{value[0]}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


def sheet(rows):
    body = "".join(
        f'<row r="{number}">' + "".join(cell(column, number, value) for column, value in cells) + "</row>"
        for number, cells in rows.items()
    )
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def relation(number, kind, target):
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def relations(*entries):
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">' + "".join(entries) + "</Relationships>"


def part(name, kind):
    return f'<Override PartName="/xl/{name}.xml" ContentType="{KIND}.{kind}+xml"/>'


PARTS = {
    "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + part("workbook", "sheet.main") + part("styles", "styles")
    + part("worksheets/sheet1", "worksheet") + part("worksheets/sheet2", "worksheet") + "</Types>",
    "_rels/.rels": relations(relation(1, "officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Note" sheetId="1" r:id="rId1"/><sheet name="Listino" sheetId="2" r:id="rId2"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": relations(
        relation(1, "worksheet", "worksheets/sheet1.xml"),
        relation(2, "worksheet", "worksheets/sheet2.xml"),
        relation(3, "styles", "styles.xml"),
    ),
    "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": sheet({1: [("A", "Vedere il foglio Listino")]}),
    "xl/worksheets/sheet2.xml": sheet(ROWS),
}

if __name__ == "__main__":
    target = Path(__file__).with_name("listino.xlsx")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
