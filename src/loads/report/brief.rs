//! A report in short: a subject, a text that is Markdown and reads well as it is, and a small HTML page for mail.

use std::fmt::Write as _;

use crate::context::summary::Summary;
use crate::domain::money::Decimal;
use crate::loads::report::model::{Block, Body, Bridge, Chain, Document, Exceptions, Figure, TableBody, Trend};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::{Lang, Style, Value, is_figure};
use crate::loads::report::words::{self, Tone};

/// Rows of a table that a message shows.
const MOST_ROWS: usize = 10;
/// Columns of a table that a message shows.
const MOST_COLUMNS: usize = 6;
/// Characters of a cell.
const LONGEST: usize = 60;

/// A report as a message.
#[must_use]
pub fn summary(document: &Document) -> Summary {
    let lines = lines(document);
    Summary {
        subject: subject(document),
        text: text(document, &lines),
        html: html(document, &lines),
        files: Vec::new(),
    }
}

/// What a message shows, before it is written.
enum Line {
    Heading(String),
    Text(String),
    Item(String, String),
    /// A header and rows; whether each column stands on the right.
    Table(Vec<String>, Vec<bool>, Vec<Vec<String>>),
}

/// One line: the title, and what is worst.
fn subject(document: &Document) -> String {
    let style = document.style();
    let mut bad = 0_usize;
    let mut told = Vec::new();
    for block in &document.blocks {
        match &block.body {
            Body::Figures(figures) => bad += figures.iter().filter(|figure| figure.tone == Tone::Bad).count(),
            Body::Exceptions(found) if found.open() > 0 => {
                let rows = style.show(&count(found.open()), Kind::Count);
                let words = document.lang.of("anomalie aperte", "open exceptions");
                told.push(format!("{rows} {words}, {}", style.money(found.at_risk)));
            }
            Body::Bridge(bridge) if bridge.gap.is_some() => bad += 1,
            _ => {}
        }
    }
    if told.is_empty() {
        told.push(match bad {
            0 => document.lang.of("tutto a posto", "all is fine").to_owned(),
            1 => document.lang.of("1 voce da risolvere", "1 thing to resolve").to_owned(),
            more => format!("{more} {}", document.lang.of("voci da risolvere", "things to resolve")),
        });
    }
    flat(&format!("{}: {}", document.title, told.join("; ")))
}

fn lines(document: &Document) -> Vec<Line> {
    let style = document.style();
    let mut lines = Vec::new();
    if let Some(subtitle) = &document.subtitle {
        lines.push(Line::Text(subtitle.clone()));
    }
    for block in &document.blocks {
        lines.extend(block.title.clone().map(Line::Heading));
        lines.extend(block.note.clone().map(Line::Text));
        lines.extend(block_lines(block, style, document.lang));
    }
    lines
}

fn block_lines(block: &Block, style: Style<'_>, lang: Lang) -> Vec<Line> {
    match &block.body {
        Body::Text(texts) => texts.iter().cloned().map(Line::Text).collect(),
        Body::Figures(figures) => figures.iter().map(|figure| figure_line(figure, style, lang)).collect(),
        Body::Table(body) => table_lines(body, style, lang),
        Body::Bridge(bridge) => bridge_lines(bridge, style, lang),
        Body::Trend(trends) => trends.iter().map(|trend| trend_line(trend, style, lang)).collect(),
        Body::Matches(chains) => vec![matches_line(chains, style, lang)],
        Body::Exceptions(found) => exceptions_lines(found, style, lang),
    }
}

fn figure_line(figure: &Figure, style: Style<'_>, lang: Lang) -> Line {
    let value = style.large(&figure.value, figure.kind);
    let verdict = if figure.tone == Tone::Plain {
        String::new()
    } else {
        format!(" ({} {})", figure.tone.sign(), figure.tone.word(lang))
    };
    Line::Item(figure.title.clone(), format!("{value}{verdict}"))
}

fn table_lines(body: &TableBody, style: Style<'_>, lang: Lang) -> Vec<Line> {
    let columns = &body.columns[..body.width.min(MOST_COLUMNS)];
    let row =
        |values: &[Value]| columns.iter().zip(values).map(|(column, value)| style.show(value, column.kind)).collect();
    let rows: Vec<Vec<String>> = body.rows.iter().take(MOST_ROWS).map(|own| row(&own.values)).collect();
    let header = columns.iter().map(|column| column.title.clone()).collect();
    let right = columns.iter().map(|column| is_figure(column.kind)).collect();
    let left = body.count.saturating_sub(rows.len() as u64);
    let mut lines = Vec::new();
    if rows.is_empty() {
        lines.push(Line::Text(lang.of("Nessuna riga.", "No rows.").to_owned()));
    } else {
        lines.push(Line::Table(header, right, rows));
    }
    if left > 0 {
        let left = style.show(&count(left), Kind::Count);
        lines.push(Line::Text(format!("{} {left} {}", lang.of("e altre", "and"), lang.of("righe", "more rows"))));
    }
    lines
}

