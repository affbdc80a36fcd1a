//! Rows to invoices: rows are gathered by order, then each order is built, checked, written or rejected.

use std::path::Path;

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::{AnyValue, DataFrame};

use crate::context::{Counter, NodeError};
use crate::domain::fatturapa::codes::{DocumentType, LineKind, Natura, PaymentMethod};
use crate::domain::fatturapa::envelope::Opened;
use crate::domain::fatturapa::judge::judge;
use crate::domain::fatturapa::model::{ArticleCode, DocumentReference};
use crate::domain::fatturapa::name::{Alphabet, file_name, progressive};
use crate::domain::fatturapa::request::{Discount, PaymentRequest};
use crate::domain::fatturapa::{
    BuildSettings, Buyer, BuyerKind, Finding, GrossLine, InvoiceRequest, Seller, build, to_xml,
};
use crate::domain::money::Decimal;
use crate::io::{FileError, StagedDir};
use crate::loads::fatturapa::Columns;
use crate::loads::format::row::Problem;
use crate::loads::format::sink::{BatchSink, Output, Rejected, write_failed};

/// The next number and file progressive.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Series after the number.
    pub series: Option<String>,
    /// Number of the next document.
    pub next: u64,
    /// Progressive of the next file.
    pub next_file: u64,
}

impl Numbers {
    fn number(&self) -> String {
        self.series.as_ref().map_or_else(|| self.next.to_string(), |series| format!("{}/{series}", self.next))
    }
}

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
    /// Numbers.
    pub numbers: Numbers,
    /// Rows by order, in order of appearance.
    pub orders: IndexMap<String, DataFrame>,
    /// Where rejected rows go.
    pub rejected: Rejected,
    /// Day of the run, for the control of the date.
    pub received: NaiveDate,
    /// Where files are staged.
    pub folder: StagedDir,
    /// Rows of the documents that were written.
    pub written: Counter,
}

impl BatchSink for InvoiceSink {
    /// Only gathers: nothing is written before its document is complete.
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let Some(column) = self.columns.get("order") else { return Ok(0) };
        let orders = batch.column(column).map_err(NodeError::from)?;
        let mut start = 0;
        while start < batch.height() {
            let order = text_of(&orders.get(start).map_err(NodeError::from)?).unwrap_or_default();
            let mut end = start + 1;
            while end < batch.height()
                && text_of(&orders.get(end).map_err(NodeError::from)?).unwrap_or_default() == order
            {
                end += 1;
            }
            let rows = batch.slice(i64::try_from(start).unwrap_or(i64::MAX), end - start);
            match self.orders.get_mut(&order) {
                Some(known) => drop(known.vstack_mut(&rows).map_err(NodeError::from)?),
                None => drop(self.orders.insert(order, rows)),
            }
            start = end;
        }
        Ok(0)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        for (order, rows) in std::mem::take(&mut self.orders) {
            self.issue(&order, &rows)?;
        }
        Ok(Output::Folder(self.folder, false))
    }
}

impl InvoiceSink {
    fn issue(&mut self, order: &str, rows: &DataFrame) -> Result<(), NodeError> {
        match self.document(order, rows) {
            Ok((name, bytes)) => {
                let path = self.folder.file(Path::new(&name)).map_err(|error| write_failed(&error))?;
                std::fs::write(&path, bytes).map_err(|error| {
                    write_failed(&FileError::new("write", &self.folder.target().join(&name), error))
                })?;
                self.written.add(rows.height() as u64);
                self.numbers.next += 1;
                self.numbers.next_file += 1;
            }
            Err(problem) => {
                let value = problem.1;
                for row in 0..rows.height() {
                    self.rejected.push(rows, row, value.clone(), Some(format!("order={order}")), problem.0.clone());
                }
            }
        }
        self.rejected.advance(rows.height());
        Ok(())
    }

    /// Name and bytes of the invoice, or why there is none.
    fn document(&self, order: &str, rows: &DataFrame) -> Result<(String, Vec<u8>), (Problem, Option<String>)> {
        let request = self.request(order, rows)?;
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
        let verdict = judge(&bytes, Some(self.received), &mut Opened::default().document);
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
        let name = file_name("IT", &self.seller.id_fiscale_iva.id_codice, &request.progressive)
            .map_err(|error| (plain("bad-number", error.to_string()), None))?;
        Ok((name, bytes))
    }

