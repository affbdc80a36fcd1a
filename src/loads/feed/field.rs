//! One field of a feed for one row: its text as the channel wants it, or what is wrong with it.

use crate::context::Counter;
use crate::domain::ids::gtin;
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::feed::channel::{FieldKind, FieldSpec};
use crate::loads::feed::text;
use crate::loads::format::cells::{Cell, Cells};
use crate::loads::format::lexeme;

/// A field that is written.
pub struct Field {
    /// The channel's name of it.
    pub name: String,
    /// What the channel asks.
    pub spec: FieldSpec,
    /// The column it comes from, by position and name.
    pub source: Option<(usize, String)>,
    /// Texts that were cut.
    pub cuts: Counter,
}

/// What a field holds in one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// Texts; none when the field is absent, several when it comes from a list.
    pub texts: Vec<String>,
    /// The amount of a price.
    pub amount: Option<Decimal>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Stable cause.
    pub cause: &'static str,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
    /// The offending value.
    pub value: Option<String>,
}

impl Issue {
    /// An issue without a value.
    #[must_use]
    pub fn new(cause: &'static str, message: impl Into<String>, message_it: impl Into<String>) -> Self {
        Self { cause, message: message.into(), message_it: message_it.into(), value: None }
    }
}

/// The types that a kind of field can come from.
#[must_use]
pub fn accepts(spec: &FieldSpec, ty: &Type) -> bool {
    let number = matches!(ty, Type::Integer | Type::Decimal { .. });
    match spec.kind {
        FieldKind::Text => matches!(ty, Type::Text | Type::Integer),
        FieldKind::Url if spec.most.is_some() => *ty == Type::Text || *ty == Type::List(Box::new(Type::Text)),
        FieldKind::Url | FieldKind::Gtin | FieldKind::Choice => *ty == Type::Text,
        FieldKind::Price | FieldKind::Shipping | FieldKind::Whole => number,
        FieldKind::Availability => number || matches!(ty, Type::Text | Type::Bool),
        FieldKind::Instant => matches!(ty, Type::Date | Type::Timestamp),
        FieldKind::IdentifierExists => matches!(ty, Type::Text | Type::Bool),
    }
}

/// What a kind of field can come from, for a message.
#[must_use]
pub fn expected(spec: &FieldSpec) -> &'static str {
    match spec.kind {
        FieldKind::Text => "text or an integer",
        FieldKind::Url if spec.most.is_some() => "text or list<text>",
        FieldKind::Url | FieldKind::Gtin | FieldKind::Choice => "text",
        FieldKind::Price | FieldKind::Shipping | FieldKind::Whole => "a decimal or an integer",
        FieldKind::Availability => "text, a number or a bool",
        FieldKind::Instant => "a date or a timestamp",
        FieldKind::IdentifierExists => "text or a bool",
    }
}

impl Field {
    /// The value of a row.
    ///
    /// # Errors
    /// The value breaks a rule of the channel.
    pub fn read(&self, cells: &[Cells], row: usize, currency: &str) -> Result<Value, Issue> {
        if let Some(constant) = &self.spec.constant {
            return Ok(Value { texts: vec![constant.clone()], amount: None });
        }
        let Some((column, _)) = &self.source else { return Ok(Value::default()) };
        let cells = &cells[*column];
        if let Some((items, length)) = cells.list(row) {
            return self.read_list(&items, length);
        }
        let cell = cells.get(row);
        let read = match self.spec.kind {
            FieldKind::Price => self.price(cell, currency, false),
            FieldKind::Shipping => self.price(cell, currency, true),
            FieldKind::Whole => whole(cell),
            _ => self.text_of(cell).map_or(Ok(Value::default()), |text| self.text(&text)),
        };
        read.map_err(|issue| Issue { value: issue.value.or_else(|| shown(cell)), ..issue })
    }

    fn read_list(&self, items: &Cells, length: usize) -> Result<Value, Issue> {
        let mut value = Value::default();
        for item in 0..length {
            if let Cell::Text(text) = items.get(item) {
                let read = self.text(text).map_err(|issue| Issue { value: Some(text.to_owned()), ..issue })?;
                value.texts.extend(read.texts);
            }
        }
        if let Some(most) = self.spec.most.filter(|most| value.texts.len() > *most) {
            value.texts.truncate(most);
            self.cuts.add(1);
        }
        Ok(value)
    }

    /// The cell as text, with truth values and quantities in the words of the channel.
    fn text_of(&self, cell: Cell<'_>) -> Option<String> {
        let stock = |yes: bool| Some(if yes { "in_stock" } else { "out_of_stock" }.to_owned());
        match (self.spec.kind, cell) {
            (_, Cell::Text(text)) => Some(text.to_owned()),
            (FieldKind::Availability, Cell::Bool(yes)) => stock(yes),
            (FieldKind::Availability, Cell::Integer(quantity)) => stock(quantity > 0),
            (FieldKind::Availability, Cell::Decimal(quantity, _)) => stock(quantity > 0),
            (FieldKind::IdentifierExists, Cell::Bool(yes)) => Some(if yes { "yes" } else { "no" }.to_owned()),
            (_, cell) => shown(cell),
        }
    }

