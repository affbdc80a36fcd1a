//! Source `sdi_messages`: what the exchange system answered, as a table of events.
//!
//! Here: configuration and rows. Not here: what a message means (`domain::fatturapa::sdi`).

use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use polars::prelude::LazyFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::RowPlace;
use crate::contract::flaw::Flaw;
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink};
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::calendar::business_date;
use crate::domain::fatturapa::envelope;
use crate::domain::fatturapa::judge::headers;
use crate::domain::fatturapa::name::{base, may_be_document};
use crate::domain::fatturapa::read::{Document, read_into};
use crate::domain::fatturapa::sdi::{self, Event, Family, Invoices, Issued, Message, Moment};
use crate::domain::types::{Schema, Type};
use crate::io::bundle::{Bundle, Unreadable};
use crate::sources::fatturapa::paths;
use crate::sources::file::input::shown;
use crate::sources::file::staging::Staging;
use crate::sources::{BoundSource, Scan, Source, has_own_columns};

/// Messages of the exchange system (SdI) about invoices: refused, delivered, made available, accepted, …
///
/// ```yaml
/// esiti:
///   sdi_messages: { path: "sdi/**/*.xml" }
/// ```
///
/// With `table: events` (the default), one row per message, of private buyers and of public bodies alike: `file`, `tipo` (NS, RC, MC, NE, EC, SE, DT, AT, MT),
/// `nome_file` (the invoice, by which messages are linked), identifiers, days, outcome, and the codes of the errors. A file
/// that is no message is a rejected row.
///
/// With `table: invoices`, one row per invoice: where it stands (`stato`: sent, refused, delivered, made_available,
/// not_delivered, accepted, refused_by_body, terms_elapsed, delivery_impossible), since when, whether it counts as issued,
/// the day that counts for the stamp duty, and what is to be done by when (`da_fare`, `to_do`, `entro`). Messages may come
/// twice and in any order. `invoices:` names the files that were issued, so that those without an answer show too; without
/// it only invoices with a message do.
///
/// ```yaml
/// stato:
///   sdi_messages: { path: "sdi/**/*.xml", table: invoices, invoices: "out/fatture/*" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SdiMessagesSource {
    /// A folder (with its folders), a file, or a pattern: `*` and `?` in a name, `**` for any folders.
    pub path: Text,
    /// `events`, one row per message (the default), or `invoices`, one row per invoice.
    #[serde(default)]
    pub table: Option<Text>,
    /// With `table: invoices`: folder or pattern of the invoices that were issued.
    #[serde(default)]
    pub invoices: Option<Text>,
}

const COLUMNS: &[(&str, Type)] = &[
    ("file", Type::Text),
    ("tipo", Type::Text),
    ("flusso", Type::Text),
    ("nome_file", Type::Text),
    ("identificativo_sdi", Type::Text),
    ("ricevuta_il", Type::Date),
    ("consegnata_il", Type::Date),
    ("messa_a_disposizione_il", Type::Date),
    ("esito", Type::Text),
    ("numero_fattura", Type::Text),
    ("anno_fattura", Type::Integer),
    ("codici_errore", Type::Text),
    ("errori", Type::Text),
    ("descrizione", Type::Text),
    ("note", Type::Text),
    ("message_id", Type::Text),
    ("hash", Type::Text),
];

impl Source for SdiMessagesSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        if !has_own_columns("an `sdi_messages`", declared, cx) {
            return None;
        }
        let of_invoices = match self.table.as_ref().map(|table| table.trim()) {
            None | Some("events") => false,
            Some("invoices") => true,
            Some(other) => {
                let place = self.table.as_ref().map_or(Place::NONE, Text::place);
                let problem = Diagnostic::error(Code::BadValue, place, format!("`{other}` is not a table of messages"));
                cx.report(problem.help("tables: events, invoices"));
                return None;
            }
        };
        if let Some(invoices) = self.invoices.as_ref().filter(|_| !of_invoices) {
            let problem =
                Diagnostic::error(Code::Unsupported, invoices.place(), "`invoices:` goes with `table: invoices`");
            cx.report(problem.help("add `table: invoices`, or leave it out"));
            return None;
        }
        let columns = if of_invoices { STANDINGS } else { COLUMNS };
        let schema: Schema = columns.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect();
        let columns = Columns::from_schema(&schema);
        let decoder = Arc::new(Decoder::new(&columns, CellFormat::canonical()));
        let path = self.path.to_string();
        let schema = columns.schema();
        let scan: Box<dyn Scan> = if of_invoices {
            let invoices = self.invoices.as_ref().map(ToString::to_string);
            Box::new(StandingScan { path, invoices, decoder })
        } else {
            Box::new(MessageScan { path, decoder })
        };
        Some(BoundSource { schema, scan })
    }
}

