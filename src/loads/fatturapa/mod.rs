//! Load kind `fatturapa`: rows of documents into Italian electronic invoices, one XML file each.
//!
//! The rules are in [`crate::domain::fatturapa`]; here rows become requests, and requests that cannot make an
//! acceptable invoice become rejects with a reason that a shop owner understands.

pub mod columns;
pub mod register;
pub mod rows;
pub mod seller;
pub mod sink;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, Counter, NodeError, RunCx};
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::calendar::business_date;
use crate::domain::fatturapa::BuildSettings;
use crate::domain::fatturapa::codes::PaymentMethod;
use crate::domain::types::Schema;
use crate::io::StagedDir;
use crate::loads::fatturapa::columns::{Bound as BoundColumns, bind_columns};
use crate::loads::fatturapa::register::{Numbers, Renaming, failed, state_path};
use crate::loads::fatturapa::seller::SellerSpec;
use crate::loads::fatturapa::sink::InvoiceSink;
use crate::loads::format::sink::{Rejected, run_name, stage, write_failed};
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load, LoadCx, Receipt, Staged, Staging};
use crate::state::State;

/// Writes one `FatturaPA` file (FPR12, or FPA12 for public bodies) per order, valid for the exchange system.
///
/// Rows are document lines; the rows of one order stand together or apart. Amounts are VAT-inclusive as the customer
/// paid them (`unit_gross`), or net (`unit_net`). Every document is checked with the exchange system's own controls before it is written; one that would be
/// refused is rejected with its reason, in Italian and English, and takes no number.
///
/// ```yaml
/// load:
///   fatture:
///     from: righe_fattura
///     fatturapa: { seller: !include venditore.yaml, numbering: { series: WEB, first: 1 }, path: out/fatture/ }
/// ```
///
/// `document_type` says what is issued: TD01 (default), TD02, TD04 and TD05 (with `linked_number`), TD24 and TD25 (with
/// `ddt_number` and `ddt_date`), TD26, TD27; TD17, TD18 and TD19 integrate what a foreign supplier invoiced: the buyer columns
/// then describe the supplier, and prices are `unit_net`.
///
/// Numbers are kept in `.raccordo/state.db`: gapless per series and year, safe against a crash and against two runs at
/// once. An order has one document of each type: run again, it gets the same number, date and file name, byte for byte; when
/// its data have changed since, it is rejected, because an invoice that went out is corrected with a credit note. A document
/// that the exchange system refused, by the messages in `messages:`, goes out again with its number and date under a new
/// file name, within five days.
///
/// Not guaranteed: FPA12 files are written unsigned, and must be signed before they are sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FatturaPa {
    /// Who sells, usually in a file of its own: `!include venditore.yaml`.
    pub seller: SellerSpec,
    /// How documents are numbered.
    pub numbering: Numbering,
    /// Folder of the XML files, from the project's folder when relative.
    pub path: Text,
    /// Folder or pattern of the exchange system's messages (`sdi/**/*.xml`): a document that was refused (NS) goes out again
    /// with its number and date under a new file name. It may hold no file yet.
    #[serde(default)]
    pub messages: Option<Text>,
    /// Date of the documents: `2026-11-23`, or `!param giorno`. Default: the column `document_date`.
    #[serde(default)]
    pub date: Option<Text>,
    /// Names of the columns, where they are not the canonical ones: `{ order: ordine, unit_gross: prezzo }`. Canonical:
    /// order, `order_date`, `document_type`, `document_date`, `linked_number`, `linked_date`,
    /// `ddt_number`, `ddt_date`, causale, `buyer_kind`, company, `first_name`, `last_name`, `vat_number`, `codice_fiscale`,
    /// `sdi_code`, pec, address, postcode, city, province, country, `payment_method`, cig, cup, `line_kind`, sku, description,
    /// quantity, `unit_gross`, `line_gross` (with VAT) or `unit_net`, `line_net` (without), `vat_rate`, natura, `legal_ref`.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Means of payment of orders that do not say it: `MP08` (card), `MP05` (bank transfer), `MP01` (cash). Default: `MP08`.
    #[serde(default)]
    pub payment_method: Option<Text>,
    /// Whether public bodies pay the VAT to the Treasury themselves. Default: `true`.
    #[serde(default)]
    pub split_payment: Option<bool>,
    /// Whether the stamp duty is declared when the amounts without VAT exceed 77.47 euro. Default: `true`.
    #[serde(default)]
    pub stamp_duty: Option<bool>,
}

/// How documents are numbered: `1/WEB`, `2/WEB`, …
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbering {
    /// Series after the number; without it the number stands alone.
    #[serde(default)]
    pub series: Option<Text>,
    /// Number of the first document of a series that has none yet. Default: 1.
    #[serde(default)]
    pub first: Option<u64>,
    /// File progressive of the first file of a seller who has none yet. Default: the same as `first`.
    #[serde(default)]
    pub first_file: Option<u64>,
}

