//! Rows of a table as the data of a document: one cell, one line, the buyer.
//!
//! Here: reading columns by what they are. Not here: what a document gathers from all its rows (`blocks`), what an invoice
//! must be (`domain::fatturapa`).

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Europe::Rome;
use polars::prelude::{DataFrame, PolarsResult};

use crate::domain::fatturapa::codes::{LineKind, Natura};
use crate::domain::fatturapa::model::{ArticleCode, OtherData};
use crate::domain::fatturapa::request::{Discount, LineDetails};
use crate::domain::fatturapa::{Buyer, BuyerKind, GrossLine, Reason};
use crate::domain::money::Decimal;
use crate::loads::fatturapa::columns::{Bound, Column, canonical};
use crate::loads::format::cells::{Cell, Cells};
use crate::loads::format::row::Problem;

/// Why there is no document, with the offending value.
pub type Refusal = (Problem, Option<String>);

/// A problem that says the same in both languages.
#[must_use]
pub fn plain(cause: &'static str, message: String) -> Problem {
    Problem { cause, column: None, message_it: message.clone(), message }
}

/// A problem in both languages, with its value.
#[must_use]
pub fn refusal(cause: &'static str, english: String, italian: String, value: Option<String>) -> Refusal {
    (Problem { cause, column: None, message: english, message_it: italian }, value)
}

/// A reason of the rules at a column, with what was found.
#[must_use]
pub fn reasoned(reason: Reason, column: Column, value: &str) -> Refusal {
    let found = |text: &str, word: &str| {
        if value.is_empty() { text.to_owned() } else { format!("{text} ({word} `{value}`)") }
    };
    let (english, italian) = (found(reason.english(), "found"), found(reason.italian(), "trovato"));
    let (mut problem, value) =
        refusal(reason.as_str(), english, italian, Some(value.to_owned()).filter(|value| !value.is_empty()));
    problem.column = Some(canonical(column).to_owned());
    (problem, value)
}

/// Rows that came together, with the columns of invoices in reach.
pub struct Batch {
    /// All columns, for rejects.
    pub frame: DataFrame,
    /// Rows that came before it.
    pub before: u64,
    cells: Vec<Option<Cells>>,
}

impl Batch {
    /// Reads a batch.
    ///
    /// # Errors
    /// A column is not stored as its type says.
    pub fn new(frame: &DataFrame, columns: &Bound, before: u64) -> PolarsResult<Self> {
        let cells = columns.iter().map(|column| match column {
            Some((name, ty)) => Cells::new(frame.column(name)?.as_materialized_series(), ty).map(Some),
            None => Ok(None),
        });
        Ok(Self { frame: frame.clone(), before, cells: cells.collect::<PolarsResult<_>>()? })
    }

    /// Whether the table has a column.
    #[must_use]
    pub fn has(&self, column: Column) -> bool {
        self.cells.get(column as usize).is_some_and(Option::is_some)
    }

    /// A row.
    #[must_use]
    pub fn row(&self, row: usize) -> Row<'_> {
        Row { batch: self, row }
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Where it stands.
    pub batch: &'a Batch,
    /// Which row of it.
    pub row: usize,
}

