//! A document as rows of tables: documents, lines, summaries, payments, attachments, related documents.
//!
//! Here: which element becomes which column, as data; both formats give the same tables. Values are given as they are
//! written. Not here: types of a table engine, files.

use std::borrow::Cow;

use super::schema::{Family, Id};
use super::tree::{Node, Tree};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// A date.
    Date,
    /// A decimal with so many decimals.
    Decimal(u8),
}

/// A table.
pub struct Table {
    /// Its name, as a pipeline says it.
    pub name: &'static str,
    /// Columns after those of [`COMMON`].
    pub columns: &'static [(&'static str, Kind)],
    blocks: &'static [Block],
}

/// A repeated block that makes rows, with the place of each column: the part of the official code below the block, a whole
/// official code after `/`, a code of the parent after `^`, the kind of block (`#`), the sign (`±`), or nothing.
struct Block {
    family: Family,
    kind: &'static str,
    code: &'static str,
    cells: &'static [&'static str],
}

/// Columns of every table: what tells the document.
pub const COMMON: &[(&str, Kind)] = &[
    ("file", Kind::Text),
    ("body", Kind::Integer),
    ("formato", Kind::Text),
    ("tipo_documento", Kind::Text),
    ("numero", Kind::Text),
    ("data", Kind::Date),
    ("cedente_paese", Kind::Text),
    ("cedente_partita_iva", Kind::Text),
];
const COMMON_ORDINARY: &[&str] = &["/2.1.1.1", "/2.1.1.4", "/2.1.1.3", "/1.2.1.1.1", "/1.2.1.1.2"];
const COMMON_SIMPLIFIED: &[&str] = &["/2.1.1.1", "/2.1.1.4", "/2.1.1.3", "/1.2.1.1", "/1.2.1.2"];

use Family::{Ordinary, Simplified};
use Kind::{Date, Decimal, Integer, Text};

static DOCUMENTS: Table = table(
    "documents",
    &[
        ("segno", Integer),
        ("progressivo_invio", Text),
        ("codice_destinatario", Text),
        ("pec_destinatario", Text),
        ("cedente_codice_fiscale", Text),
        ("cedente_denominazione", Text),
        ("cedente_nome", Text),
        ("cedente_cognome", Text),
        ("regime_fiscale", Text),
        ("cessionario_paese", Text),
        ("cessionario_partita_iva", Text),
        ("cessionario_codice_fiscale", Text),
        ("cessionario_denominazione", Text),
        ("cessionario_nome", Text),
        ("cessionario_cognome", Text),
        ("cessionario_cap", Text),
        ("cessionario_comune", Text),
        ("cessionario_provincia", Text),
        ("cessionario_nazione", Text),
        ("soggetto_emittente", Text),
        ("divisa", Text),
        ("importo_totale_documento", Decimal(2)),
        ("arrotondamento", Decimal(2)),
        ("bollo_virtuale", Text),
        ("importo_bollo", Decimal(2)),
        ("causale", Text),
        ("art73", Text),
        ("causale_trasporto", Text),
        ("fattura_principale", Text),
        ("data_fattura_principale", Date),
    ],
    &[
        Block {
            family: Ordinary,
            kind: "",
            code: "2",
            cells: &[
                "±",
                "/1.1.2",
                "/1.1.4",
                "/1.1.6",
                "/1.2.1.2",
                "/1.2.1.3.1",
                "/1.2.1.3.2",
                "/1.2.1.3.3",
                "/1.2.1.8",
                "/1.4.1.1.1",
                "/1.4.1.1.2",
                "/1.4.1.2",
                "/1.4.1.3.1",
                "/1.4.1.3.2",
                "/1.4.1.3.3",
                "/1.4.2.3",
                "/1.4.2.4",
                "/1.4.2.5",
                "/1.4.2.6",
                "/1.6",
                "/2.1.1.2",
                "/2.1.1.9",
                "/2.1.1.10",
                "/2.1.1.6.1",
                "/2.1.1.6.2",
                "/2.1.1.11",
                "/2.1.1.12",
                "/2.1.9.3",
                "/2.1.10.1",
                "/2.1.10.2",
            ],
        },
        Block {
            family: Simplified,
            kind: "",
            code: "2",
            cells: &[
                "±",
                "/1.1.2",
                "/1.1.4",
                "/1.1.5",
                "/1.2.2",
                "/1.2.3",
                "/1.2.4",
                "/1.2.5",
                "/1.2.10",
                "/1.3.1.1.1",
                "/1.3.1.1.2",
                "/1.3.1.2",
                "/1.3.2.1",
                "/1.3.2.2",
                "/1.3.2.3",
                "/1.3.2.4.3",
                "/1.3.2.4.4",
                "/1.3.2.4.5",
                "/1.3.2.4.6",
                "/1.4",
                "/2.1.1.2",
                "",
                "",
                "/2.1.1.5",
                "",
                "",
                "",
                "",
                "",
                "",
            ],
        },
    ],
);

