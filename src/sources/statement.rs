//! Source `statement`: what providers and banks say they paid, as a table of entries or of statements.
//!
//! Here: configuration, files, rows. Not here: what a layout means and whether a statement closes (`domain::statements`).

use std::sync::Arc;

use polars::prelude::LazyFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::RowPlace;
use crate::contract::flaw::Flaw;
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink};
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::calendar::format_timestamp;
use crate::domain::money::Decimal;
use crate::domain::statements::{
    BadLine, Control, Entry, EntryKind, Layout, ListColumns, Read, Statement, StatementError, control, gaps, read,
};
use crate::domain::types::{Schema, Type};
use crate::sources::file::input::{self, Input, cannot};
use crate::sources::file::staging::Staging;
use crate::sources::{BoundSource, Scan, Source, has_own_columns};

/// Settlement reports of payment providers and marketplaces, remittances of couriers, statements of banks.
///
/// ```yaml
/// righe_stripe:
///   statement: { path: "psp/stripe/*.csv", layout: stripe_report }
/// payout_stripe:
///   statement: { path: "psp/stripe/*.csv", layout: stripe_report, table: statements }
/// banca:
///   statement: { path: "banca/*.xml", layout: camt053 }
/// contrassegni:
///   statement:
///     path: "corriere/distinte/*.csv"
///     layout: list
///     kind: cod
///     map: { payment: Lettera di vettura, amount: Importo incassato, date: Data, payout: Distinta, total: Totale distinta }
/// ```
///
/// Layouts: `stripe_report`, `stripe_api`, `paypal_settlement`, `amazon_settlement`, `klarna_settlement`, `camt053`, `mt940`,
/// `cbi`, and `list` for any CSV whose columns `map:` names. Files may be packed (`.gz`, `.zip`).
///
/// With `table: entries` (the default), one row per line. Amounts are exact and signed from your side: what comes in is positive;
/// `net` is what changes the balance, `gross` plus `fee`. `booked_on` is the day in Europe/Rome. A line that cannot be read is a
/// rejected row.
///
/// With `table: statements`, one row per payout, settlement or account statement, held to the totals that it declares itself:
/// `control` is `ok`, or what does not hold (`total`, `balance`, `turnover`, `count`, `gap`, `unread`), with `difference` and what
/// it means in words. A missing statement between two of the same account is a `gap`. `on_mismatch: fail` stops the run instead.
///
/// It does not guarantee that a provider keeps its layout: columns are found by name, and a missing one is an error that names it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementSource {
    /// A file or a pattern: `*` and `?` in a name, `**` for any folders.
    pub path: Text,
    /// The layout of the files.
    pub layout: Text,
    /// `entries`, one row per line (the default), or `statements`, one row per payout or statement.
    #[serde(default)]
    pub table: Option<Text>,
    /// What to do when a statement does not close: `report` in the table (the default) or `fail`.
    #[serde(default)]
    pub on_mismatch: Option<Text>,
    /// With `layout: list`: which column is what.
    #[serde(default)]
    pub map: Option<StatementMap>,
    /// With `layout: list`: what the lines are. `cod`, `movement` (the default), `charge`, `refund`, `fee`, `payout`, `other`.
    #[serde(default)]
    pub kind: Option<Text>,
    /// With `layout: list`: what stands between columns. Default: what the first line has most of.
    #[serde(default)]
    pub delimiter: Option<Text>,
    /// With `layout: list`: the decimal separator. Default: the last point or comma of the number.
    #[serde(default)]
    pub decimal: Option<Text>,
}

/// Columns of a list, by what they hold. Names are compared without case and blanks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementMap {
    /// The amount, signed; or `credit` and `debit`.
    pub amount: Option<Text>,
    /// What came in.
    pub credit: Option<Text>,
    /// What went out.
    pub debit: Option<Text>,
    /// Fee that is taken off the amount; its sign does not matter.
    pub fee: Option<Text>,
    /// Day of booking.
    pub date: Option<Text>,
    /// Value date.
    pub value_date: Option<Text>,
    /// Id of the line.
    pub id: Option<Text>,
    /// Your order or reference.
    pub order: Option<Text>,
    /// Payment, or tracking number of the parcel.
    pub payment: Option<Text>,
    /// Payout, settlement or remittance list that the line is part of.
    pub payout: Option<Text>,
    /// Who paid or was paid.
    pub counterparty: Option<Text>,
    /// Remittance text.
    pub text: Option<Text>,
    /// Reference of the bank transfer.
    pub reference: Option<Text>,
    /// Currency, ISO 4217. Default: EUR.
    pub currency: Option<Text>,
    /// Total that the payout declares.
    pub total: Option<Text>,
}