fn bridge_lines(bridge: &Bridge, style: Style<'_>, lang: Lang) -> Vec<Line> {
    let amount = |amount: Decimal| style.large(&Value::Decimal(amount.mantissa, amount.scale), bridge.kind);
    let rows = bridge.steps.iter().map(|step| vec![step.title.clone(), amount(step.amount)]).collect();
    let header = vec![lang.of("Voce", "Step").to_owned(), lang.of("Importo", "Amount").to_owned()];
    let mut lines = vec![Line::Table(header, vec![false, true], rows)];
    if let Some(gap) = bridge.gap {
        let words = lang.of("I conti non tornano: differenza di", "It does not add up: a difference of");
        lines.push(Line::Text(format!("✕ {words} {}", amount(gap))));
    }
    lines
}

fn trend_line(trend: &Trend, style: Style<'_>, lang: Lang) -> Line {
    let amount = |value: &Decimal| style.large(&Value::Decimal(value.mantissa, value.scale), trend.kind);
    let now = trend.points.last().map_or_else(|| "–".to_owned(), |(_, value)| amount(value));
    let before = trend.points.len().checked_sub(2).map(|at| amount(&trend.points[at].1));
    let before = before.map_or_else(String::new, |before| format!(" ({} {before})", lang.of("prima", "before")));
    Line::Item(trend.title.clone(), format!("{now}{before}"))
}

fn matches_line(chains: &[Chain], style: Style<'_>, lang: Lang) -> Line {
    let share = |rate: Option<Decimal>| {
        rate.map_or_else(|| "–".to_owned(), |rate| style.show(&Value::Decimal(rate.mantissa, rate.scale), Kind::Share))
    };
    let row = |chain: &Chain| {
        let open: u64 = chain.rows[1..4].iter().sum();
        let open = style.show(&count(open), Kind::Count);
        vec![chain.name.clone(), share(chain.rate()), share(chain.rate_of_money()), open]
    };
    let header = [
        lang.of("Catena", "Chain"),
        lang.of("Quadrano", "Matched"),
        lang.of("In importo", "By amount"),
        lang.of("Non quadrano", "Unmatched"),
    ];
    let header = header.map(str::to_owned).to_vec();
    Line::Table(header, vec![false, true, true, true], chains.iter().map(row).collect())
}

fn exceptions_lines(found: &Exceptions, style: Style<'_>, lang: Lang) -> Vec<Line> {
    let rows = |rows: u64| style.show(&count(rows), Kind::Count);
    let item = |italian, english, value: String| Line::Item(lang.of(italian, english).to_owned(), value);
    let mut lines = vec![
        item("Nuove", "New", rows(found.states[0])),
        item("Aperte da prima", "Open before", rows(found.states[1])),
        item("Spiegate", "Explained", rows(found.states[2])),
        item("Risolte", "Resolved", rows(found.states[3])),
        item("A rischio", "At risk", style.money(found.at_risk)),
    ];
    let open = found.codes.iter().filter(|line| line.states[0] + line.states[1] > 0);
    let open: Vec<Vec<String>> = open
        .map(|line| {
            let severity = words::status(&line.severity, lang).to_owned();
            let amount = style.money(line.amount);
            vec![severity, line.code.clone(), rows(line.states[0] + line.states[1]), amount, line.action.clone()]
        })
        .collect();
    if !open.is_empty() {
        let header = [
            lang.of("Gravità", "Severity"),
            lang.of("Codice", "Code"),
            lang.of("Righe", "Rows"),
            lang.of("A rischio", "At risk"),
            lang.of("Cosa fare", "What to do"),
        ];
        lines.push(Line::Table(header.map(str::to_owned).to_vec(), vec![false, false, true, true, false], open));
    }
    lines
}

