//! The cells of a JSON record, read straight from its bytes.
//!
//! Keys that no column needs are passed over without building anything; numbers keep their digits.

use jiter::{Jiter, JiterError, Peek};

use crate::contract::{Batch, Decoder, Flaw};
use crate::domain::types::Type;
use crate::sources::file::json_path::{Node, Segment};
use crate::sources::file::json_value::{kind, push_value, skip, visit};
use crate::sources::file::lines::{LineFormat, Scratch};

/// Records whose columns are known.
pub struct JsonRecords {
    tree: Node,
    types: Vec<Type>,
}

impl JsonRecords {
    /// Records of these columns.
    #[must_use]
    pub fn new(tree: Node, decoder: &Decoder) -> Self {
        Self { tree, types: (0..decoder.width()).map(|slot| decoder.base(slot).clone()).collect() }
    }
}

impl LineFormat for JsonRecords {
    fn record(&self, record: &str, scratch: &mut Scratch, batch: &mut Batch<'_>) {
        let mut json = Jiter::with_tape(record.as_bytes(), std::mem::take(&mut scratch.tape));
        let mut cells = Cells { types: &self.types, batch };
        if let Err(error) = cells.record(&mut json, &self.tree) {
            let position = json.error_position(error.index);
            batch.spoil(None, None, Flaw::json(&format!("{} at column {}", error.error_type, position.column)));
        }
        scratch.tape = json.into_tape();
    }
}

struct Cells<'c, 'd> {
    types: &'c [Type],
    batch: &'c mut Batch<'d>,
}

impl Cells<'_, '_> {
    fn record(&mut self, json: &mut Jiter<'_>, tree: &Node) -> Result<(), JiterError> {
        let peek = json.peek()?;
        if peek == Peek::Object || tree.first_slot().is_none() || tree.children.is_empty() {
            self.value(json, tree, peek)?;
        } else {
            let flaw = Flaw::wrong_shape(&Type::Struct(Vec::new()), kind(peek));
            self.batch.spoil(None, None, flaw);
            json.known_skip(peek)?;
        }
        json.finish()
    }

    /// A value that some column, here or below, needs.
    fn value(&mut self, json: &mut Jiter<'_>, node: &Node, peek: Peek) -> Result<(), JiterError> {
        match (node.slots.as_slice(), node.children.is_empty(), node.tails.is_empty()) {
            ([slot], true, true) => self.cell(json, *slot, peek),
            ([], _, true) => self.object(json, node, peek),
            _ => self.several(json, node, peek),
        }
    }

    fn object(&mut self, json: &mut Jiter<'_>, node: &Node, peek: Peek) -> Result<(), JiterError> {
        if peek != Peek::Object {
            return self.no_object(json, node, peek);
        }
        let mut cursor = 0;
        let mut key = json.known_object()?.map(|key| find(node, key, &mut cursor));
        while let Some(child) = key {
            let peek = json.peek()?;
            match child {
                Some(child) => self.value(json, child, peek)?,
                None => json.known_skip(peek)?,
            }
            key = json.next_key()?.map(|key| find(node, key, &mut cursor));
        }
        Ok(())
    }

    /// Nothing below the keys; PHP writes an empty object as `[]`.
    fn no_object(&mut self, json: &mut Jiter<'_>, node: &Node, peek: Peek) -> Result<(), JiterError> {
        let raw = skip(json, peek)?;
        let is_nothing = peek == Peek::Null || (peek == Peek::Array && raw.trim_matches(['[', ']', ' ']).is_empty());
        if !is_nothing {
            let flaw = Flaw::wrong_shape(&Type::Struct(Vec::new()), kind(peek));
            self.batch.spoil(node.first_slot(), Some(raw.to_owned()), flaw);
        }
        Ok(())
    }

    /// A value that more than one column needs: its text is read once for each.
    fn several(&mut self, json: &mut Jiter<'_>, node: &Node, peek: Peek) -> Result<(), JiterError> {
        let raw = skip(json, peek)?;
        for slot in &node.slots {
            self.raw_cell(*slot, raw)?;
        }
        if !node.children.is_empty() {
            let mut inside = Jiter::new(raw.as_bytes());
            let peek = inside.peek()?;
            self.object(&mut inside, node, peek)?;
        }
        node.tails.iter().try_for_each(|(slot, tail)| self.tail(*slot, raw, tail))
    }