impl<'a> Row<'a> {
    fn cell(self, column: Column) -> Cell<'a> {
        self.batch.cells.get(column as usize).and_then(Option::as_ref).map_or(Cell::Null, |cells| cells.get(self.row))
    }

    /// A text with something in it.
    #[must_use]
    pub fn str(self, column: Column) -> Option<&'a str> {
        match self.cell(column) {
            Cell::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The same, to keep.
    #[must_use]
    pub fn text(self, column: Column) -> Option<String> {
        self.str(column).map(str::to_owned)
    }

    /// A day.
    #[must_use]
    pub fn date(self, column: Column) -> Option<NaiveDate> {
        match self.cell(column) {
            Cell::Date(days) => NaiveDate::from_epoch_days(days),
            _ => None,
        }
    }

    /// An instant, in Italian time.
    #[must_use]
    pub fn time(self, column: Column) -> Option<NaiveDateTime> {
        match self.cell(column) {
            Cell::Timestamp(micros) => {
                Some(DateTime::from_timestamp_micros(micros)?.with_timezone(&Rome).naive_local())
            }
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn number(self, column: Column) -> Option<Decimal> {
        match self.cell(column) {
            Cell::Decimal(mantissa, scale) => Some(Decimal::new(mantissa, scale)),
            Cell::Integer(value) => Some(Decimal::new(i128::from(value), 0)),
            _ => None,
        }
    }

    /// A whole number that fits the elements of the format.
    ///
    /// # Errors
    /// A fraction, or a number below zero or above 65535.
    pub fn whole(self, column: Column, reason: Reason) -> Result<Option<u16>, Refusal> {
        let Some(number) = self.number(column) else { return Ok(None) };
        let whole =
            number.rescale(0).filter(|whole| *whole == number).and_then(|whole| u16::try_from(whole.mantissa).ok());
        whole.map(Some).ok_or_else(|| reasoned(reason, column, &number.to_string()))
    }

    /// Yes or no, when the row says it.
    ///
    /// # Errors
    /// Another word.
    pub fn flag(self, column: Column) -> Result<Option<bool>, Refusal> {
        let word = match self.cell(column) {
            Cell::Bool(value) => return Ok(Some(value)),
            _ => self.str(column),
        };
        match word {
            None => Ok(None),
            Some(word) if word.eq_ignore_ascii_case("si") || word == "sì" || word.eq_ignore_ascii_case("yes") => {
                Ok(Some(true))
            }
            Some(word) if word.eq_ignore_ascii_case("no") => Ok(Some(false)),
            Some(word) => {
                let name = canonical(column);
                let english = format!("`{name}` says `{word}`, expected `SI` or `NO`");
                let italian = format!("`{name}` dice `{word}`, atteso `SI` o `NO`");
                Err(refusal("bad-yes-or-no", english, italian, Some(word.to_owned())))
            }
        }
    }

    fn required(self, column: Column) -> Result<Decimal, Refusal> {
        let name = canonical(column);
        self.number(column).ok_or_else(|| {
            let (english, italian) = (format!("the line has no `{name}`"), format!("la riga non ha `{name}`"));
            let (mut problem, value) = refusal("missing-value", english, italian, None);
            problem.column = Some(name.to_owned());
            (problem, value)
        })
    }

    /// Whether the row is a line; one without description, quantity and price only adds to its document.
    #[must_use]
    pub fn is_line(self) -> bool {
        let has_number = |column| self.number(column).is_some();
        self.str(Column::Description).is_some()
            || [Column::Quantity, Column::UnitGross, Column::UnitNet].into_iter().any(has_number)
    }

    /// A natura.
    ///
    /// # Errors
    /// It is none of the list.
    pub fn natura(self, column: Column) -> Result<Option<Natura>, Refusal> {
        let Some(code) = self.str(column) else { return Ok(None) };
        Natura::from_code(code).map(Some).ok_or_else(|| {
            let english = format!("`{code}` is not a natura of the exchange system, such as N3.1");
            let italian = format!("`{code}` non è una natura del SdI, come N3.1");
            refusal("bad-natura", english, italian, Some(code.to_owned()))
        })
    }

    /// The line.
    ///
    /// # Errors
    /// A number is missing, a code is none.
    pub fn line(self) -> Result<GrossLine, Refusal> {
        let natura = self.natura(Column::Natura)?;
        let net = self.batch.has(Column::UnitNet);
        let (price, total) =
            if net { (Column::UnitNet, Column::LineNet) } else { (Column::UnitGross, Column::LineGross) };
        Ok(GrossLine {
            kind: self.line_kind(),
            codes: self.codes(),
            description: self.text(Column::Description).unwrap_or_default(),
            quantity: self.required(Column::Quantity)?,
            unit: self.text(Column::Unit),
            unit_price: self.required(price)?,
            net,
            discount: self.discount()?,
            total: self.number(total),
            rate: self.required(Column::VatRate)?,
            natura,
            riferimento_normativo: natura.and_then(|_| self.text(Column::LegalRef)),
            details: self.details(natura)?,
        })
    }

    fn line_kind(self) -> Option<LineKind> {
        match self.str(Column::LineKind)? {
            "shipping" | "fee" => Some(LineKind::Ancillary),
            "discount" => Some(LineKind::Discount),
            "gift" | "premium" => Some(LineKind::Premium),
            "rebate" => Some(LineKind::Rebate),
            code => LineKind::from_code(code),
        }
    }

    fn codes(self) -> Vec<ArticleCode> {
        let pairs = [
            (Some("SKU"), self.str(Column::Sku)),
            (Some("EAN"), self.str(Column::Ean)),
            (self.str(Column::CodeType), self.str(Column::Code)),
        ];
        let given = pairs.into_iter().filter_map(|(kind, value)| Some((kind?, value?)));
        given
            .map(|(kind, value)| ArticleCode { codice_tipo: kind.to_owned(), codice_valore: value.to_owned() })
            .collect()
    }

    fn discount(self) -> Result<Discount, Refusal> {
        let given = |column| self.number(column).filter(|amount| !amount.is_zero());
        let (percent, unit, line) =
            (given(Column::DiscountPercent), given(Column::UnitDiscount), given(Column::LineDiscount));
        match (percent, unit, line) {
            (None, None, None) => Ok(Discount::None),
            (Some(percent), None, None) => Ok(Discount::Percent(percent)),
            (None, Some(amount), None) => Ok(Discount::PerUnit(amount)),
            (None, None, Some(amount)) => Ok(Discount::Line(amount)),
            _ => {
                let english = "the line has more than one of `discount_percent`, `unit_discount` and `line_discount`";
                let italian = "la riga ha più di uno fra `discount_percent`, `unit_discount` e `line_discount`";
                Err(refusal("several-discounts", english.to_owned(), italian.to_owned(), None))
            }
        }
    }

    fn details(self, natura: Option<Natura>) -> Result<LineDetails, Refusal> {
        let mut other = Vec::new();
        if let Some(tipo_dato) = self.text(Column::OtherType) {
            other.push(OtherData {
                tipo_dato,
                riferimento_testo: self.text(Column::OtherText),
                riferimento_numero: self.number(Column::OtherNumber).and_then(eight_decimals),
                riferimento_data: self.date(Column::OtherDate),
            });
        }
        other.extend(self.intent(natura)?);
        Ok(LineDetails {
            period: (self.date(Column::PeriodStart), self.date(Column::PeriodEnd)),
            reference: self.text(Column::LineReference),
            other,
            withheld: self.flag(Column::Withheld)?,
        })
    }

    /// The buyer's declaration of intent, for lines that it frees of VAT (specification, section 5).
    fn intent(self, natura: Option<Natura>) -> Result<Option<OtherData>, Refusal> {
        let (protocol, date) = (self.str(Column::IntentProtocol), self.date(Column::IntentDate));
        let Some(protocol) = protocol.filter(|_| natura == Some(Natura::N35)) else { return Ok(None) };
        let compact: String = protocol.chars().filter(|character| !character.is_whitespace()).collect();
        let compact = compact.replace('/', "-");
        let is_digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_right = compact.split_once('-').is_some_and(|(head, tail)| is_digits(head, 17) && is_digits(tail, 6));
        if !is_right || date.is_none() {
            return Err(reasoned(Reason::BadIntent, Column::IntentProtocol, protocol));
        }
        Ok(Some(OtherData {
            tipo_dato: "INTENTO".to_owned(),
            riferimento_testo: Some(compact),
            riferimento_numero: None,
            riferimento_data: date,
        }))
    }
}

/// A number as `RiferimentoNumero` takes it.
fn eight_decimals(number: Decimal) -> Option<Decimal> {
    let trimmed = number.trimmed();
    if trimmed.scale > 8 { trimmed.rescale(8) } else { Some(trimmed) }
}

/// The rows of one document: batch and row of each, in order of appearance.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// All rows of the load.
    pub batches: &'a [Batch],
    /// Those of the document.
    pub places: &'a [(u32, u32)],
}

impl<'a> Rows<'a> {
    /// Every row.
    pub fn iter(self) -> impl Iterator<Item = Row<'a>> {
        self.places.iter().filter_map(move |(batch, row)| Some(self.batches.get(*batch as usize)?.row(*row as usize)))
    }

    /// Whether the table has a column.
    #[must_use]
    pub fn has(self, column: Column) -> bool {
        self.batches.first().is_some_and(|batch| batch.has(column))
    }

    /// What the first row that says it says.
    pub fn first<T>(self, read: impl Fn(Row<'a>) -> Option<T>) -> Option<T> {
        self.iter().find_map(read)
    }

    /// A text of the document.
    #[must_use]
    pub fn text(self, column: Column) -> Option<String> {
        self.first(|row| row.text(column))
    }

    /// The buyer.
    ///
    /// # Errors
    /// The kind of buyer is none of those known.
    pub fn buyer(self) -> Result<Buyer, Refusal> {
        let written = self.first(|row| row.str(Column::BuyerKind)).unwrap_or_default();
        let kind = match written {
            "consumer" | "privato" => BuyerKind::Consumer,
            "business" | "azienda" => BuyerKind::Business,
            "public_admin" | "public_body" | "pa" => BuyerKind::PublicBody,
            _ => {
                let english = format!("`{written}` is not a kind of buyer: consumer, business or public_admin");
                let italian = format!("`{written}` non è un tipo di cliente: privato, azienda o pa");
                return Err(refusal("bad-buyer-kind", english, italian, Some(written.to_owned())));
            }
        };
        Ok(Buyer {
            kind,
            denominazione: self.text(Column::Company),
            nome: self.text(Column::FirstName),
            cognome: self.text(Column::LastName),
            partita_iva: self.text(Column::VatNumber),
            codice_fiscale: self.text(Column::CodiceFiscale),
            codice_destinatario: self.text(Column::SdiCode),
            pec: self.text(Column::Pec),
            indirizzo: self.text(Column::Address),
            numero_civico: self.text(Column::HouseNumber),
            cap: self.text(Column::Postcode),
            comune: self.text(Column::City),
            provincia: self.text(Column::Province),
            nazione: self.text(Column::Country),
        })
    }
}
