//! The same page for a terminal: aligned columns, frames in ASCII.
//!
//! Values are written as they are, except for characters that would move the cursor or turn the direction of the text.

use std::fmt::Write as _;

use super::notice::Notice;
use super::part::Field;
use super::view::{Document, Line, Page, Remark};

/// The widest that a column of words gets before it is wrapped.
const WIDEST: usize = 46;

/// An invoice file.
pub(super) fn page(page: &Page) -> String {
    let mut text = format!("Fattura elettronica, formato {}\n", page.format);
    remarks(&mut text, "Errori (il file sarebbe scartato)", &page.errors);
    remarks(&mut text, "Avvisi", &page.warnings);
    for party in &page.parties {
        heading(&mut text, &format!("{}: {}", party.role, party.name));
        fields(&mut text, &party.fields);
    }
    for one in &page.documents {
        document(&mut text, one, page.is_simplified);
    }
    section(&mut text, "Trasmissione", &page.transmission);
    section(&mut text, "Altri dati del file", &page.other);
    printable(&text)
}

/// A message of the exchange system.
pub(super) fn notice(notice: &Notice) -> String {
    let mut text = format!("{} ({})\n{}\n", notice.title, notice.code, notice.meaning);
    for error in &notice.errors {
        heading(&mut text, &format!("Errore {}", error.code));
        let rows = [Field::new("Descrizione", &error.text), Field::new("Suggerimento", &error.advice)];
        fields(&mut text, &rows.into_iter().flatten().collect::<Vec<Field>>());
    }
    section(&mut text, "Dati del messaggio", &notice.fields);
    printable(&text)
}

fn document(text: &mut String, document: &Document, is_simplified: bool) {
    let title = format!("{} {} ({})", document.kind, document.number, document.code);
    let title = flat(&format!("{title} del {} {}", document.date, document.currency));
    let _ = writeln!(text, "\n{title}\n{}", "=".repeat(title.chars().count()));
    let reasons = document.reasons.iter().filter_map(|reason| Field::new("Causale", reason));
    fields(text, &reasons.collect::<Vec<Field>>());
    references(text, document);
    if !document.lines.is_empty() {
        heading(text, "Beni e servizi");
        if is_simplified { simplified_lines(text, &document.lines) } else { lines(text, &document.lines) }
    }
    rates(text, document);
    let totals: Vec<Field> = document.totals.iter().chain(&document.total).cloned().collect();
    section(text, "Totali", &totals);
    for group in &document.groups {
        heading(text, group.title);
        group.rows.iter().for_each(|row| fields(text, row));
    }
    payments(text, document);
    for item in &document.attachments {
        heading(text, &format!("Allegato: {} ({})", item.name, item.size));
        fields(text, &item.details);
    }
    section(text, "Altri dati", &document.other);
}

fn references(text: &mut String, document: &Document) {
    if document.references.is_empty() {
        return;
    }
    heading(text, "Riferimenti");
    let row = |item: &super::view::Reference| {
        vec![item.kind.to_owned(), item.number.clone(), item.date.clone(), item.lines.clone(), words(&item.details)]
    };
    let rows: Vec<Vec<String>> = document.references.iter().map(row).collect();
    table(text, &["Documento", "Numero", "Data", "Righe", "Dettagli"], "lllll", &rows);
}