static LINES: Table = table(
    "lines",
    &[
        ("numero_linea", Integer),
        ("tipo_cessione_prestazione", Text),
        ("codice_tipo", Text),
        ("codice_valore", Text),
        ("descrizione", Text),
        ("quantita", Decimal(8)),
        ("unita_misura", Text),
        ("data_inizio_periodo", Date),
        ("data_fine_periodo", Date),
        ("prezzo_unitario", Decimal(8)),
        ("prezzo_totale", Decimal(8)),
        ("aliquota_iva", Decimal(2)),
        ("imposta", Decimal(2)),
        ("ritenuta", Text),
        ("natura", Text),
        ("riferimento_normativo", Text),
        ("riferimento_amministrazione", Text),
    ],
    &[
        Block {
            family: Ordinary,
            kind: "",
            code: "2.2.1",
            cells: &["1", "2", "3.1", "3.2", "4", "5", "6", "7", "8", "9", "11", "12", "", "13", "14", "", "15"],
        },
        Block {
            family: Simplified,
            kind: "",
            code: "2.2",
            cells: &["", "", "", "", "1", "", "", "", "", "", "2", "3.2", "3.1", "", "4", "5", ""],
        },
    ],
);

static SUMMARIES: Table = table(
    "summaries",
    &[
        ("segno", Integer),
        ("aliquota_iva", Decimal(2)),
        ("natura", Text),
        ("spese_accessorie", Decimal(2)),
        ("arrotondamento", Decimal(8)),
        ("imponibile_importo", Decimal(2)),
        ("imposta", Decimal(2)),
        ("esigibilita_iva", Text),
        ("riferimento_normativo", Text),
    ],
    &[Block { family: Ordinary, kind: "", code: "2.2.2", cells: &["±", "1", "2", "3", "4", "5", "6", "7", "8"] }],
);

static PAYMENTS: Table = table(
    "payments",
    &[
        ("condizioni_pagamento", Text),
        ("modalita_pagamento", Text),
        ("beneficiario", Text),
        ("data_riferimento_termini_pagamento", Date),
        ("giorni_termini_pagamento", Integer),
        ("data_scadenza_pagamento", Date),
        ("importo_pagamento", Decimal(2)),
        ("istituto_finanziario", Text),
        ("iban", Text),
        ("bic", Text),
        ("codice_pagamento", Text),
    ],
    &[Block {
        family: Ordinary,
        kind: "",
        code: "2.4.2",
        cells: &["^1", "2", "1", "3", "4", "5", "6", "12", "13", "16", "21"],
    }],
);