impl Load for FatturaPa {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let before = cx.reported();
        let seller = self.seller.bind(cx);
        let date = self.bind_date(cx);
        let columns = bind_columns(&self.columns, input, date.is_some(), cx);
        let payment = self.bind_payment(cx);
        if cx.reported() > before {
            return None;
        }
        let settings = BuildSettings {
            split_payment: self.split_payment.unwrap_or(true),
            declare_stamp_duty: self.stamp_duty.unwrap_or(true),
            ..BuildSettings::default()
        };
        let first = self.numbering.first.unwrap_or(1);
        let numbers = Numbers {
            series: self.numbering.series.as_ref().map(ToString::to_string),
            first,
            first_file: self.numbering.first_file.unwrap_or(first),
            seller: seller.as_ref().map(|seller| seller.id_fiscale_iva.id_codice.clone()).unwrap_or_default(),
        };
        let (path, seller, payment) = (self.path.to_string(), seller?, payment?);
        let messages = self.messages.as_ref().map(ToString::to_string);
        let start = move |frame, cx: &LoadCx| -> Result<Staging, NodeError> {
            let folder = cx.run.project.path(&path);
            let written = Counter::default();
            let staged = StagedDir::create(&folder, &run_name(cx)).map_err(|error| write_failed(&error))?;
            let invoices = InvoiceSink {
                columns: columns.clone(),
                seller: seller.clone(),
                settings: settings.clone(),
                payment,
                date,
                numbers: numbers.clone(),
                slot: cx.run.issuing.clone(),
                messages: messages.clone(),
                run: cx.run.clone(),
                orders: IndexMap::new(),
                rejected: Rejected::new(cx),
                received: business_date(&cx.run.started_at),
                folder: staged,
                written: written.clone(),
            };
            let keeper = invoices.folder.keeper();
            let temporary = invoices.folder.temporary().to_path_buf();
            let staging = stage(frame, Box::new(invoices), folder, cx)?;
            Ok(registered(staging, written, Registration { run: cx.run.clone(), keeper, temporary }))
        };
        Some(BoundLoad { stage: Box::new(start) })
    }
}

impl FatturaPa {
    fn bind_date(&self, cx: &BindCx) -> Option<NaiveDate> {
        let text = self.date.as_ref()?;
        let parsed = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d");
        if parsed.is_err() {
            let problem = Diagnostic::error(Code::BadValue, text.place(), format!("`{text}` is not a date"));
            cx.report(problem.help("write it as `2026-11-23`, or as `!param giorno`"));
        }
        parsed.ok()
    }

    fn bind_payment(&self, cx: &BindCx) -> Option<PaymentMethod> {
        let Some(text) = &self.payment_method else { return Some(PaymentMethod::Mp08) };
        let method = PaymentMethod::from_code(text.trim());
        if method.is_none() {
            let problem =
                Diagnostic::error(Code::BadValue, text.place(), format!("`{text}` is not a means of payment"));
            cx.report(problem.help("use a code such as `MP08` (card), `MP05` (bank transfer), `MP01` (cash)"));
        }
        method
    }
}

/// What makes the numbers of a load lasting.
struct Registration {
    run: RunCx,
    keeper: Arc<AtomicBool>,
    temporary: PathBuf,
}

impl Registration {
    /// Numbers first, then files: killed in between, the files are pending and the next run puts them in place.
    fn commit(self, rename: impl FnOnce() -> Result<Receipt, NodeError>) -> Result<Receipt, NodeError> {
        let renaming = Renaming::begin(&self.run)?;
        let issuing = self.run.issuing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(issuing) = issuing {
            issuing.commit().map_err(|error| failed(&error))?;
        }
        self.keeper.store(true, Ordering::Relaxed);
        let receipt = rename()?;
        drop(renaming);
        if receipt.files > 0 {
            let state = State::open(&state_path(&self.run)).map_err(|error| failed(&error))?;
            state.confirm(&self.temporary).map_err(|error| failed(&error))?;
        }
        Ok(receipt)
    }
}

/// Rows are known to be written only at the end, when their document is complete; numbers are taken at the commit.
fn registered(staging: Staging, written: Counter, registration: Registration) -> Staging {
    let Staging { plan, finish } = staging;
    let finish = move || {
        let Staged { commit, .. } = finish()?;
        let rows = written.get();
        let commit = move || Ok(Receipt { rows, ..registration.commit(commit)? });
        Ok(Staged { rows, commit: Box::new(commit) })
    };
    Staging { plan, finish: Box::new(finish) }
}

/// Bound columns, shared with the sink.
pub type Columns = BoundColumns;