fn lines(text: &mut String, lines: &[Line]) {
    let row = |line: &Line| {
        let natura = Field::new(line.natura.as_str(), line.natura_meaning);
        let details: Vec<Field> = line.details.iter().cloned().chain(natura).collect();
        vec![
            line.number.clone(),
            lined(&line.description, &details),
            format!("{} {}", line.quantity, line.unit).trim().to_owned(),
            line.price.clone(),
            line.discounts.join("\n"),
            line.total.clone(),
            format!("{} {}", line.rate, line.natura).trim().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    table(text, &["N.", "Descrizione", "Quantita'", "Prezzo", "Sconto", "Totale", "IVA"], "rlrrrrr", &rows);
}

fn simplified_lines(text: &mut String, lines: &[Line]) {
    let row = |line: &Line| {
        let natura = Field::new(line.natura.as_str(), line.natura_meaning);
        let details: Vec<Field> = line.details.iter().cloned().chain(natura).collect();
        let rate = format!("{} {}", line.rate, line.natura).trim().to_owned();
        vec![lined(&line.description, &details), rate, line.tax.clone(), line.total.clone()]
    };
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    table(text, &["Descrizione", "IVA", "Di cui imposta", "Importo"], "lrrr", &rows);
}

fn rates(text: &mut String, document: &Document) {
    if document.rates.is_empty() {
        return;
    }
    heading(text, "Riepilogo IVA");
    let row = |rate: &super::view::Rate| {
        let natura = format!("{} {}", rate.natura, rate.natura_meaning);
        vec![rate.rate.clone(), lined(natura.trim(), &rate.details), rate.taxable.clone(), rate.tax.clone()]
    };
    let rows: Vec<Vec<String>> = document.rates.iter().map(row).collect();
    table(text, &["Aliquota", "Natura e dettagli", "Imponibile", "Imposta"], "rlrr", &rows);
}

fn payments(text: &mut String, document: &Document) {
    if document.payments.is_empty() {
        return;
    }
    heading(text, "Pagamento");
    let row = |payment: &super::view::Payment| {
        let details = lined(&payment.iban, &payment.details);
        vec![payment.terms.clone(), payment.method.clone(), details, payment.due.clone(), payment.amount.clone()]
    };
    let rows: Vec<Vec<String>> = document.payments.iter().map(row).collect();
    table(text, &["Condizioni", "Modalita'", "IBAN e dettagli", "Scadenza", "Importo"], "llllr", &rows);
}

fn remarks(text: &mut String, title: &str, remarks: &[Remark]) {
    if remarks.is_empty() {
        return;
    }
    heading(text, title);
    for remark in remarks {
        let value = if remark.value.is_empty() { String::new() } else { format!(" = {}", remark.value) };
        let _ = writeln!(text, "  {} {}{}", remark.code, remark.path, flat(&value));
        let _ = writeln!(text, "    {}", flat(&remark.message));
    }
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "\n{}", flat(title));
}

fn section(text: &mut String, title: &str, rows: &[Field]) {
    if !rows.is_empty() {
        heading(text, title);
        fields(text, rows);
    }
}

fn fields(text: &mut String, fields: &[Field]) {
    let width = fields.iter().map(|field| field.label.chars().count()).max().unwrap_or_default();
    for field in fields {
        let _ = writeln!(text, "  {:<width$}  {}", flat(&field.label), flat(&field.value));
    }
}

/// `CIG: 123, CUP: 456`.
fn words(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{}: {}", field.label, field.value)).collect::<Vec<String>>().join(", ")
}

/// A text with its details on lines of their own.
fn lined(first: &str, fields: &[Field]) -> String {
    let first = (!first.is_empty()).then(|| flat(first));
    let details = fields.iter().map(|field| format!("{}: {}", flat(&field.label), flat(&field.value)));
    first.into_iter().chain(details).collect::<Vec<String>>().join("\n")
}

/// A table; `sides` has a letter for each column, `l` or `r`.
fn table(text: &mut String, titles: &[&str], sides: &str, rows: &[Vec<String>]) {
    let titles: Vec<Vec<String>> = titles.iter().map(|title| vec![(*title).to_owned()]).collect();
    let rows: Vec<Vec<Vec<String>>> = rows.iter().map(|row| row.iter().map(|cell| wrapped(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&titles]).filter_map(|row| row.get(column)).flatten();
        cells.map(|line| line.chars().count()).max().unwrap_or_default()
    };
    let columns: Vec<(usize, char)> = sides.chars().enumerate().map(|(index, side)| (width(index), side)).collect();
    put(text, &titles, &columns);
    let frame: Vec<Vec<String>> = columns.iter().map(|(width, _)| vec!["-".repeat(*width)]).collect();
    put(text, &frame, &columns);
    for row in &rows {
        put(text, row, &columns);
    }
}

fn put(text: &mut String, row: &[Vec<String>], columns: &[(usize, char)]) {
    let height = row.iter().map(Vec::len).max().unwrap_or_default();
    for level in 0..height {
        let mut line = String::new();
        for (cell, (width, side)) in row.iter().zip(columns) {
            let part = cell.get(level).map(String::as_str).unwrap_or_default();
            let _ = if *side == 'r' { write!(line, "  {part:>width$}") } else { write!(line, "  {part:<width$}") };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The lines of a cell, broken at blanks, inside words only where there is no blank.
fn wrapped(cell: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in cell.split('\n') {
        let (mut line, mut width) = (String::new(), 0);
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > WIDEST {
                lines.push(std::mem::take(&mut line));
                width = 0;
            }
            if width > 0 {
                line.push(' ');
                width += 1;
            }
            for character in word.chars() {
                if width == WIDEST {
                    lines.push(std::mem::take(&mut line));
                    width = 0;
                }
                line.push(character);
                width += 1;
            }
        }
        lines.push(line);
    }
    lines
}

/// On one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Without characters that a terminal obeys: they become `?`.
fn printable(text: &str) -> String {
    let is_obeyed = |character: char| {
        let turns = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        turns || character == '\u{feff}' || (character.is_control() && character != '\n')
    };
    text.chars().map(|character| if is_obeyed(character) { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_wrapped_and_columns_aligned() {
        let mut text = String::new();
        let long = format!("due parole {}", "x".repeat(50));
        table(&mut text, &["N.", "Testo", "Totale"], "rlr", &[vec!["1".to_owned(), long, "1.234,50".to_owned()]]);
        let expected = format!(
            "  N.  Testo{}    Totale\n  --  {}  --------\n   1  due parole{}  1.234,50\n      {}\n      xxxx\n",
            " ".repeat(41),
            "-".repeat(46),
            " ".repeat(36),
            "x".repeat(46)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn the_terminal_has_nothing_to_obey() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\nd\u{9b}e"), "a?[2Jb?c\nd?e");
    }
}
