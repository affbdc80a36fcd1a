//! Load kind `fatturapa`: rows of documents into Italian electronic invoices, one XML file each.
//!
//! The rules are in [`crate::domain::fatturapa`]; here rows become requests, and requests that cannot make an
//! acceptable invoice become rejects with a reason that a shop owner understands.

pub mod attach;
pub mod batch;
pub mod blocks;
pub mod columns;
pub mod draft;
pub mod issue;
pub mod link;
pub mod means;
pub mod options;
pub mod planned;
pub mod register;
pub mod request;
pub mod rows;
pub mod seller;
pub mod sink;
pub mod told;

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
use crate::domain::fatturapa::codes::{DocumentType, PaymentMethod};
use crate::domain::fatturapa::request::Placeholders;
use crate::domain::types::Schema;
use crate::io::StagedDir;
use crate::loads::fatturapa::columns::bind_columns;
use crate::loads::fatturapa::means::Means;
use crate::loads::fatturapa::options::{BatchSpec, ForeignSpec, IssuerSpec, NumberingSpec};
use crate::loads::fatturapa::register::{Renaming, failed, state_path};
use crate::loads::fatturapa::request::Defaults;
use crate::loads::fatturapa::seller::SellerSpec;
use crate::loads::fatturapa::sink::{InvoiceSink, Setup};
use crate::loads::format::sink::{Rejected, run_name, stage, write_failed};
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load, LoadCx, Receipt, Staged, Staging};
use crate::state::State;

/// Writes `FatturaPA` files, one per order: ordinary (FPR12, FPA12 for public bodies) or simplified (FSM10), valid for the
/// exchange system.
///
/// Rows are document lines; the rows of one order stand together or apart. Amounts are VAT-inclusive as the customer
/// paid them (`unit_gross`), or net (`unit_net`). Every document is checked with the exchange system's own controls before
/// it takes a number; one that would be refused is rejected with its reason, in Italian and English.
///
/// ```yaml
/// load:
///   fatture:
///     from: righe_fattura
///     fatturapa: { seller: !include venditore.yaml, numbering: { series: WEB, first: 1 }, path: out/fatture/ }
/// ```
///
/// `document_type`, a column or the setting, says what is issued: TD01 (default) to TD06, TD24 and TD25 (with `ddt_number`
/// and `ddt_date`), TD26; TD04 and TD05 name the invoice that they correct (`linked_number`, `linked_date`, or
/// `linked_order`, the key of its order, in this run or an earlier one); TD07, TD08 and
/// TD09 are simplified, up to 400 euro; TD16 to TD20, TD28 and TD29 complete what a supplier invoiced: the buyer columns
/// then describe the supplier, and prices are `unit_net`; TD21 and TD27 are made out to oneself.
///
/// A block that may occur several times (payments, transport documents, contracts, withholdings, funds, attachments) is
/// read from every row of the document: each different one once. A row without description, quantity and price is no line
/// and only adds such blocks.
///
/// Numbers are kept in `.raccordo/state.db`: gapless per series and year, safe against a crash and against two runs at
/// once. An order has one document of each type: run again, it gets the same number, date and file name, byte for byte; when
/// its data have changed since, it is rejected, because an invoice that went out is corrected with a credit note. A document
/// that the exchange system refused, by the messages in `messages:`, goes out again with its number and date under a new
/// file name, within five days.
///
/// The report of the run tells every character that had to be replaced, what is worth a look on the documents written and,
/// with `messages:`, where each invoice stands.
///
/// Not guaranteed: FPA12 files are written unsigned, and must be signed before they are sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FatturaPa {
    /// Who sells, usually in a file of its own: `!include venditore.yaml`.
    pub seller: SellerSpec,
    /// How documents are numbered.
    pub numbering: NumberingSpec,
    /// Folder of the XML files, from the project's folder when relative.
    pub path: Text,
    /// Folder or pattern of the exchange system's messages (`sdi/**/*.xml`): a document that was refused (NS) goes out again
    /// with its number and date under a new file name, and the report tells where the invoices stand. It may hold no file
    /// yet.
    #[serde(default)]
    pub messages: Option<Text>,
    /// Date of the documents: `2026-11-23`, or `!param giorno`. Default: the column `document_date`.
    #[serde(default)]
    pub date: Option<Text>,
    /// Type of documents whose rows have no `document_type`: `TD01`, or `TD07` for simplified ones. Default: `TD01`.
    #[serde(default)]
    pub document_type: Option<Text>,
    /// Names of the columns, where they are not the canonical ones: `{ order: ordine, unit_gross: prezzo }`. The guide on
    /// electronic invoices lists all of them; `order_number`, `linked_order` and `split_payment` are also taken from the columns
    /// `doc_order`, `doc_original_key` and `doc_split` of the step `documents`. Every invoice needs order, `buyer_kind`, address, postcode, city, country,
    /// description, quantity, `vat_rate` and `unit_gross` (with VAT) or `unit_net` (without).
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Means of payment of orders that do not say it: `MP08` (card), `MP05` (bank transfer), `MP01` (cash), or a word of the
    /// trade as `card`, `bonifico`, `contrassegno`. Default: `MP08`.
    #[serde(default)]
    pub payment_method: Option<Text>,
    /// Codes of words that stand in the column `payment_method`: `{ Satispay: MP05, pagherò: MP06 }`. They come before the
    /// usual words, which the guide on electronic invoices lists.
    #[serde(default)]
    pub payment_methods: IndexMap<Text, Text>,
    /// Whether public bodies pay the VAT to the Treasury themselves, for rows that do not say it in `split_payment`. Default:
    /// `true`.
    #[serde(default)]
    pub split_payment: Option<bool>,
    /// Whether the stamp duty is declared when the amounts without VAT exceed 77.47 euro. Default: `true`.
    #[serde(default)]
    pub stamp_duty: Option<bool>,
    /// Whether the buyer pays the stamp duty, with a line of 2.00 euro outside VAT (ordinary format). Default: `false`.
    #[serde(default)]
    pub charge_stamp_duty: Option<bool>,
    /// Puts the documents of one buyer into one file (*lotto*). Default: one file for each.
    #[serde(default)]
    pub batch: Option<BatchSpec>,
    /// What is written for foreign buyers, who have no Italian data.
    #[serde(default)]
    pub foreign: Option<ForeignSpec>,
    /// Text of the lines that `order_shipping` makes, one per VAT rate. Default: `Spese di spedizione`.
    #[serde(default)]
    pub shipping_description: Option<Text>,
    /// Writes net prices with all of their eight decimals (`10.00000000`), as some programs want them, instead of as many as
    /// they need. Default: `false`.
    #[serde(default)]
    pub full_decimals: Option<bool>,
    /// Who issues in the name of the seller (`TerzoIntermediarioOSoggettoEmittente`).
    #[serde(default)]
    pub issuer: Option<IssuerSpec>,
}