    /// A column that takes something inside arrays.
    fn tail(&mut self, slot: usize, raw: &str, tail: &[Segment]) -> Result<(), JiterError> {
        if !tail.contains(&Segment::All) {
            let mut found = None;
            visit(raw, tail, &mut |value| {
                found = found.or(Some(value));
                Ok(())
            })?;
            return match found {
                Some(value) => self.raw_cell(slot, value),
                None => Ok(()),
            };
        }
        let mut syntax = Ok(());
        self.batch.nested_cell(
            slot,
            |builder, ty, format| {
                let Type::List(item) = ty else { return Err(Flaw::wrong_shape(ty, "a list")) };
                let mut flaw = Ok(());
                syntax = visit(raw, tail, &mut |value| {
                    let mut inside = Jiter::new(value.as_bytes());
                    let peek = inside.peek()?;
                    let Some(items) = builder.items() else { return Ok(()) };
                    let pushed = push_value(items, item, &mut inside, peek, format)?;
                    flaw = std::mem::replace(&mut flaw, Ok(())).and(pushed);
                    Ok(())
                });
                builder.end_list();
                flaw
            },
            || raw.to_owned(),
        );
        syntax
    }

    fn raw_cell(&mut self, slot: usize, raw: &str) -> Result<(), JiterError> {
        let mut inside = Jiter::new(raw.as_bytes());
        let peek = inside.peek()?;
        self.cell(&mut inside, slot, peek)
    }

    fn cell(&mut self, json: &mut Jiter<'_>, slot: usize, peek: Peek) -> Result<(), JiterError> {
        if self.types[slot].is_nested() {
            return self.nested(json, slot, peek);
        }
        match peek {
            Peek::Null => {
                json.known_null()?;
                self.batch.empty_cell(slot);
            }
            Peek::String => self.batch.cell(slot, json.known_str()?),
            Peek::True | Peek::False => {
                let text = if json.known_bool(peek)? { "true" } else { "false" };
                self.batch.cell(slot, text);
            }
            Peek::Array | Peek::Object => {
                let raw = skip(json, peek)?;
                if self.types[slot] == Type::Text {
                    self.batch.cell(slot, raw);
                } else {
                    let flaw = Flaw::wrong_shape(&self.types[slot], kind(peek));
                    self.batch.spoil(Some(slot), Some(raw.to_owned()), flaw);
                }
            }
            number => {
                let digits = json.known_number_bytes(number)?;
                self.batch.cell(slot, std::str::from_utf8(digits).unwrap_or_default());
            }
        }
        Ok(())
    }

    fn nested(&mut self, json: &mut Jiter<'_>, slot: usize, peek: Peek) -> Result<(), JiterError> {
        if peek == Peek::Null {
            json.known_null()?;
            self.batch.empty_cell(slot);
            return Ok(());
        }
        let raw = skip(json, peek)?;
        let mut syntax = Ok(());
        self.batch.nested_cell(
            slot,
            |builder, ty, format| {
                let mut inside = Jiter::new(raw.as_bytes());
                let pushed = inside.peek().and_then(|peek| push_value(builder, ty, &mut inside, peek, format));
                pushed.unwrap_or_else(|error| {
                    syntax = Err(error);
                    Ok(())
                })
            },
            || raw.to_owned(),
        );
        syntax
    }
}

/// The child of that key. Records of a file have their keys in the same order, so the search goes on where it ended.
#[inline]
fn find<'n>(node: &'n Node, key: &str, cursor: &mut usize) -> Option<&'n Node> {
    let (before, after) = node.children.split_at((*cursor).min(node.children.len()));
    let ahead = after.iter().position(|(name, _)| name == key).map(|index| before.len() + index);
    let index = ahead.or_else(|| before.iter().position(|(name, _)| name == key))?;
    *cursor = index + 1;
    node.children.get(index).map(|(_, child)| child)
}
