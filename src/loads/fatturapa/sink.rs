//! Rows to invoices: rows are gathered by document, then each document is built and checked, numbered, written or
//! rejected.
//!
//! Numbers are taken only by documents that the exchange system would accept, in the order in which they come.

use std::path::Path;
use std::sync::PoisonError;

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::context::{Counter, NodeError, RunCx};
use crate::diag::Code;
use crate::domain::fatturapa::codes::{DocumentType, PaymentMethod};
use crate::domain::fatturapa::judge::judge;
use crate::domain::fatturapa::model::{DocumentReference, Invoice, TransportDocument};
use crate::domain::fatturapa::name::{Alphabet, file_name, progressive};
use crate::domain::fatturapa::read::Document;
use crate::domain::fatturapa::request::PaymentRequest;
use crate::domain::fatturapa::{BuildSettings, Finding, InvoiceRequest, Seller, build, to_xml};
use crate::io::{FileError, StagedDir};
use crate::loads::fatturapa::Columns;
use crate::loads::fatturapa::register::{self, Next, Numbers, Slot, failed, hash};
use crate::loads::fatturapa::rows::{Row, plain, text_of};
use crate::loads::format::row::Problem;
use crate::loads::format::sink::{BatchSink, Output, Rejected, write_failed};
use crate::state::{DocumentFile, DocumentKey, IssuedDocument, Issuing, Late, NewDocument, Status};

/// Documents written between two looks at the register.
const CHUNK: usize = 512;

/// Why there is no document, with the offending value.
type Refusal = (Problem, Option<String>);

/// One document and order.
type Key = (DocumentType, String);

/// Gathers rows and writes invoices.
pub struct InvoiceSink {
    /// Where each datum stands.
    pub columns: Columns,
    /// Who sells.
    pub seller: Seller,
    /// Choices of the run.
    pub settings: BuildSettings,
    /// Means of payment of orders that do not say it.
    pub payment: PaymentMethod,
    /// Date of all documents, when it is not in the rows.
    pub date: Option<NaiveDate>,
    /// Series and beginnings.
    pub numbers: Numbers,
    /// The register, shared by the loads of a run.
    pub slot: Slot,
    /// Where the answers of the exchange system are.
    pub messages: Option<String>,
    /// The run.
    pub run: RunCx,
    /// Rows by document, in order of appearance.
    pub orders: IndexMap<(String, String), DataFrame>,
    /// Where rejected rows go.
    pub rejected: Rejected,
    /// Day of the run in Italy, for the control of the date.
    pub received: NaiveDate,
    /// Where files are staged.
    pub folder: StagedDir,
    /// Rows of the documents that were written.
    pub written: Counter,
}

/// A document that may be issued, waiting for its number.
struct Draft {
    key: Key,
    invoice: Invoice,
    date: NaiveDate,
}

/// A document with its number and file.
struct Final {
    key: Key,
    date: NaiveDate,
    number: u64,
    numero: String,
    progressive: u64,
    name: String,
    bytes: Vec<u8>,
    hash: [u8; 32],
    known: Option<IssuedDocument>,
    again: bool,
}

impl BatchSink for InvoiceSink {
    /// Only gathers: nothing is written before its document is complete.
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let Some(column) = self.columns.get("order") else { return Ok(0) };
        let orders = batch.column(column).map_err(NodeError::from)?;
        let kinds = self.columns.get("document_type").map(|name| batch.column(name)).transpose()?;
        let key = |row: usize| -> Result<(String, String), NodeError> {
            let order = text_of(&orders.get(row)?).unwrap_or_default();
            let kind = kinds.map(|kinds| kinds.get(row)).transpose()?.and_then(|kind| text_of(&kind));
            Ok((kind.unwrap_or_default(), order))
        };
        let mut start = 0;
        while start < batch.height() {
            let document = key(start)?;
            let mut end = start + 1;
            while end < batch.height() && key(end)? == document {
                end += 1;
            }
            let rows = batch.slice(i64::try_from(start).unwrap_or(i64::MAX), end - start);
            match self.orders.get_mut(&document) {
                Some(known) => drop(known.vstack_mut(&rows).map_err(NodeError::from)?),
                None => drop(self.orders.insert(document, rows)),
            }
            start = end;
        }
        Ok(0)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        let orders = std::mem::take(&mut self.orders);
        if !orders.is_empty() {
            register::open(&self.slot, self.folder.target(), self.messages.as_deref(), &self.run)?;
            let slot = self.slot.clone();
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let issuing =
                slot.as_mut().ok_or_else(|| NodeError::new(Code::Internal, "the register of invoices is not open"))?;
            self.issue(&orders, issuing)?;
        }
        Ok(Output::Folder(self.folder, false))
    }
}