const KINDS: [(&str, EntryKind); 7] = [
    ("movement", EntryKind::Movement),
    ("cod", EntryKind::Cod),
    ("charge", EntryKind::Charge),
    ("refund", EntryKind::Refund),
    ("fee", EntryKind::Fee),
    ("payout", EntryKind::Payout),
    ("other", EntryKind::Other),
];

const MONEY: Type = Type::Decimal { precision: 38, scale: 2 };

const ENTRIES: &[(&str, Type)] = &[
    ("file", Type::Text),
    ("line", Type::Integer),
    ("statement", Type::Text),
    ("account", Type::Text),
    ("kind", Type::Text),
    ("raw_kind", Type::Text),
    ("entry_id", Type::Text),
    ("order_ref", Type::Text),
    ("payment_ref", Type::Text),
    ("payout_id", Type::Text),
    ("counterparty", Type::Text),
    ("counterparty_account", Type::Text),
    ("text", Type::Text),
    ("reference", Type::Text),
    ("sku", Type::Text),
    ("booked_on", Type::Date),
    ("value_on", Type::Date),
    ("booked_at", Type::Timestamp),
    ("currency", Type::Text),
    ("gross", MONEY),
    ("fee", MONEY),
    ("net", MONEY),
];

const STATEMENTS: &[(&str, Type)] = &[
    ("file", Type::Text),
    ("statement", Type::Text),
    ("account", Type::Text),
    ("currency", Type::Text),
    ("from_day", Type::Date),
    ("to_day", Type::Date),
    ("paid_on", Type::Date),
    ("bank_reference", Type::Text),
    ("opening", MONEY),
    ("closing", MONEY),
    ("total", MONEY),
    ("settled", MONEY),
    ("entries", Type::Integer),
    ("control", Type::Text),
    ("difference", MONEY),
    ("problem", Type::Text),
    ("problem_it", Type::Text),
];

impl Source for StatementSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        let own = has_own_columns("a `statement`", declared, cx);
        let layout = chosen(&self.layout, "a layout of statements", &Layout::ALL, cx);
        let table = self.table.as_ref().map_or(Some(false), |table| {
            chosen(table, "a table of statements", &[("entries", false), ("statements", true)], cx)
        });
        let fails = self.on_mismatch.as_ref().map_or(Some(false), |word| {
            chosen(word, "a way to treat a mismatch", &[("report", false), ("fail", true)], cx)
        });
        let columns = self.list_columns(layout?, cx)?;
        if !own {
            return None;
        }
        let of_statements = table?;
        let schema: Schema = if of_statements { STATEMENTS } else { ENTRIES }
            .iter()
            .map(|(name, ty)| ((*name).to_owned(), ty.clone()))
            .collect();
        let bound = Columns::from_schema(&schema);
        let scan = StatementScan {
            path: self.path.to_string(),
            layout: layout?,
            columns,
            of_statements,
            fails: fails?,
            decoder: Arc::new(Decoder::new(&bound, CellFormat::canonical())),
        };
        Some(BoundSource { schema: bound.schema(), scan: Box::new(scan) })
    }
}