fn count(rows: u64) -> Value {
    Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Where the numbers come from, in a line.
fn origin(document: &Document) -> String {
    let origin = &document.origin;
    let at = document.style().instant(origin.at, true);
    format!("{} · {} · {at} · raccordo {}", origin.pipeline, origin.run, env!("CARGO_PKG_VERSION"))
}

fn text(document: &Document, lines: &[Line]) -> String {
    let mut out = format!("# {}\n", plain(&document.title));
    let mut before = false;
    for line in lines {
        let is_item = matches!(line, Line::Item(..));
        if !(is_item && before) {
            out.push('\n');
        }
        before = is_item;
        match line {
            Line::Heading(title) => {
                let _ = writeln!(out, "## {}", plain(title));
            }
            Line::Text(text) => {
                let _ = writeln!(out, "{}", plain(text));
            }
            Line::Item(name, value) => {
                let _ = writeln!(out, "- {}: {}", plain(name), plain(value));
            }
            Line::Table(header, right, rows) => table_text(header, right, rows, &mut out),
        }
    }
    let _ = write!(out, "\n---\n{}\n", plain(&origin(document)));
    out
}

/// A Markdown table whose columns are aligned, so that it is a table in plain text too.
fn table_text(header: &[String], right: &[bool], rows: &[Vec<String>], out: &mut String) {
    let cells =
        |row: &[String]| -> Vec<String> { row.iter().map(|cell| cut(&plain(cell)).replace('|', "\\|")).collect() };
    let (header, rows): (Vec<String>, Vec<Vec<String>>) = (cells(header), rows.iter().map(|row| cells(row)).collect());
    let width = |at: usize| {
        let all = std::iter::once(&header).chain(&rows);
        all.map(|row| row[at].chars().count()).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut write_row = |row: &[String]| {
        for (at, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[at] - cell.chars().count());
            let (before, after) = if right[at] { (pad.as_str(), "") } else { ("", pad.as_str()) };
            let _ = write!(out, "| {before}{cell}{after} ");
        }
        out.push_str("|\n");
    };
    write_row(&header);
    let rule = |at: usize| if right[at] { format!("{}:", "-".repeat(widths[at] - 1)) } else { "-".repeat(widths[at]) };
    write_row(&(0..header.len()).map(rule).collect::<Vec<_>>());
    for row in &rows {
        write_row(row);
    }
}

/// A text on one line, in which nothing is markup and nothing moves the cursor.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in flat(text).chars() {
        let begins = out.is_empty() && matches!(letter, '#' | '>' | '+' | '-');
        if begins || matches!(letter, '\\' | '`' | '*' | '<' | '[' | ']') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A text on one line without control characters and without those that turn its direction.
fn flat(text: &str) -> String {
    let clean = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(clean).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Mail programs know few styles: they are written on the elements.
fn html(document: &Document, lines: &[Line]) -> String {
    let cell = "padding:4px 12px 4px 0;border-bottom:1px solid #dfe3e7;vertical-align:top";
    let escaped = |text: &str| minijinja::HtmlEscape(&flat(text)).to_string();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body style=\"font:15px/1.5 \
         Arial,sans-serif;color:#1c2126\">\n<h1 style=\"font-size:22px\">{title}</h1>\n",
        document.lang.code(),
        title = escaped(&document.title)
    );
    for line in lines {
        let _ = match line {
            Line::Heading(title) => {
                writeln!(out, "<h2 style=\"font-size:17px;margin-top:24px\">{}</h2>", escaped(title))
            }
            Line::Text(text) => writeln!(out, "<p>{}</p>", escaped(text)),
            Line::Item(name, value) => {
                writeln!(out, "<p style=\"margin:2px 0\">{}: <strong>{}</strong></p>", escaped(name), escaped(value))
            }
            Line::Table(header, right, rows) => {
                let side = |at: usize| if right[at] { ";text-align:right" } else { ";text-align:left" };
                let heads = header.iter().enumerate().map(|(at, title)| {
                    format!("<th scope=\"col\" style=\"{cell}{}\">{}</th>", side(at), escaped(title))
                });
                let heads: String = heads.collect();
                let _ = write!(out, "<table style=\"border-collapse:collapse\"><thead><tr>{heads}</tr></thead><tbody>");
                for row in rows {
                    let cells = row.iter().enumerate();
                    let cells = cells
                        .map(|(at, text)| format!("<td style=\"{cell}{}\">{}</td>", side(at), escaped(&cut(text))));
                    let _ = write!(out, "<tr>{}</tr>", cells.collect::<String>());
                }
                writeln!(out, "</tbody></table>")
            }
        };
    }
    let _ =
        write!(out, "<p style=\"color:#57606a;font-size:13px\">{}</p>\n</body></html>\n", escaped(&origin(document)));
    out
}
