//! One field of a feed for one row: its text as the channel wants it, or what is wrong with it.

use std::borrow::Cow;

use regex::Regex;

use crate::context::Counter;
use crate::domain::calendar::{BUSINESS_ZONE, MICROS_PER_DAY, start_of_day};
use crate::domain::feeds::{FieldKind, FieldSpec, html, text, url};
use crate::domain::ids::gtin;
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::feed::issue::Issue;
use crate::loads::feed::row::{Row, Slot};
use crate::loads::format::cells::{Cell, Cells};
use crate::loads::format::lexeme;

/// A field that takes part in a feed.
#[derive(Clone, Debug)]
pub struct Field {
    /// The channel's name of it.
    pub name: String,
    /// What the channel asks.
    pub spec: FieldSpec,
    /// Where its values come from.
    pub source: Source,
    /// The pattern of its texts.
    pub pattern: Option<Regex>,
    /// Smallest number.
    pub min: Option<Decimal>,
    /// Largest number.
    pub max: Option<Decimal>,
    /// Currency of a price, when it is written.
    pub currency: Option<String>,
    /// Values that were cut or left out.
    pub cuts: Counter,
}

/// Where the values of a field come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column, by its position among those that the feed reads, and its name.
    Column(usize, String),
    /// The same for all rows.
    Constant(String),
    /// Other fields of the row.
    Derived,
}

/// The types that a field can come from.
#[must_use]
pub fn accepts(spec: &FieldSpec, ty: &Type) -> bool {
    let number = matches!(ty, Type::Integer | Type::Decimal { .. });
    let texts = *ty == Type::Text || (spec.most.is_some() && *ty == Type::List(Box::new(Type::Text)));
    match spec.kind {
        FieldKind::Text => texts || *ty == Type::Integer,
        FieldKind::Url | FieldKind::Image | FieldKind::Gtin | FieldKind::Choice => texts,
        FieldKind::Price | FieldKind::Amount | FieldKind::Shipping | FieldKind::Whole | FieldKind::Decimal => number,
        FieldKind::Availability => number || matches!(ty, Type::Text | Type::Bool),
        FieldKind::Instant | FieldKind::Date => matches!(ty, Type::Date | Type::Timestamp),
        FieldKind::Period => false,
        FieldKind::YesNo | FieldKind::IdentifierExists => matches!(ty, Type::Text | Type::Bool),
    }
}

/// What a field can come from, for a message.
#[must_use]
pub fn expected(spec: &FieldSpec) -> &'static str {
    match spec.kind {
        FieldKind::Text if spec.most.is_some() => "text, an integer or list<text>",
        FieldKind::Text => "text or an integer",
        FieldKind::Url | FieldKind::Image | FieldKind::Gtin | FieldKind::Choice if spec.most.is_some() => {
            "text or list<text>"
        }
        FieldKind::Url | FieldKind::Image | FieldKind::Gtin | FieldKind::Choice => "text",
        FieldKind::Price | FieldKind::Amount | FieldKind::Shipping | FieldKind::Whole | FieldKind::Decimal => {
            "a decimal or an integer"
        }
        FieldKind::Availability => "text, a number or a bool",
        FieldKind::Instant | FieldKind::Date => "a date or a timestamp",
        FieldKind::Period => "its two parts",
        FieldKind::YesNo | FieldKind::IdentifierExists => "text or a bool",
    }
}