impl StatementSource {
    /// What `map:` and its companions say; they belong to lists only, and a list needs them.
    fn list_columns(&self, layout: Layout, cx: &BindCx) -> Option<ListColumns> {
        if layout != Layout::List {
            let extra = [("kind", &self.kind), ("delimiter", &self.delimiter), ("decimal", &self.decimal)];
            let extra = extra.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value.place())));
            let map = self.map.as_ref().map(|_| ("map", self.layout.place()));
            let mut misplaced = false;
            for (name, place) in extra.chain(map) {
                let message = format!("`{name}:` goes with `layout: list`");
                cx.report(
                    Diagnostic::error(Code::Unsupported, place, message).help("this layout names its columns itself"),
                );
                misplaced = true;
            }
            return (!misplaced).then(ListColumns::default);
        }
        let place = self.layout.place();
        let Some(map) = &self.map else {
            let problem = Diagnostic::error(Code::BadValue, place, "a list needs `map:`, which column is what");
            cx.report(problem.help("map: { amount: Importo, date: Data, order: Riferimento }"));
            return None;
        };
        if map.amount.is_none() && map.credit.is_none() && map.debit.is_none() {
            let problem = Diagnostic::error(Code::BadValue, place, "`map:` names no amount");
            cx.report(problem.help("map `amount`, or `credit` and `debit`"));
            return None;
        }
        let kind =
            self.kind.as_ref().map_or(Some(EntryKind::Movement), |kind| chosen(kind, "a kind of entry", &KINDS, cx));
        let separator = byte(self.delimiter.as_ref(), "delimiter", cx)?;
        let decimal = byte(self.decimal.as_ref(), "decimal", cx)?;
        let name = |column: &Option<Text>| column.as_ref().map(ToString::to_string);
        Some(ListColumns {
            amount: name(&map.amount),
            credit: name(&map.credit),
            debit: name(&map.debit),
            fee: name(&map.fee),
            date: name(&map.date),
            value_date: name(&map.value_date),
            id: name(&map.id),
            order: name(&map.order),
            payment: name(&map.payment),
            payout: name(&map.payout),
            counterparty: name(&map.counterparty),
            text: name(&map.text),
            reference: name(&map.reference),
            currency: name(&map.currency),
            total: name(&map.total),
            separator,
            decimal,
            kind: kind?,
        })
    }
}

/// What a word of a closed list means; a problem is reported when it is not in it.
fn chosen<T: Copy>(word: &Text, what: &str, known: &[(&str, T)], cx: &BindCx) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == word.trim()).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let problem = Diagnostic::error(Code::BadValue, word.place(), format!("`{word}` is not {what}"));
        let problem = problem.helps(did_you_mean(word, names.iter().copied()));
        cx.report(problem.help(format!("known: {}", names.join(", "))));
    }
    found
}

/// A setting of one ASCII character. The outer `None` says that a problem was reported.
fn byte(word: Option<&Text>, name: &str, cx: &BindCx) -> Option<Option<u8>> {
    let Some(word) = word else { return Some(None) };
    match word.as_bytes() {
        [byte] if byte.is_ascii() => Some(Some(*byte)),
        b"\\t" => Some(Some(b'\t')),
        _ => {
            let problem =
                Diagnostic::error(Code::BadValue, word.place(), format!("`{name}` is one character, found `{word}`"));
            cx.report(problem.help("for example `;`"));
            None
        }
    }
}

/// A statement without its entries, of which only the totals are needed.
struct Kept {
    file: String,
    statement: Statement,
    entries: usize,
    settled: Option<Decimal>,
    controls: Vec<Control>,
}

impl Kept {
    fn new(file: &str, mut statement: Statement) -> Self {
        let (entries, settled) = (statement.entries.len(), statement.settled());
        let controls = control::controls(&statement);
        statement.entries = Vec::new();
        Self { file: file.to_owned(), statement, entries, settled, controls }
    }
}

struct StatementScan {
    path: String,
    layout: Layout,
    columns: ListColumns,
    of_statements: bool,
    fails: bool,
    decoder: Arc<Decoder>,
}

impl Scan for StatementScan {
    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let sink = RejectSink::new(node, None, cx);
        let mut batch = Batch::new(&self.decoder, &sink, 0);
        let mut staging = Staging::new(node, cx, self.decoder.schema());
        let mut kept: Vec<Kept> = Vec::new();
        for file in input::find(&self.path, &cx.project)? {
            cx.reads(node, file.path());
            let found = self.read(&file, node, cx)?;
            for bad in found.bad_lines.into_iter().filter(|_| !self.of_statements) {
                reject(bad, &file.shown, &mut batch);
            }
            for statement in found.statements {
                for entry in statement.entries.iter().filter(|_| !self.of_statements) {
                    batch.texts(&entry_cells(&file.shown, &statement, entry));
                    batch.end_row(|| entry_place(&file.shown, entry));
                    staging.write_full(&mut batch)?;
                }
                kept.push(Kept::new(&file.shown, statement));
            }
        }
        let all: Vec<&Statement> = kept.iter().map(|kept| &kept.statement).collect();
        for (position, gap) in gaps(&all) {
            kept[position].controls.push(gap);
        }
        if self.fails {
            refuse(&kept)?;
        }
        for kept in kept.iter().filter(|_| self.of_statements) {
            batch.texts(&statement_cells(kept));
            batch.end_row(|| statement_place(kept));
            staging.write_full(&mut batch)?;
        }
        staging.write(&mut batch)?;
        staging.finish()
    }
}