impl InvoiceSink {
    fn issue(
        &mut self,
        orders: &IndexMap<(String, String), DataFrame>,
        issuing: &mut Issuing,
    ) -> Result<(), NodeError> {
        let known = self.known(orders, issuing)?;
        let mut next = Next::default();
        let entries: Vec<_> = orders.iter().collect();
        for chunk in entries.chunks(CHUNK) {
            if self.run.is_cancelled() {
                return Err(NodeError::new(Code::Interrupted, "interrupted"));
            }
            let drafts: Vec<Result<Draft, Refusal>> = chunk
                .par_iter()
                .map_init(Document::default, |memory, ((kind, order), rows)| {
                    self.draft(kind, order, rows, &known, memory)
                })
                .collect();
            self.number(chunk, drafts, &known, &mut next, issuing)?;
        }
        Ok(())
    }

    /// What the register knows of these documents.
    fn known(
        &self,
        orders: &IndexMap<(String, String), DataFrame>,
        issuing: &Issuing,
    ) -> Result<IndexMap<Key, IssuedDocument>, NodeError> {
        let mut by_kind: IndexMap<DocumentType, Vec<&str>> = IndexMap::new();
        for (kind, order) in orders.keys() {
            if let Some(kind) = kind_of(kind) {
                by_kind.entry(kind).or_default().push(order);
            }
        }
        let mut known = IndexMap::new();
        for (kind, orders) in by_kind {
            let found = register::known(issuing, &self.numbers, kind.as_str(), orders)?;
            known.extend(found.into_iter().map(|(order, document)| ((kind, order), document)));
        }
        Ok(known)
    }

    /// A document without its number, accepted by every control, or why there is none.
    fn draft(
        &self,
        kind: &str,
        order: &str,
        rows: &DataFrame,
        known: &IndexMap<Key, IssuedDocument>,
        memory: &mut Document,
    ) -> Result<Draft, Refusal> {
        let document_type = kind_of(kind).ok_or_else(|| {
            let mut problem = plain("bad-document-type", format!("`{kind}` is not a type of document, such as TD01"));
            problem.message_it = format!("`{kind}` non è un tipo di documento, come TD01");
            (problem, Some(kind.to_owned()))
        })?;
        let key = (document_type, order.to_owned());
        let issued = known.get(&key);
        let request = self.request(document_type, order, rows, issued)?;
        let date = request.date;
        let built = build(&request, &self.seller, &self.settings).map_err(|errors| {
            let first = &errors[0];
            let join = |texts: Vec<&str>| texts.join("; ");
            let message = join(errors.iter().map(|error| error.message_en.as_str()).collect());
            let message_it = join(errors.iter().map(|error| error.message_it.as_str()).collect());
            let problem =
                Problem { cause: first.reason.as_str(), column: Some(first.field.clone()), message, message_it };
            (problem, Some(first.value.clone()).filter(|value| !value.is_empty()))
        })?;
        let bytes = to_xml(&built.invoice);
        let verdict = judge(&bytes, Some(self.received), memory);
        if let Some(finding) = verdict.findings.iter().find(|finding| is_refusal(finding)) {
            let message = format!(
                "the exchange system would refuse it with {} at {}: {}",
                finding.code, finding.path, finding.message_en
            );
            let message_it =
                format!("il SdI la scarterebbe con {} in {}: {}", finding.code, finding.path, finding.message_it);
            let problem = Problem { cause: "sdi-control", column: Some(finding.path.clone()), message, message_it };
            return Err((problem, Some(finding.value.clone())));
        }
        Ok(Draft { key, invoice: built.invoice, date })
    }

