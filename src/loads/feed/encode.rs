//! Rows of a batch into the bytes of a feed: each is checked against the channel, then written or kept back.
//!
//! Pure but for the counters of cut texts, so that parts of a batch can be encoded side by side.

use std::ops::Range;

use crate::domain::feeds::{FieldKind, Hasher};
use crate::loads::feed::issue::Issue;
use crate::loads::feed::render::Render;
use crate::loads::feed::row::{Row, Slot};
use crate::loads::feed::value::{Field, barcode};
use crate::loads::format::cells::Table;

/// Encodes rows.
pub struct Encoder {
    /// Fields that take part.
    pub fields: Vec<Field>,
    /// The field that names a row.
    pub key: usize,
    /// The price that the guard looks at.
    pub price: Option<usize>,
    /// What fields ask of one another.
    pub relations: Vec<Relation>,
    /// Form of the file.
    pub render: Render,
    /// Hash of the name of each field; a field that becomes empty changes the row.
    pub names: Vec<u64>,
}

/// What fields ask of one another; fields by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Must be filled.
    Required(usize),
    /// Must be filled when another has one of these values.
    RequiredIf(usize, usize, Vec<String>),
    /// Is a barcode number when another has one of these values.
    GtinIf(usize, usize, Vec<String>),
    /// Is written only in rows that have the other; never when that does not take part.
    OnlyWith(usize, Option<usize>),
    /// Is below another price.
    Below(usize, usize),
    /// Is above another price.
    Above(usize, usize),
    /// Is made of two others.
    Period(usize, usize, usize),
    /// Says that a row has no identifiers: itself, then GTIN, brand and part number, when the channel has them.
    IdentifierExists(usize, [Option<usize>; 3]),
    /// At least one is filled.
    AnyOf(Vec<usize>),
    /// Variants of a group differ in one of these.
    Variants(usize, Vec<usize>),
}

/// A row that the channel would accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Its position in the batch.
    pub row: usize,
    /// Where its bytes begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// Where its key ends, among the keys.
    pub key_end: usize,
    /// Hash of its key.
    pub key: u64,
    /// Hash of what belongs to a feed of prices and quantities.
    pub offer: u64,
    /// Hash of everything else.
    pub rest: u64,
    /// Its price, in cents.
    pub price: Option<i64>,
}

/// A row that the channel would refuse: its position in the batch, and what is wrong with which field.
pub type Refused = (usize, Vec<(usize, Issue)>);

/// What became of some rows.
#[derive(Default)]
pub struct Encoded {
    /// The rows one after the other.
    pub bytes: Vec<u8>,
    /// Their keys one after the other.
    pub keys: Vec<u8>,
    /// Rows that the channel would accept.
    pub accepted: Vec<Accepted>,
    /// The others.
    pub refused: Vec<Refused>,
}

impl Encoded {
    /// Forgets everything, and keeps the memory.
    fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
        self.accepted.clear();
        self.refused.clear();
    }
}

impl Encoder {
    /// Encodes some rows of a batch into memory that is used again; `before` rows came before the batch.
    pub fn encode(&self, table: &Table, rows: Range<usize>, before: u64, encoded: &mut Encoded) {
        encoded.clear();
        let mut row = Row::new(self.fields.len());
        for index in rows {
            row.clear();
            let issues = self.read(table, index, &mut row);
            if issues.is_empty() {
                self.accept(index, &row, before + index as u64 + 1, encoded);
            } else {
                encoded.refused.push((index, issues));
            }
        }
    }

    fn accept(&self, index: usize, row: &Row, number: u64, encoded: &mut Encoded) {
        let start = encoded.bytes.len();
        self.render.row(row, number, &mut encoded.bytes);
        let key = row.text(self.key).unwrap_or_default();
        encoded.keys.extend_from_slice(key);
        let [offer, rest] = self.hash(row);
        encoded.accepted.push(Accepted {
            row: index,
            start,
            end: encoded.bytes.len(),
            key_end: encoded.keys.len(),
            key: crate::domain::feeds::hash::hash(key),
            offer,
            rest,
            price: self.price.and_then(|price| row.number(price)),
        });
    }

    /// Appends the row of an article that is no longer published.
    pub fn removed(&self, key: &str, removed: &[(usize, String)], number: u64, out: &mut Vec<u8>) {
        let mut row = Row::new(self.fields.len());
        let slot = row.own(key.as_bytes());
        row.set(self.key, slot);
        for (field, value) in removed {
            let slot = row.own(value.as_bytes());
            row.set(*field, slot);
        }
        self.render.removed(&row, number, out);
    }

    fn hash(&self, row: &Row) -> [u64; 2] {
        let mut hashers = [Hasher::default(); 2];
        for (index, field) in self.fields.iter().enumerate() {
            if index == self.key || field.spec.hidden || !row.is_given(index) {
                continue;
            }
            let hasher = &mut hashers[usize::from(!field.spec.offer)];
            hasher.add_hash(self.names[index]);
            row.texts(index).for_each(|text| hasher.add(text));
        }
        hashers.map(Hasher::finish)
    }

