//! One document of a file, in both formats.
//!
//! Elements are asked for by name: both formats call most things the same, and what one of them does not have is empty.

use super::italian;
use super::part::{Field, Part};
use super::view::{Attachment, Document, Group, Line, Payment, Rate, Reference};
use crate::domain::money::Decimal;

const REFERENCES: [(&str, &str); 5] = [
    ("DatiOrdineAcquisto", "Ordine d'acquisto"),
    ("DatiContratto", "Contratto"),
    ("DatiConvenzione", "Convenzione"),
    ("DatiRicezione", "Ricezione"),
    ("DatiFattureCollegate", "Fattura collegata"),
];

/// Blocks of `DatiGeneraliDocumento` that are shown as a group of rows.
const GROUPS: [(&str, &str); 4] = [
    ("DatiBollo", "Bollo"),
    ("DatiRitenuta", "Ritenuta"),
    ("DatiCassaPrevidenziale", "Cassa previdenziale"),
    ("ScontoMaggiorazione", "Sconti e maggiorazioni sul documento"),
];

/// The document of a body.
pub(super) fn document(body: &Part<'_>) -> Document {
    let nothing = || (String::new(), "");
    let general = body.at("DatiGenerali/DatiGeneraliDocumento");
    let (code, meaning) = general.map_or_else(nothing, |general| general.code("TipoDocumento"));
    let text = |name: &str| general.map(|general| general.take(name)).unwrap_or_default();
    let (lines, rates) = (lines(body), rates(body));
    let (totals, total) = totals(body, general);
    Document {
        kind: if meaning.is_empty() { code.clone() } else { meaning.to_owned() },
        code,
        number: text("Numero"),
        date: text("Data"),
        currency: text("Divisa"),
        reasons: general.map(|general| general.all("Causale").map(Part::show).collect()).unwrap_or_default(),
        references: body.at("DatiGenerali").map(references).unwrap_or_default(),
        lines,
        rates,
        groups: groups(body, general),
        totals,
        total,
        payments: payments(body),
        attachments: body.all("Allegati").map(attachment).collect(),
        other: body.rest(),
    }
}

fn references(block: &Part<'_>) -> Vec<Reference> {
    let mut found = Vec::new();
    for (name, kind) in REFERENCES {
        found.extend(block.all(name).map(|part| reference(part, kind, "IdDocumento", "Data")));
    }
    found.extend(block.all("DatiDDT").map(|part| reference(part, "DDT", "NumeroDDT", "DataDDT")));
    found.extend(block.all("DatiSAL").map(|part| reference(part, "SAL, fase", "RiferimentoFase", "")));
    let main = block.all("FatturaPrincipale");
    found.extend(
        main.map(|part| reference(part, "Fattura principale", "NumeroFatturaPrincipale", "DataFatturaPrincipale")),
    );
    let corrected = block.all("DatiFatturaRettificata");
    found.extend(corrected.map(|part| reference(part, "Fattura rettificata", "NumeroFR", "DataFR")));
    found
}

fn reference(part: &Part<'_>, kind: &'static str, number: &str, date: &str) -> Reference {
    let lines: Vec<String> = part.all("RiferimentoNumeroLinea").map(Part::show).collect();
    Reference {
        kind,
        number: part.take(number),
        date: if date.is_empty() { String::new() } else { part.take(date) },
        lines: lines.join(", "),
        details: part.details(),
    }
}

fn lines(body: &Part<'_>) -> Vec<Line> {
    let simplified = body.all("DatiBeniServizi").filter(|block| block.at("Descrizione").is_some());
    let ordinary = body.all("DatiBeniServizi").flat_map(|block| block.all("DettaglioLinee"));
    ordinary.map(line).chain(simplified.map(simplified_line)).collect()
}

fn line(part: &Part<'_>) -> Line {
    let (natura, natura_meaning) = part.code("Natura");
    let period = part.joined(&["DataInizioPeriodo", "DataFinePeriodo"], " - ");
    let codes = part.all("CodiceArticolo");
    let codes = codes.filter_map(|code| named(code.take("CodiceTipo"), code.take("CodiceValore"), "Codice"));
    let managed = |block: &Part<'_>| {
        let value = block.joined(&["RiferimentoTesto", "RiferimentoNumero", "RiferimentoData"], ", ");
        named(block.take("TipoDato"), value, "Dato gestionale")
    };
    let kind = part.field("Tipo", "TipoCessionePrestazione");
    let details = kind.into_iter().chain(codes).chain(Field::new("Periodo", period));
    let mut details: Vec<Field> = details.chain(part.all("AltriDatiGestionali").filter_map(managed)).collect();
    let mut line = Line {
        number: part.take("NumeroLinea"),
        description: part.take("Descrizione"),
        details: Vec::new(),
        quantity: part.take("Quantita"),
        unit: part.take("UnitaMisura"),
        price: part.take("PrezzoUnitario"),
        discounts: part.all("ScontoMaggiorazione").map(adjustment).collect(),
        total: part.take("PrezzoTotale"),
        tax: String::new(),
        rate: part.take("AliquotaIVA"),
        natura,
        natura_meaning,
    };
    details.extend(part.details());
    line.details = details;
    line
}