impl Field {
    /// Reads the field of a row into `out`, at its position `at`.
    ///
    /// # Errors
    /// The value breaks a rule of the channel.
    pub fn read<'t>(&self, at: usize, cells: &'t [Cells], row: usize, out: &mut Row<'t>) -> Result<(), Issue> {
        let column = match &self.source {
            Source::Constant(constant) => {
                let slot = out.own(constant.as_bytes());
                out.set(at, slot);
                return Ok(());
            }
            Source::Derived => return Ok(()),
            Source::Column(column, _) => &cells[*column],
        };
        if let Some((items, length)) = column.list(row) {
            return self.read_list(at, &items, length, out);
        }
        let cell = column.get(row);
        let slot = self.slot(at, cell, out).map_err(|issue| match issue.value {
            Some(_) => issue,
            None => Issue { value: shown(cell), ..issue },
        })?;
        out.set(at, slot);
        Ok(())
    }

    fn slot<'t>(&self, at: usize, cell: Cell<'t>, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        match (self.spec.kind, cell) {
            (_, Cell::Null) => Ok(self.absent(out)),
            (FieldKind::Price | FieldKind::Amount | FieldKind::Shipping, cell) => self.price(at, cell, out),
            (FieldKind::Whole, cell) => self.whole(at, cell, out),
            (FieldKind::Decimal, cell) => self.decimal(at, cell, out),
            (FieldKind::Instant, cell) => Ok(instant(cell, out)),
            (FieldKind::Date, cell) => Ok(day(cell, out)),
            (FieldKind::Availability, Cell::Bool(yes)) => self.word(stock_word(yes), out),
            (FieldKind::Availability, Cell::Integer(number)) => self.word(stock_word(number > 0), out),
            (FieldKind::Availability, Cell::Decimal(number, _)) => self.word(stock_word(number > 0), out),
            (FieldKind::YesNo | FieldKind::IdentifierExists, Cell::Bool(yes)) => {
                self.word(if yes { "yes" } else { "no" }, out)
            }
            (_, Cell::Text(written)) => self.text(written, out),
            (_, cell) => {
                let written = shown(cell).unwrap_or_default();
                self.checked(&written)?;
                Ok(out.own(written.as_bytes()))
            }
        }
    }

    /// What stands for an empty value.
    fn absent<'t>(&self, out: &mut Row<'t>) -> Slot<'t> {
        self.spec.default.as_ref().map_or(Slot::Absent, |default| out.own(default.as_bytes()))
    }

    fn read_list(&self, at: usize, items: &Cells, length: usize, out: &mut Row<'_>) -> Result<(), Issue> {
        let start = out.begin_list();
        let mut made = Row::new(0);
        for item in 0..length {
            let Cell::Text(written) = items.get(item) else { continue };
            made.clear();
            match self.text(written, &mut made).map_err(|issue| issue.about(written))? {
                Slot::Text(text) => out.push_list(text.as_bytes()),
                slot @ Slot::Own(..) => out.push_list(made.bytes(slot)),
                Slot::Absent | Slot::Broken | Slot::Many(..) => {}
            }
        }
        let most = self.spec.most.unwrap_or(usize::MAX);
        let found = out.begin_list() - start;
        if found > most {
            self.cuts.add(1);
        }
        let slot = out.end_list(start, most.min(found));
        out.set(at, slot);
        match self.spec.fewest.filter(|fewest| found > 0 && found < *fewest) {
            Some(fewest) => Err(Issue::too_few(found, fewest)),
            None => Ok(()),
        }
    }

    fn text<'t>(&self, written: &'t str, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        let cleaned = match self.spec.kind {
            FieldKind::Text => self.cleaned(written),
            _ => text::clean(written, false),
        };
        if cleaned.is_empty() {
            return Ok(self.absent(out));
        }
        match self.spec.kind {
            FieldKind::Text => {
                self.checked(&cleaned)?;
                let short = self.spec.max_length.filter(|_| self.spec.cut).and_then(|most| text::cut(&cleaned, most));
                if let Some(short) = short {
                    self.cuts.add(1);
                    return Ok(out.own(short.as_bytes()));
                }
                Ok(keep(cleaned, out))
            }
            FieldKind::Url | FieldKind::Image => {
                // The usual address is written as it stands in the table.
                let encoded = match self.address(&cleaned)? {
                    Cow::Owned(encoded) => Some(encoded),
                    Cow::Borrowed(_) => None,
                };
                match encoded {
                    Some(encoded) => Ok(out.own(encoded.as_bytes())),
                    None => Ok(keep(cleaned, out)),
                }
            }
            FieldKind::Gtin => {
                let number = barcode(&cleaned)?;
                let changed = (number.len() != cleaned.len()).then(|| number.into_owned());
                match (changed, cleaned) {
                    (Some(number), _) => Ok(out.own(number.as_bytes())),
                    (None, cleaned) => Ok(keep(cleaned, out)),
                }
            }
            _ => self.word(&cleaned, out),
        }
    }

    /// The text without HTML and control characters, with parts replaced.
    fn cleaned<'t>(&self, written: &'t str) -> Cow<'t, str> {
        let plain = if self.spec.html.is_empty() { html::strip(written) } else { html::keep(written, &self.spec.html) };
        let cleaned = match plain {
            Cow::Borrowed(plain) => text::clean(plain, self.spec.lines),
            Cow::Owned(plain) => Cow::Owned(text::clean(&plain, self.spec.lines).into_owned()),
        };
        self.spec.replace.iter().fold(cleaned, |text, (old, new)| {
            if text.contains(old.as_str()) { Cow::Owned(text.replace(old.as_str(), new)) } else { text }
        })
    }

    /// Checks the length and the form of a text.
    fn checked(&self, text: &str) -> Result<(), Issue> {
        if let Some(most) = self.spec.max_length.filter(|_| !self.spec.cut)
            && let Some(length) = text::longer_than(text, most)
        {
            return Err(Issue::too_long(length, most).about(text));
        }
        if let Some(fewest) = self.spec.min_length.filter(|fewest| text.len() < fewest * 4) {
            let length = text.chars().count();
            if length < fewest {
                return Err(Issue::too_short(length, fewest).about(text));
            }
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                let written = self.spec.pattern.as_ref().map_or("", |pattern| pattern.as_str());
                Err(Issue::bad_pattern(text, written).about(text))
            }
            _ => Ok(()),
        }
    }

    /// The address as it is written.
    fn address<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, Issue> {
        let encoded = url::encode(text).map_err(|(message, message_it)| {
            Issue::new("bad-url", format!("`{text}` {message}"), format!("`{text}` {message_it}")).about(text)
        })?;
        if self.spec.https && !url::is_https(&encoded) {
            return Err(Issue::not_https(text).about(text));
        }
        if let Some(most) = self.spec.max_length.filter(|most| encoded.len() > *most) {
            return Err(Issue::too_long(encoded.len(), most).about(text));
        }
        if self.spec.kind == FieldKind::Image && !self.spec.extensions.is_empty() {
            let extension = url::extension(&encoded);
            if let Some(extension) = extension.filter(|extension| !self.spec.extensions.contains(extension)) {
                return Err(Issue::bad_image(&extension, &self.spec.extensions).about(text));
            }
        }
        Ok(encoded)
    }

    /// The channel's word for a value.
    fn word<'t>(&self, written: &str, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        if self.spec.values.is_empty() {
            return Ok(out.own(written.as_bytes()));
        }
        if let Some(word) = self.spec.values.word(written) {
            return Ok(out.own(word.as_bytes()));
        }
        let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
        let wanted = plain(written);
        let known = self.spec.values.possible().into_iter().find(|value| plain(value) == wanted);
        match known.and_then(|value| self.spec.values.word(value)) {
            Some(word) => Ok(out.own(word.as_bytes())),
            None => Err(Issue::not_in_list(written, &self.spec.values.possible()).about(written)),
        }
    }

    fn price<'t>(&self, at: usize, cell: Cell<'t>, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        let Some(amount) = number(cell) else { return Ok(Slot::Absent) };
        let decimals = self.spec.decimals.unwrap_or(2);
        let units = units(amount, decimals).ok_or_else(|| Issue::too_many_decimals(&amount.to_string(), decimals))?;
        if units < 0 || (units == 0 && self.spec.kind == FieldKind::Price) {
            return Err(Issue::not_positive(&Decimal::new(i128::from(units), decimals).to_string()));
        }
        self.within(amount)?;
        out.set_number(at, units);
        Ok(out.write(|memory| {
            lexeme::write_decimal(i128::from(units), decimals, b'.', memory);
            if let Some(currency) = &self.currency {
                memory.push(b' ');
                memory.extend_from_slice(currency.as_bytes());
            }
        }))
    }

    fn whole<'t>(&self, at: usize, cell: Cell<'t>, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        let Some(amount) = number(cell) else { return Ok(Slot::Absent) };
        let units = units(amount, 0).filter(|units| *units >= 0);
        let units = units.ok_or_else(|| Issue::not_a_quantity(&amount.to_string()))?;
        self.within(amount)?;
        out.set_number(at, units);
        Ok(out.write(|memory| lexeme::write_integer(units, memory)))
    }

    fn decimal<'t>(&self, at: usize, cell: Cell<'t>, out: &mut Row<'t>) -> Result<Slot<'t>, Issue> {
        let Some(amount) = number(cell) else { return Ok(Slot::Absent) };
        let decimals = self.spec.decimals.unwrap_or(2);
        let units = units(amount, decimals).ok_or_else(|| Issue::too_many_decimals(&amount.to_string(), decimals))?;
        self.within(amount)?;
        out.set_number(at, units);
        Ok(out.write(|memory| lexeme::write_decimal(i128::from(units), decimals, b'.', memory)))
    }

    fn within(&self, amount: Decimal) -> Result<(), Issue> {
        if let Some(min) = self.min.filter(|min| amount < *min) {
            return Err(Issue::out_of_range(&amount.to_string(), &min.to_string(), true));
        }
        match self.max.filter(|max| amount > *max) {
            Some(max) => Err(Issue::out_of_range(&amount.to_string(), &max.to_string(), false)),
            None => Ok(()),
        }
    }
}