    /// Gives numbers in order, writes the files in parallel, records them.
    fn number(
        &mut self,
        chunk: &[(&(String, String), &DataFrame)],
        drafts: Vec<Result<Draft, Refusal>>,
        known: &IndexMap<Key, IssuedDocument>,
        next: &mut Next,
        issuing: &mut Issuing,
    ) -> Result<(), NodeError> {
        let mut finals: Vec<(Invoice, Final)> = Vec::with_capacity(chunk.len());
        let mut sizes = Vec::with_capacity(chunk.len());
        for ((document, rows), draft) in chunk.iter().zip(drafts) {
            match draft.and_then(|draft| self.timely(draft, known)) {
                Ok(draft) => {
                    finals.push(self.numbered(draft, known, next, issuing)?);
                    sizes.push((*document, *rows));
                }
                Err(refusal) => self.reject(&document.1, rows, &refusal),
            }
        }
        finals.par_iter_mut().for_each(|(invoice, last)| {
            invoice.document.numero.clone_from(&last.numero);
            last.bytes = to_xml(invoice);
            last.hash = hash(&last.bytes);
        });
        let mut writes = Vec::with_capacity(finals.len());
        for ((_, last), (document, rows)) in finals.into_iter().zip(sizes) {
            if let Some(refusal) = changed(&last) {
                self.reject(&document.1, rows, &refusal);
                continue;
            }
            self.record(&last, issuing)?;
            let path = self.folder.file(Path::new(&last.name)).map_err(|error| write_failed(&error))?;
            writes.push((path, last.name, last.bytes));
            self.written.add(rows.height() as u64);
            self.rejected.advance(rows.height());
        }
        let target = self.folder.target();
        writes.par_iter().try_for_each(|(path, name, bytes)| {
            std::fs::write(path, bytes)
                .map_err(|error| write_failed(&FileError::new("write", &target.join(name), error)))
        })
    }

    /// A refused document goes out again only within its days.
    fn timely(&self, draft: Draft, known: &IndexMap<Key, IssuedDocument>) -> Result<Draft, Refusal> {
        let until = known.get(&draft.key).and_then(IssuedDocument::resend_until);
        match until {
            Some(until) if self.received > until => {
                let number = known.get(&draft.key).map(|known| known.numero.clone()).unwrap_or_default();
                let mut problem = plain(
                    "refused-too-long-ago",
                    format!(
                        "invoice `{number}` was refused by the exchange system and could go out again until {until}; issue it under a new order key and correct the register with your accountant"
                    ),
                );
                problem.message_it = format!(
                    "la fattura `{number}` è stata scartata dal SdI e si poteva rimandare fino al {until}; va emessa di nuovo con una nuova chiave d'ordine, sentito il commercialista"
                );
                Err((problem, Some(number)))
            }
            _ => Ok(draft),
        }
    }

    fn numbered(
        &self,
        draft: Draft,
        known: &IndexMap<Key, IssuedDocument>,
        next: &mut Next,
        issuing: &Issuing,
    ) -> Result<(Invoice, Final), NodeError> {
        let issued = known.get(&draft.key);
        let again = issued.is_some_and(|issued| issued.status == Status::Refused);
        let (number, numero) = if let Some(issued) = issued {
            (issued.number, issued.numero.clone())
        } else {
            let number = next.number(issuing, &self.numbers, draft.date)?;
            (number, self.numbers.printed(number))
        };
        // A file is named after who transmits it, which is us also when the seller is a foreign supplier.
        let file = match issued {
            Some(issued) if !again => issued.file.progressive,
            _ => next.file(issuing, &self.numbers)?,
        };
        let exhausted = |message: String| NodeError::new(Code::WriteFailed, message);
        let progressive = progressive(file, Alphabet::Base36).map_err(|error| exhausted(error.to_string()))?;
        let name = file_name("IT", &self.seller.id_fiscale_iva.id_codice, &progressive)
            .map_err(|error| exhausted(error.to_string()))?;
        let mut invoice = draft.invoice;
        invoice.transmission.progressivo_invio = progressive;
        let last = Final {
            key: draft.key,
            date: draft.date,
            number,
            numero,
            progressive: file,
            name,
            bytes: Vec::new(),
            hash: [0; 32],
            known: issued.cloned(),
            again,
        };
        Ok((invoice, last))
    }

    fn record(&self, last: &Final, issuing: &mut Issuing) -> Result<(), NodeError> {
        let key = DocumentKey {
            seller: self.numbers.seller.clone(),
            kind: last.key.0.as_str().to_owned(),
            order: last.key.1.clone(),
        };
        let file = DocumentFile {
            sender: self.numbers.seller.clone(),
            progressive: last.progressive,
            name: last.name.clone(),
            content_hash: last.hash,
            staged_folder: self.folder.temporary().to_path_buf(),
            target_folder: self.folder.target().to_path_buf(),
        };
        let recorded = match &last.known {
            None => issuing.record(&NewDocument {
                key,
                series: self.numbers.series.clone().unwrap_or_default(),
                number: last.number,
                numero: last.numero.clone(),
                date: last.date,
                file,
            }),
            Some(_) if last.again => issuing.reissue(&key, &file, self.received, Late::Refuse),
            Some(known) if known.status == Status::Staged => issuing.restage(&key, &file),
            Some(_) => Ok(()),
        };
        recorded.map_err(|error| failed(&error))
    }

