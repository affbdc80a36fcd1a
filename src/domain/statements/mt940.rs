//! Bank statement MT940: tags at the start of lines, amounts with a comma, `C` and `D` for their direction.
//!
//! `:20:` reference, `:25:` account, `:28C:` number and page, `:60F:` opening balance, `:61:` movement, `:86:` its text, `:62F:`
//! closing balance. Pages (`:60M:`, `:62M:`) of one statement are put together.

use chrono::{Datelike, NaiveDate};

use super::amount::{amount, given};
use super::delimited::text;
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};
use crate::domain::money::Decimal;

/// Reads all statements of a file.
///
/// # Errors
/// The file has no tags of a statement.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let text = text(bytes);
    let fields = fields(&text);
    if !fields.iter().any(|field| field.tag == "60F" || field.tag == "61") {
        return Err(StatementError::new(
            "no `:60F:` and no `:61:` field: this is no MT940 statement",
            "mancano i campi `:60F:` e `:61:`: non è un estratto conto MT940",
        ));
    }
    let mut reader = Reader::default();
    for field in &fields {
        reader.take(field);
    }
    reader.close();
    Ok(reader.read)
}

struct Field<'a> {
    line: u64,
    tag: &'a str,
    value: String,
}

/// Tags with their values; lines without a tag continue the one before.
fn fields(text: &str) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    for (line, at) in text.lines().zip(1_u64..) {
        let line = line.trim_end();
        let tagged = line.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        match tagged
            .filter(|(tag, _)| (2..=3).contains(&tag.len()) && tag.as_bytes()[..2].iter().all(u8::is_ascii_digit))
        {
            Some((tag, value)) => fields.push(Field { line: at, tag, value: value.to_owned() }),
            None if line.starts_with('-') || line.starts_with('{') => {}
            None => {
                if let Some(last) = fields.last_mut() {
                    last.value.push('\n');
                    last.value.push_str(line);
                }
            }
        }
    }
    fields
}

#[derive(Default)]
struct Reader {
    read: Read,
    open: Option<Statement>,
}

impl Reader {
    fn take(&mut self, field: &Field<'_>) {
        let value = field.value.trim();
        match field.tag {
            "20" => {
                self.close();
                self.open = Some(Statement { id: given(value), ..Statement::default() });
            }
            "25" => self.statement().account = given(value),
            "28C" | "28" => {
                let number = value.split('/').next().and_then(|number| number.trim().parse().ok());
                self.statement().number = number;
            }
            "60F" | "60M" => {
                if let Some((balance, currency, day)) = balance(value) {
                    let statement = self.statement();
                    statement.opening = Some(balance);
                    statement.currency = Some(currency);
                    statement.from = Some(day);
                }
            }
            "62F" | "62M" => {
                if let Some((balance, _, day)) = balance(value) {
                    let statement = self.statement();
                    statement.closing = Some(balance);
                    statement.to = Some(day);
                }
            }
            "61" => self.movement(field),
            "86" => {
                if let Some(entry) = self.statement().entries.last_mut() {
                    entry.text = given(&value.replace('\n', ""));
                    end_to_end(entry);
                }
            }
            _ => {}
        }
    }

    fn statement(&mut self) -> &mut Statement {
        self.open.get_or_insert_default()
    }

    fn movement(&mut self, field: &Field<'_>) {
        let currency = self.statement().currency.clone();
        let Some(entry) = movement(field, currency) else {
            self.statement().unread += 1;
            self.read.bad_lines.push(BadLine {
                line: field.line,
                column: Some(":61:".to_owned()),
                value: Some(field.value.clone()),
                message: "expected value date, `C` or `D`, and an amount such as `231124C1234,56` in `:61:`".to_owned(),
                message_it: "attesi data valuta, `C` o `D` e importo, come `231124C1234,56`, in `:61:`".to_owned(),
            });
            return;
        };
        self.statement().entries.push(entry);
    }

    /// Ends the open statement; a further page of the same one is put to it.
    fn close(&mut self) {
        let Some(statement) = self.open.take() else { return };
        if let Some(last) = self.read.statements.last_mut()
            && statement.number.is_some()
            && (&last.account, last.number, &last.currency)
                == (&statement.account, statement.number, &statement.currency)
            && last.closing == statement.opening
        {
            last.closing = statement.closing;
            last.to = statement.to;
            last.unread += statement.unread;
            last.entries.extend(statement.entries);
            return;
        }
        self.read.statements.push(statement);
    }
}

/// `C231124EUR1234,56`: direction, day, currency, amount.
fn balance(value: &str) -> Option<(Decimal, String, NaiveDate)> {
    let (mark, rest) = value.split_at_checked(1)?;
    let (date, rest) = rest.split_at_checked(6)?;
    let (currency, figure) = rest.split_at_checked(3)?;
    let figure = amount(figure, Some(b','))?;
    Some((if mark == "D" { -figure } else { figure }, currency.to_owned(), short_day(date)?))
}

fn short_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%y%m%d").ok()
}

/// `2311241124RC1234,56NTRFreference//bank reference`.
fn movement(field: &Field<'_>, currency: Option<String>) -> Option<Entry> {
    let (first, rest) = field.value.split_once('\n').unwrap_or((&field.value, ""));
    let (date, tail) = first.split_at_checked(6)?;
    let value_on = short_day(date)?;
    let (booked, tail) = match tail.split_at_checked(4) {
        Some((day, tail)) if day.bytes().all(|byte| byte.is_ascii_digit()) => (Some(day), tail),
        _ => (None, tail),
    };
    let marks = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (mark, tail) = tail.split_at_checked(marks)?;
    let sign = match mark.as_bytes() {
        [b'C', ..] | [b'R', b'D', ..] => 1,
        [b'D', ..] | [b'R', b'C', ..] => -1,
        _ => return None,
    };
    let digits = tail.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b',').count();
    let (figure, tail) = tail.split_at_checked(digits)?;
    let figure = amount(figure, Some(b','))?;
    let net = if sign < 0 { -figure } else { figure };
    let (raw_kind, references) = tail.split_at_checked(4).unwrap_or((tail, ""));
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    Some(Entry {
        line: field.line,
        id: given(bank),
        kind: EntryKind::Movement,
        raw_kind: given(raw_kind),
        text: given(rest),
        reference: given(own).filter(|own| own != "NONREF"),
        booked_on: Some(booked.and_then(|day| booking_day(day, value_on)).unwrap_or(value_on)),
        value_on: Some(value_on),
        currency,
        gross: Some(net),
        net,
        ..Entry::default()
    })
}

/// The booking day has no year: the one that is nearest to the value date.
fn booking_day(text: &str, value_on: NaiveDate) -> Option<NaiveDate> {
    let (month, day) = (text.get(..2)?.parse().ok()?, text.get(2..)?.parse().ok()?);
    [-1, 0, 1]
        .into_iter()
        .filter_map(|shift| NaiveDate::from_ymd_opt(value_on.year() + shift, month, day))
        .min_by_key(|day| (*day - value_on).num_days().abs())
}

/// Structured texts (`/EREF/…`, `?20EREF+…`) hold the end-to-end reference.
fn end_to_end(entry: &mut Entry) {
    let Some(text) = &entry.text else { return };
    let found = ["/EREF/", "EREF+"].into_iter().find_map(|mark| text.split_once(mark));
    let reference = found.and_then(|(_, rest)| given(rest.split(['/', '?']).next().unwrap_or_default()));
    entry.reference = reference.filter(|own| own != "NOTPROVIDED").or_else(|| entry.reference.take());
}