fn keep<'t>(text: Cow<'t, str>, out: &mut Row<'t>) -> Slot<'t> {
    match text {
        Cow::Borrowed(text) => Slot::Text(text),
        Cow::Owned(text) => out.own(text.as_bytes()),
    }
}

fn stock_word(yes: bool) -> &'static str {
    if yes { "in_stock" } else { "out_of_stock" }
}

/// A barcode number of the maker.
///
/// # Errors
/// It is none, or one for use inside a shop.
pub fn barcode(written: &str) -> Result<Cow<'_, str>, Issue> {
    let number = if gtin::is_valid(written) {
        Cow::Borrowed(written)
    } else {
        gtin::normalise(written)
            .map_err(|error| Issue::new("bad-gtin", error.message_en, error.message_it).about(written))?
    };
    if gtin::is_restricted(&number) {
        return Err(Issue::new(
            "bad-gtin",
            format!(
                "`{number}` is of a range for use inside a shop or for coupons, not a GTIN of the maker; leave it empty"
            ),
            format!(
                "`{number}` è di una serie per uso interno o per buoni, non un GTIN del produttore; lasciarlo vuoto"
            ),
        )
        .about(written));
    }
    Ok(number)
}

fn number(cell: Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Integer(value) => Some(Decimal::from(value)),
        Cell::Decimal(mantissa, scale) => Some(Decimal::new(mantissa, scale)),
        _ => None,
    }
}