static ATTACHMENTS: Table = table(
    "attachments",
    &[
        ("nome_attachment", Text),
        ("algoritmo_compressione", Text),
        ("formato_attachment", Text),
        ("descrizione_attachment", Text),
        ("attachment", Text),
    ],
    &[
        Block { family: Ordinary, kind: "", code: "2.5", cells: &["1", "2", "3", "4", "5"] },
        Block { family: Simplified, kind: "", code: "2.3", cells: &["1", "2", "3", "4", "5"] },
    ],
);

const REFERENCE: &[&str] = &["#", "2", "3", "1", "4", "5", "6", "7"];

static RELATED: Table = table(
    "related_documents",
    &[
        ("relazione", Text),
        ("id_documento", Text),
        ("data_documento", Date),
        ("riferimento_numero_linea", Text),
        ("num_item", Text),
        ("codice_commessa_convenzione", Text),
        ("codice_cup", Text),
        ("codice_cig", Text),
    ],
    &[
        Block { family: Ordinary, kind: "ordine_acquisto", code: "2.1.2", cells: REFERENCE },
        Block { family: Ordinary, kind: "contratto", code: "2.1.3", cells: REFERENCE },
        Block { family: Ordinary, kind: "convenzione", code: "2.1.4", cells: REFERENCE },
        Block { family: Ordinary, kind: "ricezione", code: "2.1.5", cells: REFERENCE },
        Block { family: Ordinary, kind: "fattura_collegata", code: "2.1.6", cells: REFERENCE },
        Block { family: Ordinary, kind: "ddt", code: "2.1.8", cells: &["#", "1", "2", "3", "", "", "", ""] },
        Block {
            family: Ordinary,
            kind: "fattura_principale",
            code: "2.1.10",
            cells: &["#", "1", "2", "", "", "", "", ""],
        },
        Block {
            family: Simplified,
            kind: "fattura_rettificata",
            code: "2.1.2",
            cells: &["#", "1", "2", "", "", "", "", ""],
        },
    ],
);

/// The tables, by the names that a pipeline uses.
pub static TABLES: [&Table; 6] = [&DOCUMENTS, &LINES, &SUMMARIES, &PAYMENTS, &ATTACHMENTS, &RELATED];

