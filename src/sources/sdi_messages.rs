//! Source `sdi_messages`: what the exchange system answered, as a table of events.
//!
//! Here: configuration and rows. Not here: what a message means (`domain::fatturapa::sdi`).

use std::sync::Arc;

use polars::prelude::LazyFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::RowPlace;
use crate::contract::flaw::Flaw;
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink};
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::fatturapa::envelope::content;
use crate::domain::fatturapa::sdi::{self, Family, Message, Moment};
use crate::domain::types::{Schema, Type};
use crate::io::bundle::{Bundle, Item};
use crate::sources::fatturapa::{is_document, paths, shown};
use crate::sources::file::staging::Staging;
use crate::sources::{BoundSource, Scan, Source};

/// Messages of the exchange system (SdI) about invoices: refused, delivered, made available, accepted, …
///
/// ```yaml
/// esiti:
///   sdi_messages: { path: "sdi/**/*.xml" }
/// ```
///
/// One row per message, of private buyers and of public bodies alike: `file`, `tipo` (NS, RC, MC, NE, EC, SE, DT, AT, MT),
/// `nome_file` (the invoice, by which messages are linked), identifiers, days, outcome, and the codes of the errors. A file
/// that is no message is a rejected row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SdiMessagesSource {
    /// A folder (with its folders), a file, or a pattern: `*` and `?` in a name, `**` for any folders.
    pub path: Text,
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
        if declared.is_some() {
            let message = "an `sdi_messages` source has its own columns";
            cx.report(
                Diagnostic::error(Code::Unsupported, Place::NONE, message)
                    .help("leave `columns:` and `schema:` out; rename or cast in `transform:`"),
            );
            return None;
        }
        let schema: Schema = COLUMNS.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect();
        let columns = Columns::from_schema(&schema);
        let decoder = Arc::new(Decoder::new(&columns, CellFormat::canonical()));
        let scan = MessageScan { path: self.path.to_string(), decoder };
        Some(BoundSource { schema: columns.schema(), scan: Box::new(scan) })
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
        for item in Bundle::new(paths(&self.path, cx)?, is_document) {
            let name = shown(&item.name, cx);
            match read(&item) {
                Ok(message) => {
                    for (slot, cell) in cells(&name, &message).iter().enumerate() {
                        match cell {
                            Some(text) => batch.cell(slot, text),
                            None => batch.empty_cell(slot),
                        }
                    }
                }
                Err(flaw) => batch.spoil(None, None, flaw),
            }
            batch.end_row(|| RowPlace {
                line: None,
                path: Some(name.clone()),
                row: serde_json::json!({ "file": name }).to_string(),
            });
            staging.write_full(&mut batch)?;
        }
        staging.write(&mut batch)?;
        staging.finish()
    }
}

fn read(item: &Item) -> Result<Message, Box<Flaw>> {
    let wrong = |it: String, en: String| Flaw::new("not-a-message", en, it);
    let bytes = item.content.as_ref().map_err(|problem| wrong(problem.to_string(), problem.to_string()))?;
    let xml = content(bytes).map_err(|(it, en)| wrong(it, en))?;
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