    fn text(&self, written: &str) -> Result<Value, Issue> {
        let cleaned = text::clean(written);
        if cleaned.is_empty() {
            return Ok(Value::default());
        }
        let text = match self.spec.kind {
            FieldKind::Url => text::url(&cleaned).map_err(|(message, message_it)| {
                Issue::new("bad-url", format!("`{cleaned}` {message}"), format!("`{cleaned}` {message_it}"))
            })?,
            FieldKind::Gtin => barcode(&cleaned)?,
            FieldKind::Choice | FieldKind::Availability | FieldKind::IdentifierExists => self.choice(&cleaned)?,
            _ => cleaned,
        };
        Ok(Value { texts: vec![self.within_length(text)?], amount: None })
    }

    fn within_length(&self, text: String) -> Result<String, Issue> {
        let Some(most) = self.spec.max_length else { return Ok(text) };
        let Some(short) = text::cut(&text, most) else { return Ok(text) };
        if self.spec.cut {
            self.cuts.add(1);
            return Ok(short);
        }
        let length = text.chars().count();
        Err(Issue::new(
            "too-long",
            format!("has {length} characters, at most {most} are allowed; shorten it"),
            format!("ha {length} caratteri, al massimo {most} sono ammessi; accorciarlo"),
        ))
    }

    fn choice(&self, text: &str) -> Result<String, Issue> {
        let word = text.to_lowercase().replace([' ', '-'], "_");
        if self.spec.values.contains(&word) {
            return Ok(word);
        }
        let possible = self.spec.values.join(", ");
        Err(Issue::new(
            "not-in-list",
            format!("`{text}` is not a value of the channel; possible: {possible}"),
            format!("`{text}` non è un valore del canale; possibili: {possible}"),
        ))
    }

    fn price(&self, cell: Cell<'_>, currency: &str, zero: bool) -> Result<Value, Issue> {
        let Some(amount) = decimal(cell) else { return Ok(Value::default()) };
        let cents = amount.rescale(2).filter(|cents| *cents == amount).ok_or_else(|| {
            Issue::new(
                "too-many-decimals",
                format!("`{amount}` has more than two decimals; round it with `ROUND(…, 2)`"),
                format!("`{amount}` ha più di due decimali; arrotondarlo con `ROUND(…, 2)`"),
            )
        })?;
        if cents.is_negative() || (cents.is_zero() && !zero) {
            return Err(Issue::new(
                "price-not-positive",
                format!("`{cents}` is not a price; it must be above zero"),
                format!("`{cents}` non è un prezzo; deve essere maggiore di zero"),
            ));
        }
        let with_currency = self.spec.with_currency || self.spec.kind == FieldKind::Shipping;
        let text = if with_currency { format!("{cents} {currency}") } else { cents.to_string() };
        Ok(Value { texts: vec![text], amount: Some(cents) })
    }
}

fn whole(cell: Cell<'_>) -> Result<Value, Issue> {
    let Some(number) = decimal(cell) else { return Ok(Value::default()) };
    match number.rescale(0).filter(|whole| *whole == number && !whole.is_negative()) {
        Some(whole) => Ok(Value { texts: vec![whole.to_string()], amount: None }),
        None => Err(Issue::new(
            "not-a-quantity",
            format!("`{number}` is not a whole number from zero"),
            format!("`{number}` non è un numero intero da zero in su"),
        )),
    }
}

/// A barcode number that may be published: well made, and not of the ranges that GS1 keeps for use inside a shop
/// (prefixes 02, 04, 2) and for coupons (98, 99).
fn barcode(written: &str) -> Result<String, Issue> {
    let number =
        gtin::normalise(written).map_err(|error| Issue::new("bad-gtin", error.message_en, error.message_it))?;
    let padded = format!("{number:0>14}");
    let prefix = &padded[1..];
    if number.len() > 8 && ["02", "04", "2", "98", "99"].iter().any(|range| prefix.starts_with(range)) {
        return Err(Issue::new(
            "bad-gtin",
            format!(
                "`{number}` is of a range for use inside a shop or for coupons, not a GTIN of the maker; leave it empty"
            ),
            format!(
                "`{number}` è di una serie per uso interno o per buoni, non un GTIN del produttore; lasciarlo vuoto"
            ),
        ));
    }
    Ok(number.into_owned())
}

fn decimal(cell: Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Integer(value) => Some(Decimal::from(value)),
        Cell::Decimal(mantissa, scale) => Some(Decimal::new(mantissa, scale)),
        _ => None,
    }
}

/// A cell as it is shown to a person.
#[must_use]
pub fn shown(cell: Cell<'_>) -> Option<String> {
    let mut out = Vec::new();
    match cell {
        Cell::Null | Cell::Nested(..) => return None,
        Cell::Text(text) => return Some(text.to_owned()),
        Cell::Integer(value) => lexeme::write_integer(value, &mut out),
        Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, b'.', &mut out),
        Cell::Float(value) => {
            lexeme::write_float(value, b'.', &mut out);
        }
        Cell::Bool(value) => return Some(value.to_string()),
        Cell::Date(days) => lexeme::write_date(days, &mut out),
        Cell::Timestamp(micros) => lexeme::write_timestamp(micros, &mut out),
    }
    String::from_utf8(out).ok()
}
