//! One XML record being collected: the texts of its elements and attributes, by column, until the record ends.

use crate::contract::nested::push_text;
use crate::contract::{Batch, CellFormat, Checked, ColumnBuilder, Decoder, Flaw};
use crate::domain::types::Type;
use crate::sources::file::xml_tree::Target;

/// The texts of the present record. Memory is used again for the next.
pub struct Record {
    slots: Vec<Slot>,
}

struct Slot {
    shape: Shape,
    /// The text of a single value, or of all items and fields one after the other.
    text: String,
    /// Where each item ends; for records, each field.
    pieces: Vec<Piece>,
    /// Records so far, for columns with parts.
    records: usize,
    is_repeated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Single,
    List,
    Struct,
    Structs,
}

/// A piece of a slot's text: the item, or the field of a record.
struct Piece {
    record: usize,
    field: usize,
    start: usize,
    end: usize,
}

impl Record {
    /// An empty record of these columns.
    #[must_use]
    pub fn new(decoder: &Decoder) -> Self {
        let shape = |ty: &Type| match ty {
            Type::List(item) if matches!(item.as_ref(), Type::Struct(_)) => Shape::Structs,
            Type::List(_) => Shape::List,
            Type::Struct(_) => Shape::Struct,
            _ => Shape::Single,
        };
        let slot = |index| Slot {
            shape: shape(decoder.base(index)),
            text: String::new(),
            pieces: Vec::new(),
            records: 0,
            is_repeated: false,
        };
        Self { slots: (0..decoder.width()).map(slot).collect() }
    }

    /// Forgets the texts.
    pub fn clear(&mut self) {
        for slot in &mut self.slots {
            slot.text.clear();
            slot.pieces.clear();
            slot.records = 0;
            slot.is_repeated = false;
        }
    }

    /// An element that is a record of a column with parts begins.
    pub fn begin_record(&mut self, slot: usize) {
        self.slots[slot].records += 1;
    }

    /// A text begins, with an element or attribute.
    #[inline]
    pub fn begin(&mut self, target: Target) {
        let (slot, record, field) = self.place(target);
        let slot = &mut self.slots[slot];
        let is_single = matches!(target, Target::Single(_));
        let is_twice = match target {
            Target::Single(_) => !slot.pieces.is_empty(),
            Target::Item(_) => false,
            Target::Field { .. } => {
                slot.pieces.iter().rev().take_while(|piece| piece.record == record).any(|piece| piece.field == field)
            }
        };
        slot.is_repeated |= is_twice && (is_single || slot.shape != Shape::List);
        let start = slot.text.len();
        slot.pieces.push(Piece { record, field, start, end: start });
    }

    /// Adds to the text of a target that has begun.
    #[inline]
    pub fn add(&mut self, target: Target, text: &str) {
        let (slot, record, field) = self.place(target);
        let Slot { text: whole, pieces, .. } = &mut self.slots[slot];
        let Some(piece) = pieces.iter_mut().rev().find(|piece| piece.record == record && piece.field == field) else {
            return;
        };
        if piece.end != whole.len() {
            // Another piece stands between: what this one has moves to the end.
            let start = whole.len();
            whole.extend_from_within(piece.start..piece.end);
            piece.start = start;
        }
        whole.push_str(text);
        piece.end = whole.len();
    }

    /// Bytes collected for a column, to stop a document that never ends one.
    #[must_use]
    pub fn length(&self, target: Target) -> usize {
        self.slots[self.place(target).0].text.len()
    }

    fn place(&self, target: Target) -> (usize, usize, usize) {
        match target {
            Target::Single(slot) | Target::Item(slot) => (slot, 0, 0),
            Target::Field { slot, field } => (slot, self.slots[slot].records, field),
        }
    }

    /// Feeds the cells of the record to the batch; the caller ends the row.
    pub fn feed(&self, batch: &mut Batch<'_>) {
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_repeated {
                batch.spoil(Some(index), Some(slot.text.clone()), Flaw::repeated());
            }
            match slot.shape {
                Shape::Single if slot.pieces.is_empty() => {}
                Shape::Single => batch.cell(index, &slot.text),
                _ if slot.pieces.is_empty() && slot.records == 0 => {}
                _ => {
                    batch.nested_cell(
                        index,
                        |builder, ty, format| slot.fill(builder, ty, format),
                        || slot.text.clone(),
                    );
                }
            }
        }
    }

    /// The record as JSON, for the reject store.
    #[must_use]
    pub fn to_json(&self, decoder: &Decoder) -> String {
        let value = |slot: &Slot| {
            let texts = slot.pieces.iter().map(|piece| slot.text[piece.start..piece.end].into());
            match slot.shape {
                Shape::Single if slot.pieces.is_empty() => serde_json::Value::Null,
                Shape::Single => slot.text.as_str().into(),
                _ => serde_json::Value::Array(texts.collect()),
            }
        };
        let fields = self.slots.iter().enumerate().map(|(index, slot)| (decoder.name(index).to_owned(), value(slot)));
        serde_json::Value::Object(fields.collect()).to_string()
    }
}

impl Slot {
    fn fill(&self, builder: &mut ColumnBuilder, ty: &Type, format: &CellFormat) -> Checked<()> {
        match ty {
            Type::List(item) => {
                let filled = self.fill_items(builder, item, format);
                builder.end_list();
                filled
            }
            Type::Struct(fields) if self.records == 1 => self.fill_struct(builder, fields, 1, format),
            _ => {
                builder.push_null();
                Err(Flaw::repeated())
            }
        }
    }

    fn fill_items(&self, builder: &mut ColumnBuilder, item: &Type, format: &CellFormat) -> Checked<()> {
        let Some(items) = builder.items() else { return Ok(()) };
        let mut first = Ok(());
        if let Type::Struct(fields) = item {
            for record in 1..=self.records {
                first = first.and(self.fill_struct(items, fields, record, format));
            }
            return first;
        }
        for piece in &self.pieces {
            first = first.and(push_text(items, item, &self.text[piece.start..piece.end], format));
        }
        first
    }

    fn fill_struct(
        &self,
        builder: &mut ColumnBuilder,
        fields: &[(String, Type)],
        record: usize,
        format: &CellFormat,
    ) -> Checked<()> {
        let mut first = Ok(());
        let rows = builder.len();
        for piece in self.pieces.iter().filter(|piece| piece.record == record) {
            let Some(field) = builder.field(piece.field).filter(|field| field.len() == rows) else { continue };
            let pushed = push_text(field, &fields[piece.field].1, &self.text[piece.start..piece.end], format);
            first = first.and(pushed);
        }
        builder.end_struct();
        first
    }
}