impl Load for FatturaPa {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let before = cx.reported();
        let seller = self.seller.bind(cx);
        let date = self.bind_date(cx);
        let document_type = self.bind_type(cx);
        let columns = bind_columns(&self.columns, input, date.is_some(), document_type, cx);
        let payment = self.payment_method.as_ref().map_or(Some(PaymentMethod::Mp08), |text| means::bound(text, cx));
        let means = Means::bind(&self.payment_methods, cx);
        let placeholders =
            self.foreign.as_ref().map_or_else(|| Some(Placeholders::default()), |foreign| foreign.bind(cx));
        let issuer = self.issuer.as_ref().map(|issuer| issuer.bind(cx));
        let numbers = self.numbering.bind(cx);
        let batch = self.batch.as_ref().map(|batch| batch.bind(cx));
        if cx.reported() > before {
            return None;
        }
        let seller = seller?;
        let setup = Setup {
            load: String::new(),
            columns,
            settings: BuildSettings {
                placeholders: placeholders?,
                sender: None,
                split_payment: self.split_payment.unwrap_or(true),
                declare_stamp_duty: self.stamp_duty.unwrap_or(true),
                charge_stamp_duty: self.charge_stamp_duty.unwrap_or(false),
                full_decimals: self.full_decimals.unwrap_or(false),
                issuer: issuer.flatten(),
            },
            defaults: Defaults {
                payment: payment?,
                means,
                date,
                document_type,
                shipping: self.shipping_description.as_ref().map_or("Spese di spedizione", Text::as_str).to_owned(),
            },
            numbers: numbers.of(&seller),
            batch: batch.flatten(),
            messages: self.messages.as_ref().map(ToString::to_string),
            received: NaiveDate::default(),
            seller,
        };
        let path = self.path.to_string();
        Some(BoundLoad { stage: Box::new(move |frame, cx: &LoadCx| start(frame, &setup, &path, cx)) })
    }
}

fn start(frame: polars::prelude::LazyFrame, setup: &Setup, path: &str, cx: &LoadCx) -> Result<Staging, NodeError> {
    let folder = cx.run.project.path(path);
    let written = Counter::default();
    let staged = StagedDir::create(&folder, &run_name(cx)).map_err(|error| write_failed(&error))?;
    let received = business_date(&cx.run.started_at);
    let setup = Setup { load: cx.name.to_owned(), received, ..setup.clone() };
    let registration = Registration {
        run: cx.run.clone(),
        keeper: staged.keeper(),
        temporary: staged.temporary().to_path_buf(),
        states: setup.messages.as_ref().map(|_| (setup.load.clone(), setup.numbers.seller.clone(), received)),
    };
    let invoices = InvoiceSink {
        setup,
        slot: cx.run.issuing.clone(),
        run: cx.run.clone(),
        batches: Vec::new(),
        seen: 0,
        orders: IndexMap::new(),
        rejected: Rejected::new(cx),
        folder: staged,
        written: written.clone(),
    };
    let staging = stage(frame, Box::new(invoices), folder, cx)?;
    Ok(registered(staging, written, registration))
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

    fn bind_type(&self, cx: &BindCx) -> DocumentType {
        let Some(text) = &self.document_type else { return DocumentType::Td01 };
        DocumentType::from_code(text.trim()).unwrap_or_else(|| {
            let message = format!("`{text}` is not a type of document");
            let known = DocumentType::CODES.join(", ");
            let problem = Diagnostic::error(Code::BadValue, text.place(), message);
            cx.report(problem.help(format!("use one of {known}, such as `TD01` or `TD07` (simplified)")));
            DocumentType::Td01
        })
    }
}

/// What makes the numbers of a load lasting.
struct Registration {
    run: RunCx,
    keeper: Arc<AtomicBool>,
    temporary: PathBuf,
    /// Load, seller and day of the run, when the report tells where the invoices stand.
    states: Option<(String, String, NaiveDate)>,
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
        if let Some((load, seller, today)) = &self.states {
            told::tell_states(load, seller, *today, &self.run)?;
        }
        Ok(receipt)
    }
}

/// Rows are known to be written only at the end, when their document is complete; numbers are taken at the commit.
fn registered(staging: Staging, written: Counter, registration: Registration) -> Staging {
    let Staging { plan, others, finish } = staging;
    let finish = move || {
        let Staged { commit, .. } = finish()?;
        let rows = written.get();
        let commit = move || Ok(Receipt { rows, ..registration.commit(commit)? });
        Ok(Staged { rows, stops: Vec::new(), changes: None, commit: Box::new(commit) })
    };
    Staging { plan, others, finish: Box::new(finish) }
}