/// A value that names its own kind; whichever of the two is there.
fn named(kind: String, value: String, label: &str) -> Option<Field> {
    match (kind.is_empty(), value.is_empty()) {
        (true, _) => Field::new(label, value),
        (false, true) => Field::new(label, kind),
        (false, false) => Field::new(kind, value),
    }
}

fn simplified_line(part: &Part<'_>) -> Line {
    let (natura, natura_meaning) = part.code("Natura");
    Line {
        number: String::new(),
        description: part.take("Descrizione"),
        quantity: String::new(),
        unit: String::new(),
        price: String::new(),
        discounts: Vec::new(),
        total: part.take("Importo"),
        tax: part.take("DatiIVA/Imposta"),
        rate: part.take("DatiIVA/Aliquota"),
        natura,
        natura_meaning,
        details: part.details(),
    }
}

/// `-10%`, `+2,00`; the code alone without an amount.
fn adjustment(part: &Part<'_>) -> String {
    let (kind, _) = part.code("Tipo");
    let amounts = ["Percentuale", "Importo"].map(|name| part.take(name));
    let amounts: Vec<&String> = amounts.iter().filter(|amount| !amount.is_empty()).collect();
    if amounts.is_empty() {
        return kind;
    }
    let sign = match kind.as_str() {
        "SC" => "-".to_owned(),
        "MG" => "+".to_owned(),
        other => format!("{other} "),
    };
    amounts.iter().map(|amount| format!("{sign}{amount}")).collect::<Vec<String>>().join(", ")
}

fn rates(body: &Part<'_>) -> Vec<Rate> {
    let blocks = body.all("DatiBeniServizi").flat_map(|block| block.all("DatiRiepilogo"));
    let rate = |part: &Part<'_>| {
        let (natura, natura_meaning) = part.code("Natura");
        Rate {
            rate: part.take("AliquotaIVA"),
            natura,
            natura_meaning,
            taxable: part.take("ImponibileImporto"),
            tax: part.take("Imposta"),
            details: part.details(),
        }
    };
    blocks.map(rate).collect()
}

fn groups(body: &Part<'_>, general: Option<&Part<'_>>) -> Vec<Group> {
    let of = |title, parts: Vec<&Part<'_>>| Group { title, rows: parts.into_iter().map(Part::details).collect() };
    let mut groups = Vec::new();
    if let Some(general) = general {
        groups.extend(GROUPS.iter().map(|(name, title)| of(title, general.all(name).collect())));
        let flags = [general.field("Bollo virtuale", "BolloVirtuale"), general.field("Art. 73 DPR 633/72", "Art73")];
        groups.push(Group { title: "Altre indicazioni", rows: vec![flags.into_iter().flatten().collect()] });
    }
    groups.push(of("Trasporto", body.at("DatiGenerali/DatiTrasporto").into_iter().collect()));
    groups.push(of("Veicolo", body.at("DatiVeicoli").into_iter().collect()));
    for group in &mut groups {
        group.rows.retain(|row| !row.is_empty());
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

/// The sums, and the total with its label.
fn totals(body: &Part<'_>, general: Option<&Part<'_>>) -> (Vec<Field>, Option<Field>) {
    let blocks = || body.all("DatiBeniServizi").flat_map(|block| block.all("DatiRiepilogo"));
    let (taxable, tax) = (sum(blocks(), "ImponibileImporto"), sum(blocks(), "Imposta"));
    let simplified = sum(body.all("DatiBeniServizi").filter(|block| block.at("Importo").is_some()), "Importo");
    let computed = taxable.and_then(|taxable| taxable.add(tax?)).or(simplified);
    let amount = |label: &str, value: Option<Decimal>| {
        value.and_then(|value| Field::new(label, italian::number(&value.to_string(), 2)?))
    };
    let written = |label: &str, name: &str| general.and_then(|general| general.field(label, name));
    let totals = [
        amount("Totale imponibile", taxable),
        amount("Totale imposta", tax),
        written("Arrotondamento", "Arrotondamento"),
    ];
    let total =
        written("Totale documento", "ImportoTotaleDocumento").or_else(|| amount("Totale (somma delle voci)", computed));
    (totals.into_iter().flatten().collect(), total)
}

/// The sum of an element over blocks; none without blocks, or when one of them has no number there.
fn sum<'s, 'a: 's>(mut blocks: impl Iterator<Item = &'s Part<'a>>, name: &str) -> Option<Decimal> {
    let first = blocks.next()?.decimal(name)?;
    blocks.try_fold(first, |sum, block| sum.add(block.decimal(name)?))
}

fn payments(body: &Part<'_>) -> Vec<Payment> {
    let mut payments = Vec::new();
    for block in body.all("DatiPagamento").filter(|block| block.at("DettaglioPagamento").is_some()) {
        let terms = block.take("CondizioniPagamento");
        payments.extend(block.all("DettaglioPagamento").map(|part| Payment {
            terms: terms.clone(),
            method: part.take("ModalitaPagamento"),
            due: part.take("DataScadenzaPagamento"),
            amount: part.take("ImportoPagamento"),
            iban: part.take("IBAN"),
            details: part.details(),
        }));
    }
    payments
}

fn attachment(part: &Part<'_>) -> Attachment {
    Attachment { name: part.take("NomeAttachment"), size: part.take("Attachment"), details: part.details() }
}
