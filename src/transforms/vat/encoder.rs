//! Rows as keys: what a decision looks at, as bytes. Addresses become the place they lie in, VAT numbers their country.
//!
//! Not here: what is decided of a key (`kernel`).

use polars::prelude::{PlHashMap, StringChunked};

use crate::domain::ids::vat_number;
use crate::domain::vat::place::{MEMBERS, Place, has_territories};
use crate::transforms::vat::kernel::{Part, REMEMBERED};

pub(super) const NULL_MARK: u8 = 0x1e;
pub(super) const END_MARK: u8 = 0x1f;
pub(super) const ADDRESS: [&str; 4] = ["buyer_country", "buyer_postcode", "buyer_province", "buyer_territory"];
pub(super) const SHIP_TO: [&str; 4] = ["ship_to_country", "ship_to_postcode", "", ""];

/// What addresses and VAT numbers come to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) places: PlHashMap<Vec<u8>, Vec<u8>>,
    pub(super) numbers: PlHashMap<Vec<u8>, Vec<u8>>,
    /// Countries as written, and whether their postcodes mean anything.
    special: PlHashMap<String, bool>,
}

/// Inputs that are not taken as they are.
pub(super) fn is_encoded(part: &Part) -> bool {
    match part {
        Part::Input(name) => ADDRESS.contains(name) || SHIP_TO.contains(name) || *name == "vat_id",
        Part::Flag(_) => false,
    }
}

/// Appends a cell.
pub(super) fn push(key: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(text) => key.extend(text.bytes().filter(|byte| *byte != END_MARK)),
        None => key.push(NULL_MARK),
    }
    key.push(END_MARK);
}

/// Puts places and VAT numbers into keys, each looked at once per batch.
pub(super) struct Encoder<'k> {
    pub(super) columns: &'k [StringChunked],
    pub(super) plain: Vec<usize>,
    pub(super) buyer: [Option<usize>; 4],
    pub(super) ship_to: [Option<usize>; 4],
    vat_id: Option<usize>,
    pub(super) found: Found,
    buffer: Vec<u8>,
}

impl<'k> Encoder<'k> {
    /// An encoder for the columns of `parts`.
    pub(super) fn new(parts: &[(Part, String)], columns: &'k [StringChunked], found: Found) -> Self {
        let index = |name: &str| parts.iter().position(|(part, _)| matches!(part, Part::Input(own) if *own == name));
        Self {
            columns,
            plain: (0..).zip(parts).filter(|(_, (part, _))| !is_encoded(part)).map(|(index, _)| index).collect(),
            buyer: ADDRESS.map(index),
            ship_to: SHIP_TO.map(index),
            vat_id: index("vat_id"),
            found,
            buffer: Vec::new(),
        }
    }

    fn cell(&self, index: Option<usize>, row: usize) -> Option<&'k str> {
        self.columns.get(index?)?.get(row)
    }

    /// Two cells: the country and the territory, by whatever the address says.
    pub(super) fn address(&mut self, indices: [Option<usize>; 4], row: usize, key: &mut Vec<u8>) {
        if indices.iter().all(Option::is_none) {
            key.extend_from_slice(&[END_MARK, END_MARK]);
            return;
        }
        let mut cells = indices.map(|index| self.cell(index, row));
        if cells[3].is_none_or(str::is_empty) && !self.is_special(cells[0].unwrap_or_default()) {
            (cells[1], cells[2]) = (None, None);
        }
        self.buffer.clear();
        for cell in cells {
            push(&mut self.buffer, cell);
        }
        if let Some(place) = self.found.places.get(&self.buffer) {
            key.extend_from_slice(place);
            return;
        }
        let place = place(cells.map(Option::unwrap_or_default));
        key.extend_from_slice(&place);
        self.found.places.insert(self.buffer.clone(), place);
    }

    /// Whether a country has territories that its postcodes tell apart.
    fn is_special(&mut self, country: &str) -> bool {
        if let Some(is_special) = self.found.special.get(country) {
            return *is_special;
        }
        let is_special = has_territories(country);
        if self.found.special.len() < REMEMBERED {
            self.found.special.insert(country.to_owned(), is_special);
        }
        is_special
    }

    /// One cell: the prefix of the number, `bad` when it is malformed.
    pub(super) fn vat_id(&mut self, row: usize, key: &mut Vec<u8>) {
        if let Some(number) = self.cell(self.vat_id, row).filter(|number| !number.trim().is_empty()) {
            let country = self.cell(self.buyer[0], row).unwrap_or_default();
            self.buffer.clear();
            push(&mut self.buffer, Some(number));
            push(&mut self.buffer, Some(country));
            if let Some(class) = self.found.numbers.get(&self.buffer) {
                key.extend_from_slice(class);
            } else {
                let class = class_of(number, country).into_bytes();
                key.extend_from_slice(&class);
                self.found.numbers.insert(self.buffer.clone(), class);
            }
        }
        key.push(END_MARK);
    }
}

/// The cells of a place: what is recognised no longer needs its postcode.
fn place([country, postcode, province, territory]: [&str; 4]) -> Vec<u8> {
    let found = Place::of(country, postcode, province, territory).ok();
    let territory = found.map_or(territory, |place| place.territory.map_or("", |territory| territory.code));
    let mut cells = Vec::new();
    push(&mut cells, Some(&country.trim().to_uppercase()));
    push(&mut cells, Some(territory));
    cells
}

/// What a VAT number says: its prefix, `bad` when it is malformed, nothing outside the Union.
fn class_of(number: &str, country: &str) -> String {
    let place = Place::of(country, "", "", "").ok();
    let own = place.as_ref().map_or("", |place| place.country.as_str());
    let prefixed = format!("{own}{}", number.trim());
    let starts_with_letters = number.trim().bytes().take(2).filter(u8::is_ascii_alphabetic).count() == 2;
    let as_written = vat_number::normalise(number).ok().map(|found| found.chars().take(2).collect::<String>());
    if let Some(prefix) = as_written.filter(|_| starts_with_letters) {
        return prefix;
    }
    if !MEMBERS.contains(&own) && own != "XI" {
        return String::new();
    }
    match vat_number::normalise(&prefixed) {
        Ok(_) => own.to_owned(),
        Err(_) => "bad".to_owned(),
    }
}