    fn reject(&mut self, order: &str, rows: &DataFrame, (problem, value): &Refusal) {
        for row in 0..rows.height() {
            self.rejected.push(rows, row, value.clone(), Some(format!("order={order}")), problem.clone());
        }
        self.rejected.advance(rows.height());
    }

    fn request(
        &self,
        document_type: DocumentType,
        order: &str,
        rows: &DataFrame,
        issued: Option<&IssuedDocument>,
    ) -> Result<InvoiceRequest, Refusal> {
        let first = Row { rows, row: 0, columns: &self.columns };
        let date = issued.map(|issued| issued.date).or(self.date).or_else(|| first.date("document_date"));
        let date = date.ok_or_else(|| (plain("missing-date", "the document has no date".to_owned()), None))?;
        let lines = (0..rows.height())
            .map(|row| Row { rows, row, columns: &self.columns }.line())
            .collect::<Result<Vec<_>, _>>()?;
        let method =
            first.text("payment_method").and_then(|code| PaymentMethod::from_code(&code)).unwrap_or(self.payment);
        let linked = first.text("linked_number").map(|id_documento| DocumentReference {
            id_documento,
            data: first.date("linked_date"),
            ..DocumentReference::default()
        });
        Ok(InvoiceRequest {
            document_type,
            number: self.numbers.printed(1),
            date,
            progressive: "00001".to_owned(),
            currency: "EUR".to_owned(),
            buyer: first.buyer()?,
            lines,
            shipping: None,
            order_discount: None,
            order: Some(DocumentReference {
                id_documento: order.to_owned(),
                data: first.date("order_date"),
                codice_commessa_convenzione: None,
                codice_cup: first.text("cup"),
                codice_cig: first.text("cig"),
            }),
            linked_invoice: linked,
            transport_documents: transport_documents(rows, &self.columns),
            causale: first.text("causale"),
            payments: vec![PaymentRequest { method, amount: None, due_date: None, reference: None }],
        })
    }
}

/// The transport documents of the rows; with several, each names its lines.
fn transport_documents(rows: &DataFrame, columns: &Columns) -> Vec<TransportDocument> {
    let mut found: IndexMap<(String, NaiveDate), Vec<u16>> = IndexMap::new();
    for (row, line) in (0..rows.height()).zip(1..) {
        let row = Row { rows, row, columns };
        if let (Some(number), Some(date)) = (row.text("ddt_number"), row.date("ddt_date")) {
            found.entry((number, date)).or_default().push(line);
        }
    }
    let is_single = found.len() == 1;
    let document =
        |((numero, data), lines)| TransportDocument { numero, data, lines: if is_single { Vec::new() } else { lines } };
    found.into_iter().map(document).collect()
}

/// The type of a document; an invoice when the rows do not say.
fn kind_of(kind: &str) -> Option<DocumentType> {
    match kind.trim() {
        "" => Some(DocumentType::Td01),
        code => DocumentType::from_code(code),
    }
}

/// An order that has an invoice and now says something else: an invoice that went out is corrected by a credit note.
fn changed(last: &Final) -> Option<Refusal> {
    let known = last.known.as_ref().filter(|known| !last.again && known.status != Status::Staged)?;
    if last.hash == known.file.content_hash {
        return None;
    }
    let (numero, name) = (&known.numero, &known.file.name);
    let mut problem = plain(
        "already-invoiced",
        format!(
            "the order has invoice `{numero}` (`{name}`) and its data, or the seller's, have changed since; an invoice that went out is corrected with a credit note (TD04)"
        ),
    );
    problem.message_it = format!(
        "l'ordine ha già la fattura `{numero}` (`{name}`) e i suoi dati, o quelli del venditore, sono cambiati; una fattura emessa si corregge con una nota di credito (TD04)"
    );
    Some((problem, Some(numero.clone())))
}

/// An error, or a number that the registers of the exchange system cannot contain.
fn is_refusal(finding: &Finding) -> bool {
    finding.is_error() || (finding.code.starts_with("003") && finding.code != "00327")
}