const STANDINGS: &[(&str, Type)] = &[
    ("nome_file", Type::Text),
    ("stato", Type::Text),
    ("dal", Type::Date),
    ("emessa", Type::Bool),
    ("data_per_bollo", Type::Date),
    ("codici_errore", Type::Text),
    ("errori", Type::Text),
    ("azione", Type::Text),
    ("da_fare", Type::Text),
    ("to_do", Type::Text),
    ("entro", Type::Date),
    ("messaggi", Type::Integer),
];

/// One row per invoice.
struct StandingScan {
    path: String,
    invoices: Option<String>,
    decoder: Arc<Decoder>,
}

/// What is known of one invoice.
struct Followed {
    name: String,
    family: Family,
    sent_on: Option<NaiveDate>,
    events: Vec<Event>,
}

impl StandingScan {
    /// The invoices that were issued, by the day that they carry.
    fn issued(&self, cx: &RunCx) -> Result<(Invoices, Vec<Followed>), NodeError> {
        let (mut index, mut followed) = (Invoices::new(), Vec::new());
        let Some(written) = &self.invoices else { return Ok((index, followed)) };
        let mut memory = Document::default();
        for item in Bundle::new(paths(written, cx)?, may_be_document) {
            let Ok(bytes) = item.content else { continue };
            let Ok(xml) = envelope::content(&bytes) else { continue };
            if read_into(&xml, &mut memory).is_err() {
                continue;
            }
            let name = base(&item.name).to_owned();
            let family = if memory.tree.versione == "FPA12" { Family::PublicBody } else { Family::Private };
            let day = headers(&memory.tree).first().and_then(|header| header.data.parse().ok());
            index.add(&name, None);
            followed.push(Followed { name, family, sent_on: day, events: Vec::new() });
        }
        Ok((index, followed))
    }
}

impl Scan for StandingScan {
    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let today = business_date(&cx.started_at);
        let sink = RejectSink::new(node, None, cx);
        let mut batch = Batch::new(&self.decoder, &sink, 0);
        let mut staging = Staging::new(node, cx, self.decoder.schema());
        let (mut index, mut followed) = self.issued(cx)?;
        messages(&self.path, cx, |name, message| {
            match message {
                Ok(message) => follow(&mut index, &mut followed, &name, &message, today),
                Err(flaw) => {
                    batch.spoil(None, None, flaw);
                    batch.end_row(|| file_place(&name));
                }
            }
            Ok(())
        })?;
        for invoice in &followed {
            batch.texts(&standing(invoice, today));
            batch.end_row(|| file_place(&invoice.name));
            staging.write_full(&mut batch)?;
        }
        staging.write(&mut batch)?;
        staging.finish()
    }
}

/// Adds a message to the invoice that it is about; one that names no file and no known invoice says nothing.
fn follow(index: &mut Invoices, followed: &mut Vec<Followed>, name: &str, message: &Message, today: NaiveDate) {
    let position = match (index.find(message, Some(name)), &message.nome_file) {
        (Some(position), _) => position,
        (None, Some(file)) => {
            let (name, family) = (file.clone(), message.family);
            followed.push(Followed { name, family, sent_on: None, events: Vec::new() });
            index.add(file, message.identificativo_sdi.as_deref())
        }
        (None, None) => return,
    };
    if let Some(id) = &message.identificativo_sdi {
        index.learn(position, id);
    }
    let received = message.data_ora_ricezione.map(|moment| moment.civil_date());
    let invoice = &mut followed[position];
    invoice.sent_on = received.or(invoice.sent_on);
    invoice.events.push(Event::new(message, today));
}

