//! The columns of a table, in order, with their types.
//!
//! Nothing here knows where a table comes from.

use std::fmt;

use indexmap::IndexMap;

use super::{Type, parse::quoted};

/// The columns of a table. Two schemas are equal when they have the same columns in the same order.
#[derive(Clone, Debug, Default)]
pub struct Schema(IndexMap<String, Type>);

impl Schema {
    /// A table without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The type of a column, by its exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    /// Adds a column at the end, or changes the type of one that is there, and answers the type it had.
    pub fn insert(&mut self, name: impl Into<String>, column: Type) -> Option<Type> {
        self.0.insert(name.into(), column)
    }

    /// Takes a column away, keeping the order of the others.
    pub fn remove(&mut self, name: &str) -> Option<Type> {
        self.0.shift_remove(name)
    }

    /// Gives a column another name in the same place; `false`, and nothing done, when it is not there or the new name is taken.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        if from != to && self.contains(to) {
            return false;
        }
        let Some(position) = self.position(from) else { return false };
        self.0.replace_index(position, to.to_owned()).is_ok()
    }

    /// Whether a column is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Where a column stands, from zero.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.get_index_of(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and types, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Type)> {
        self.0.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}

impl Eq for Schema {}

impl<N: Into<String>> FromIterator<(N, Type)> for Schema {
    fn from_iter<I: IntoIterator<Item = (N, Type)>>(columns: I) -> Self {
        Self(columns.into_iter().map(|(name, column)| (name.into(), column)).collect())
    }
}

impl<N: Into<String>> Extend<(N, Type)> for Schema {
    fn extend<I: IntoIterator<Item = (N, Type)>>(&mut self, columns: I) {
        self.0.extend(columns.into_iter().map(|(name, column)| (name.into(), column)));
    }
}

impl IntoIterator for Schema {
    type Item = (String, Type);
    type IntoIter = indexmap::map::IntoIter<String, Type>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Prints the columns on one line: `sku: text, price: decimal(18,2)`.
impl fmt::Display for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, column)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{}: {column}", quoted(name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Schema {
        [("sku", Type::Text), ("prezzo netto", Type::MONEY), ("attivo", Type::Bool)].into_iter().collect()
    }

    #[test]
    fn order_is_kept_and_counts() {
        let mut schema = sample();
        assert_eq!(schema.to_string(), "sku: text, \"prezzo netto\": decimal(18,2), attivo: bool");
        assert_eq!(schema.insert("sku", Type::Integer), Some(Type::Text));
        assert_eq!(schema.insert("nuovo", Type::Date), None);
        assert_eq!(schema.remove("prezzo netto"), Some(Type::MONEY));
        assert_eq!(schema.names().collect::<Vec<_>>(), ["sku", "attivo", "nuovo"]);
        let turned: Schema = sample().into_iter().collect::<Vec<_>>().into_iter().rev().collect();
        assert_ne!(turned, sample());
        assert_eq!(sample(), sample());
    }

    #[test]
    fn renaming_keeps_the_place_and_never_overwrites() {
        let mut schema = sample();
        assert!(schema.rename("prezzo netto", "prezzo"));
        assert_eq!(schema.position("prezzo"), Some(1));
        assert!(!schema.rename("prezzo", "sku"));
        assert!(!schema.rename("manca", "altro"));
        assert!(schema.rename("sku", "sku"));
        assert_eq!(schema.len(), 3);
        assert_eq!(schema.get("prezzo"), Some(&Type::MONEY));
    }
}