impl StatementScan {
    fn read(&self, file: &Input, node: &str, cx: &RunCx) -> Result<Read, NodeError> {
        let plain = file.unpack(node, cx)?;
        let mut bytes = Vec::new();
        let outcome = std::io::Read::read_to_end(&mut plain.open()?, &mut bytes);
        outcome.map_err(|error| cannot("read", &file.shown).because(error))?;
        read(self.layout, &bytes, &self.columns).map_err(|StatementError { message, .. }| {
            NodeError::new(Code::BadFormat, format!("`{}`: {message}", file.shown))
                .help("check `layout:`; a file of another report may lie in the same folder")
        })
    }
}

/// The error that names the statements that do not close.
fn refuse(kept: &[Kept]) -> Result<(), NodeError> {
    let failed: Vec<&Kept> = kept.iter().filter(|kept| !kept.controls.is_empty()).collect();
    let Some(first) = failed.first() else { return Ok(()) };
    let name = first.statement.id.as_deref().unwrap_or("without id");
    let why = first.controls.first().map_or_else(String::new, Control::message);
    let error = NodeError::new(Code::SourceFailed, format!("`{}`, statement {name}: {why}", first.file));
    let error = error
        .help("get the complete file; `on_mismatch: report` goes on and shows the difference in `table: statements`");
    Err(if failed.len() > 1 { error.help(format!("{} statements do not close", failed.len())) } else { error })
}

fn reject(bad: BadLine, file: &str, batch: &mut Batch<'_>) {
    let line = bad.line;
    let row = serde_json::json!({ "file": file, "column": bad.column, "value": bad.value }).to_string();
    batch.spoil(None, bad.value, Flaw::new("bad-statement-line", bad.message, bad.message_it));
    batch.end_row(|| RowPlace { line: Some(line), path: Some(file.to_owned()), row, cells: Vec::new() });
}

fn entry_place(file: &str, entry: &Entry) -> RowPlace {
    let row = serde_json::json!({ "file": file, "entry_id": entry.id, "net": entry.net.to_string() }).to_string();
    RowPlace { line: Some(entry.line), path: Some(file.to_owned()), row, cells: Vec::new() }
}

fn statement_place(kept: &Kept) -> RowPlace {
    let row = serde_json::json!({ "file": kept.file, "statement": kept.statement.id }).to_string();
    RowPlace { line: None, path: Some(kept.file.clone()), row, cells: Vec::new() }
}

fn shown<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn entry_cells(file: &str, statement: &Statement, entry: &Entry) -> Vec<Option<String>> {
    let instant = entry.at.map(|micros| {
        let mut bytes = Vec::new();
        format_timestamp(micros, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    vec![
        Some(file.to_owned()),
        Some(entry.line.to_string()),
        statement.id.clone(),
        statement.account.clone(),
        Some(entry.kind.as_str().to_owned()),
        entry.raw_kind.clone(),
        entry.id.clone(),
        entry.order.clone(),
        entry.payment.clone(),
        entry.payout.clone(),
        entry.counterparty.clone(),
        entry.counterparty_account.clone(),
        entry.text.clone(),
        entry.reference.clone(),
        entry.sku.clone(),
        shown(entry.booked_on),
        shown(entry.value_on),
        instant,
        entry.currency.clone().or_else(|| statement.currency.clone()),
        shown(entry.gross),
        shown(entry.fee),
        Some(entry.net.to_string()),
    ]
}

fn statement_cells(kept: &Kept) -> Vec<Option<String>> {
    let Kept { file, statement, controls, .. } = kept;
    let joined = |words: Vec<String>| Some(words.join("; ")).filter(|words| !words.is_empty());
    let mut kinds: Vec<&str> = controls.iter().map(|control| control.kind.as_str()).collect();
    kinds.dedup();
    let control = if kinds.is_empty() { "ok".to_owned() } else { kinds.join(" ") };
    vec![
        Some(file.clone()),
        statement.id.clone(),
        statement.account.clone(),
        statement.currency.clone(),
        shown(statement.from),
        shown(statement.to),
        shown(statement.paid_on),
        statement.bank_reference.clone(),
        shown(statement.opening),
        shown(statement.closing),
        shown(statement.total),
        shown(kept.settled),
        Some(kept.entries.to_string()),
        Some(control),
        shown(controls.iter().find_map(|control| control.difference)),
        joined(controls.iter().map(Control::message).collect()),
        joined(controls.iter().map(Control::message_it).collect()),
    ]
}