fn standing(invoice: &Followed, today: NaiveDate) -> Vec<Option<String>> {
    let issued = Issued { family: invoice.family, sent_on: invoice.sent_on.unwrap_or(today), invoice: None };
    let standing = sdi::state(&invoice.events, &issued, today);
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let codes = standing.errors.iter().map(|error| error.codice.as_str()).collect::<Vec<_>>().join(" ");
    let errors: Vec<String> =
        standing.errors.iter().map(|error| format!("{}: {}", error.codice, error.descrizione)).collect();
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let action = standing.what_to_do.as_ref();
    vec![
        Some(invoice.name.clone()),
        Some(standing.state.as_str().to_owned()),
        day(Some(standing.since)),
        Some(standing.is_issued.to_string()),
        day(standing.stamp_duty_date),
        given(codes),
        given(errors.join("; ")),
        action.map(|action| action.code.as_str().to_owned()),
        action.map(|action| action.text_it.clone()),
        action.map(|action| action.text_en.clone()),
        day(action.and_then(|action| action.due_by)),
        Some(invoice.events.len().to_string()),
    ]
}

fn file_place(name: &str) -> RowPlace {
    RowPlace {
        line: None,
        path: Some(name.to_owned()),
        row: serde_json::json!({ "file": name }).to_string(),
        cells: Vec::new(),
    }
}

struct MessageScan {
    path: String,
    decoder: Arc<Decoder>,
}

impl Scan for MessageScan {
    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let sink = RejectSink::new(node, None, cx);
        let mut batch = Batch::new(&self.decoder, &sink, 0);
        let mut staging = Staging::new(node, cx, self.decoder.schema());
        messages(&self.path, cx, |name, message| {
            match message {
                Ok(message) => batch.texts(&cells(&name, &message)),
                Err(flaw) => batch.spoil(None, None, flaw),
            }
            batch.end_row(|| file_place(&name));
            staging.write_full(&mut batch)
        })?;
        staging.write(&mut batch)?;
        staging.finish()
    }
}

/// Reads the messages of a path, several at a time; `done` gets each with its file, in order.
fn messages(
    written: &str,
    cx: &RunCx,
    mut done: impl FnMut(String, Result<Message, Box<Flaw>>) -> Result<(), NodeError> + Send,
) -> Result<(), NodeError> {
    let work = |(): &mut (), name: &str, content: Result<&[u8], Unreadable>| {
        (shown(Path::new(name), &cx.project), read(content))
    };
    Bundle::new(paths(written, cx)?, may_be_document).work(work, |(name, message)| done(name, message))
}

fn read(content: Result<&[u8], Unreadable>) -> Result<Message, Box<Flaw>> {
    let wrong = |it: String, en: String| Flaw::new("not-a-message", en, it);
    let bytes = content.map_err(|problem| wrong(problem.to_string(), problem.to_string()))?;
    let xml = envelope::content(bytes).map_err(|(it, en)| wrong(it, en))?;
    sdi::read(&xml).map_err(|error| wrong(error.message_it(), error.to_string()))
}

fn cells(name: &str, message: &Message) -> Vec<Option<String>> {
    let day = |moment: Option<Moment>| moment.map(|moment| moment.civil_date().to_string());
    let joined = |parts: Vec<String>| Some(parts.join("; ")).filter(|text| !text.is_empty());
    let codes = message.errors.iter().map(|error| error.codice.clone()).collect::<Vec<_>>().join(" ");
    let errors = message.errors.iter().map(|error| format!("{}: {}", error.codice, error.descrizione)).collect();
    let flow = if message.family == Family::Private { "privati" } else { "pa" };
    let outcome = message.esito.map(|esito| format!("{esito:?}").to_uppercase());
    let outcome = outcome.or_else(|| message.scarto.map(|scarto| format!("{scarto:?}").to_uppercase()));
    let reference = message.riferimento_fattura.as_ref();
    vec![
        Some(name.to_owned()),
        Some(message.kind.as_str().to_owned()),
        Some(flow.to_owned()),
        message.nome_file.clone(),
        message.identificativo_sdi.clone(),
        day(message.data_ora_ricezione),
        day(message.data_ora_consegna),
        day(message.data_messa_a_disposizione),
        outcome,
        reference.map(|reference| reference.numero.clone()),
        reference.and_then(|reference| reference.anno).map(|year| year.to_string()),
        Some(codes).filter(|codes| !codes.is_empty()),
        joined(errors),
        message.descrizione.clone(),
        message.note.clone(),
        message.message_id.clone(),
        message.hash.clone(),
    ]
}