    /// Reads the fields of a row; everything that is wrong with them.
    fn read<'t>(&self, table: &'t Table, index: usize, row: &mut Row<'t>) -> Vec<(usize, Issue)> {
        let mut issues = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            if let Err(issue) = field.read(at, &table.cells, index, row) {
                row.set(at, Slot::Broken);
                issues.push((at, self.in_own_words(at, issue)));
            }
        }
        for relation in &self.relations {
            if let Some((at, issue)) = self.relate(relation, row) {
                issues.push((at, self.in_own_words(at, issue)));
            }
        }
        issues
    }

    /// The channel's own words for what to do, when it has any.
    fn in_own_words(&self, at: usize, issue: Issue) -> Issue {
        let Some(help) = &self.fields[at].spec.help else { return issue };
        let what = |message: &str| message.split("; ").next().unwrap_or_default().to_owned();
        let message = format!("{}; {}", what(&issue.message), help.en);
        let message_it = format!("{}; {}", what(&issue.message_it), help.it);
        Issue { message, message_it, ..issue }
    }

    /// Fills what follows from other fields, and finds what contradicts them.
    fn relate(&self, relation: &Relation, row: &mut Row) -> Option<(usize, Issue)> {
        let is_absent = |row: &Row, at: usize| row.slot(at) == Slot::Absent;
        match relation {
            Relation::Required(at) => is_absent(row, *at).then(|| (*at, Issue::missing())),
            Relation::RequiredIf(at, other, values) => {
                let text = one_of(row, *other, values)?;
                is_absent(row, *at).then(|| (*at, Issue::missing_with(&self.fields[*other].name, &text)))
            }
            Relation::GtinIf(at, other, values) => {
                one_of(row, *other, values)?;
                barcode_number(*at, row)
            }
            Relation::OnlyWith(at, other) => {
                if !other.is_some_and(|other| row.is_given(other)) {
                    row.set(*at, Slot::Absent);
                }
                None
            }
            Relation::Below(at, other) => self.compare(*at, *other, true, row),
            Relation::Above(at, other) => self.compare(*at, *other, false, row),
            Relation::Period(at, start, end) => period(*at, *start, *end, row),
            Relation::IdentifierExists(at, others) => identifiers(*at, *others, row),
            Relation::AnyOf(fields) => {
                let none = fields.iter().all(|field| is_absent(row, *field));
                none.then(|| (fields[0], Issue::none_of(&self.names_of(fields))))
            }
            Relation::Variants(group, fields) => {
                let is_plain = row.is_given(*group) && fields.iter().all(|field| is_absent(row, *field));
                is_plain.then(|| (*group, Issue::same_variants(&row.shown(*group), &self.names_of(fields))))
            }
        }
    }

    fn names_of(&self, fields: &[usize]) -> Vec<&str> {
        fields.iter().map(|field| self.fields[*field].name.as_str()).collect()
    }

    fn compare(&self, at: usize, other: usize, below: bool, row: &Row) -> Option<(usize, Issue)> {
        let (value, limit) = (row.number(at)?, row.number(other)?);
        let is_wrong = if below { value >= limit } else { value <= limit };
        let both = || (row.shown(at), row.shown(other));
        is_wrong.then(|| {
            let (value, limit) = both();
            (at, Issue::not_beside(&value, &self.fields[other].name, &limit, below).about(value.clone()))
        })
    }
}

/// The text of a field when it is one of these values.
fn one_of(row: &Row, field: usize, values: &[String]) -> Option<String> {
    let text = row.text(field).filter(|text| values.iter().any(|value| value.as_bytes() == *text))?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// Brings a text that is a barcode number to its usual form.
fn barcode_number(at: usize, row: &mut Row) -> Option<(usize, Issue)> {
    row.text(at)?;
    match barcode(&row.shown(at)) {
        Ok(number) => {
            let slot = row.own(number.as_bytes());
            row.set(at, slot);
            None
        }
        Err(issue) => Some((at, issue)),
    }
}

fn period(at: usize, start: usize, end: usize, row: &mut Row) -> Option<(usize, Issue)> {
    let (Some(from), Some(to)) = (row.text(start), row.text(end)) else { return None };
    // Both are in one form; the offsets of summer and winter differ by less than what makes a period.
    if from >= to {
        let (from, to) = (row.shown(start), row.shown(end));
        let issue = Issue::new(
            "empty-period",
            format!("`{from}` is not before `{to}`; correct one of them"),
            format!("`{from}` non precede `{to}`; correggere uno dei due"),
        );
        return Some((at, issue.about(from)));
    }
    let text = [from, b"/", to].concat();
    let slot = row.own(&text);
    row.set(at, slot);
    None
}

/// Says `no` for goods without identifiers, so that the channel does not ask for them.
fn identifiers(at: usize, [gtin, brand, mpn]: [Option<usize>; 3], row: &mut Row) -> Option<(usize, Issue)> {
    let is_given = |row: &Row, field: Option<usize>| field.is_some_and(|field| row.slot(field) != Slot::Absent);
    if row.text(at) == Some(b"no") {
        return is_given(row, gtin).then(|| (at, Issue::contradiction().about("no")));
    }
    let identified = is_given(row, gtin) || (is_given(row, brand) && is_given(row, mpn));
    if row.slot(at) == Slot::Absent && !identified {
        let slot = row.own(b"no");
        row.set(at, slot);
    }
    None
}

/// Whether the kind can be the price that a guard looks at.
#[must_use]
pub fn is_price(field: &Field) -> bool {
    field.spec.kind == FieldKind::Price
}