const fn table(name: &'static str, columns: &'static [(&'static str, Kind)], blocks: &'static [Block]) -> Table {
    Table { name, columns, blocks }
}

/// Where a cell is found.
#[derive(Clone, Debug)]
enum Place {
    Nothing,
    /// The kind of block.
    Kind,
    /// 1, or -1 for credit notes with positive amounts.
    Sign,
    /// Below the block.
    Block(Vec<Id>),
    /// Below the block's parent.
    Parent(Vec<Id>),
    /// Below `FatturaElettronicaHeader`.
    Header(Vec<Id>),
    /// Below `FatturaElettronicaBody`.
    Body(Vec<Id>),
}

/// The places of a block's cells.
#[derive(Debug)]
struct Paths {
    family: Family,
    kind: &'static str,
    /// From the body to the block.
    block: Vec<Id>,
    cells: Vec<Place>,
}

/// The path of elements from below the ancestor `above` down to a code.
fn path(family: Family, above: &str, code: &str) -> Vec<Id> {
    let depth = if above.is_empty() { 0 } else { above.split('.').count() };
    let parts: Vec<&str> = code.split('.').collect();
    let wanted = (depth + 1..=parts.len()).map(|length| parts[..length].join("."));
    wanted
        .filter_map(|code| (0_u16..).map(Id).zip(family.elements()).find(|(_, element)| element.code == code))
        .map(|(id, _)| id)
        .collect()
}

fn place(block: &Block, cell: &str) -> Place {
    let family = block.family;
    if cell == "±" {
        return Place::Sign;
    }
    match cell.split_at_checked(1) {
        None | Some(("", _)) => Place::Nothing,
        Some(("#", _)) => Place::Kind,
        Some(("^", rest)) => {
            let parent = block.code.rsplit_once('.').map_or("", |(parent, _)| parent);
            Place::Parent(path(family, parent, &format!("{parent}.{rest}")))
        }
        Some(("/", code)) if code.starts_with('1') => Place::Header(path(family, "1", code)),
        Some(("/", code)) => Place::Body(path(family, "2", code)),
        _ => Place::Block(path(family, block.code, &format!("{}.{cell}", block.code))),
    }
}

impl Table {
    /// The table of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Table> {
        TABLES.into_iter().find(|table| table.name == name)
    }

    /// Reads the rows of a document. Prepared once per table: see [`Reader`].
    #[must_use]
    pub fn reader(&'static self) -> Reader {
        let of_block = |block: &Block| {
            let common = if block.family == Ordinary { COMMON_ORDINARY } else { COMMON_SIMPLIFIED };
            let cells = common.iter().chain(block.cells).map(|cell| place(block, cell)).collect();
            Paths { family: block.family, kind: block.kind, block: path(block.family, "2", block.code), cells }
        };
        Reader { paths: self.blocks.iter().map(of_block).collect() }
    }
}

/// Gives the rows of documents.
#[derive(Debug)]
pub struct Reader {
    paths: Vec<Paths>,
}

impl Reader {
    /// Calls `row` with the cells of each row of a document: those of [`COMMON`] without the file, then those of the table.
    pub fn rows<'t>(&self, tree: &'t Tree, mut row: impl FnMut(usize, &[Option<Cow<'t, str>>])) {
        let mut header = None;
        let mut number = 0;
        let mut cells = Vec::new();
        for top in tree.top() {
            if top.element().code == "1" {
                header = Some(top);
                continue;
            }
            number += 1;
            for paths in self.paths.iter().filter(|paths| paths.family == tree.family()) {
                walk(top, &paths.block, &mut |block| {
                    cells.clear();
                    cells.extend(paths.cells.iter().map(|place| cell(place, paths.kind, header, top, block)));
                    row(number, &cells);
                });
            }
        }
    }
}

/// Visits every block at the end of a path, whatever repeats on the way.
fn walk<'t>(node: Node<'t>, path: &[Id], visit: &mut impl FnMut(Node<'t>)) {
    match path.split_first() {
        None => visit(node),
        Some((first, rest)) => node.all(*first).for_each(|child| walk(child, rest, visit)),
    }
}

fn cell<'t>(
    place: &Place,
    kind: &'static str,
    header: Option<Node<'t>>,
    body: Node<'t>,
    block: Node<'t>,
) -> Option<Cow<'t, str>> {
    match place {
        Place::Nothing => None,
        Place::Kind => Some(Cow::Borrowed(kind)),
        Place::Sign => Some(Cow::Borrowed(sign(body))),
        Place::Block(path) => values(block, path),
        Place::Parent(path) => values(block.parent()?, path),
        Place::Header(path) => values(header?, path),
        Place::Body(path) => values(body, path),
    }
}

/// A credit note takes away what its positive amounts say.
fn sign(body: Node<'_>) -> &'static str {
    let kind = body.children().next().and_then(|general| general.children().next());
    let kind = kind.and_then(|document| document.children().next()).map(|kind| kind.value().trim_ascii());
    if matches!(kind, Some("TD04" | "TD08")) { "-1" } else { "1" }
}

/// The value at the end of a path; an element that repeats there gives all its values, with a blank between.
fn values<'t>(node: Node<'t>, path: &[Id]) -> Option<Cow<'t, str>> {
    let (last, blocks) = path.split_last()?;
    let node = blocks.iter().try_fold(node, |node, id| node.child(*id))?;
    let mut found = node.all(*last).map(|child| child.value().trim_ascii()).filter(|value| !value.is_empty());
    let first = found.next()?;
    match found.next() {
        None => Some(first.into()),
        Some(second) => Some([first, second].into_iter().chain(found).collect::<Vec<_>>().join(" ").into()),
    }
}