/// The number in units of its last decimal, when it has no more decimals and is not beyond all prices.
fn units(amount: Decimal, decimals: u8) -> Option<i64> {
    if amount.scale == decimals {
        return i64::try_from(amount.mantissa).ok();
    }
    let exact = amount.rescale(decimals).filter(|exact| *exact == amount)?;
    i64::try_from(exact.mantissa).ok()
}

/// `2026-11-24T00:00+01:00`: a day begins at midnight in Italy, an instant is told in its clock.
fn instant<'t>(cell: Cell<'t>, out: &mut Row<'t>) -> Slot<'t> {
    let micros = match cell {
        Cell::Date(day) => start_of_day(day, BUSINESS_ZONE),
        Cell::Timestamp(micros) => Some(micros),
        _ => None,
    };
    let local = micros.and_then(chrono::DateTime::from_timestamp_micros).map(|utc| utc.with_timezone(&BUSINESS_ZONE));
    let Some(local) = local else { return Slot::Absent };
    out.write(|memory| {
        let offset = chrono::Offset::fix(local.offset()).local_minus_utc() / 60;
        let micros = local.naive_local().and_utc().timestamp_micros();
        let (days, rest) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY) / 60_000_000);
        lexeme::write_date(i32::try_from(days).unwrap_or_default(), memory);
        let sign = if offset < 0 { '-' } else { '+' };
        let clock =
            format!("T{:02}:{:02}{sign}{:02}:{:02}", rest / 60, rest % 60, offset.abs() / 60, offset.abs() % 60);
        memory.extend_from_slice(clock.as_bytes());
    })
}

fn day<'t>(cell: Cell<'t>, out: &mut Row<'t>) -> Slot<'t> {
    let days = match cell {
        Cell::Date(day) => Some(day),
        Cell::Timestamp(micros) => crate::domain::calendar::business_day(micros),
        _ => None,
    };
    days.map_or(Slot::Absent, |days| out.write(|memory| lexeme::write_date(days, memory)))
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