    fn request(&self, order: &str, rows: &DataFrame) -> Result<InvoiceRequest, (Problem, Option<String>)> {
        let first = Row { rows, row: 0, columns: &self.columns };
        let date = self.date.or_else(|| first.date("document_date"));
        let date = date.ok_or_else(|| (plain("missing-date", "the document has no date".to_owned()), None))?;
        let progressive = progressive(self.numbers.next_file, Alphabet::Base36)
            .map_err(|error| (plain("bad-number", error.to_string()), None))?;
        let lines = (0..rows.height())
            .map(|row| Row { rows, row, columns: &self.columns }.line())
            .collect::<Result<Vec<_>, _>>()?;
        let method =
            first.text("payment_method").and_then(|code| PaymentMethod::from_code(&code)).unwrap_or(self.payment);
        Ok(InvoiceRequest {
            document_type: DocumentType::Td01,
            number: self.numbers.number(),
            date,
            progressive,
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
            linked_invoice: None,
            causale: None,
            payments: vec![PaymentRequest { method, amount: None, due_date: None, reference: None }],
        })
    }
}

/// An error, or a number that the registers of the exchange system cannot contain.
fn is_refusal(finding: &Finding) -> bool {
    finding.is_error() || finding.code.starts_with("003") && finding.code != "00327"
}

fn plain(cause: &'static str, message: String) -> Problem {
    Problem { cause, column: None, message_it: message.clone(), message }
}

/// One row, read by canonical names.
struct Row<'a> {
    rows: &'a DataFrame,
    row: usize,
    columns: &'a Columns,
}

impl Row<'_> {
    fn value(&self, canonical: &str) -> Option<AnyValue<'_>> {
        let column = self.rows.column(self.columns.get(canonical)?).ok()?;
        column.get(self.row).ok()
    }

    fn text(&self, canonical: &str) -> Option<String> {
        text_of(&self.value(canonical)?).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn date(&self, canonical: &str) -> Option<NaiveDate> {
        match self.value(canonical)? {
            AnyValue::Date(days) => NaiveDate::from_epoch_days(days),
            _ => None,
        }
    }

    fn number(&self, canonical: &str) -> Option<Decimal> {
        match self.value(canonical)? {
            AnyValue::Decimal(mantissa, _, scale) => Some(Decimal::new(mantissa, u8::try_from(scale).ok()?)),
            AnyValue::Int64(value) => Some(Decimal::new(i128::from(value), 0)),
            _ => None,
        }
    }

    fn required(&self, canonical: &'static str) -> Result<Decimal, (Problem, Option<String>)> {
        self.number(canonical).ok_or_else(|| {
            let mut problem = plain("missing-value", format!("the line has no `{canonical}`"));
            problem.message_it = format!("la riga non ha `{canonical}`");
            problem.column = self.columns.get(canonical).map(str::to_owned);
            (problem, None)
        })
    }

    fn buyer(&self) -> Result<Buyer, (Problem, Option<String>)> {
        let written = self.text("buyer_kind").unwrap_or_default();
        let kind = match written.as_str() {
            "consumer" | "privato" => BuyerKind::Consumer,
            "business" | "azienda" => BuyerKind::Business,
            "public_admin" | "public_body" | "pa" => BuyerKind::PublicBody,
            _ => {
                let mut problem = plain(
                    "bad-buyer-kind",
                    format!("`{written}` is not a kind of buyer: consumer, business or public_admin"),
                );
                problem.message_it = format!("`{written}` non è un tipo di cliente: privato, azienda o pa");
                return Err((problem, Some(written)));
            }
        };
        Ok(Buyer {
            kind,
            denominazione: self.text("company"),
            nome: self.text("first_name"),
            cognome: self.text("last_name"),
            partita_iva: self.text("vat_number"),
            codice_fiscale: self.text("codice_fiscale"),
            codice_destinatario: self.text("sdi_code"),
            pec: self.text("pec"),
            indirizzo: self.text("address"),
            numero_civico: None,
            cap: self.text("postcode"),
            comune: self.text("city"),
            provincia: self.text("province"),
            nazione: self.text("country"),
        })
    }

    fn line(&self) -> Result<GrossLine, (Problem, Option<String>)> {
        let natura = match self.text("natura") {
            Some(code) => {
                if let Some(natura) = Natura::from_code(&code) {
                    Some(natura)
                } else {
                    let message = format!("`{code}` is not a natura of the exchange system");
                    return Err((plain("bad-natura", message), Some(code)));
                }
            }
            None => None,
        };
        let accessory = matches!(self.text("line_kind").as_deref(), Some("shipping" | "fee"));
        Ok(GrossLine {
            kind: accessory.then_some(LineKind::Ancillary),
            codes: self
                .text("sku")
                .map(|sku| vec![ArticleCode { codice_tipo: "SKU".to_owned(), codice_valore: sku }])
                .unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            quantity: self.required("quantity")?,
            unit: None,
            unit_price: self.required("unit_gross")?,
            discount: Discount::None,
            total: self.number("line_gross"),
            rate: self.required("vat_rate")?,
            natura,
            riferimento_normativo: natura.and_then(|_| self.text("legal_ref")),
        })
    }
}

fn text_of(value: &AnyValue) -> Option<String> {
    match value {
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        _ => None,
    }
}
