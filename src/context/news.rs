//! What a load has to tell beside its counts: small tables for the report of the run.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A small table with a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Who tells it: the name of the load.
    pub load: String,
    /// What it is about, in a few words.
    pub topic: &'static str,
    /// Names of the columns.
    pub columns: &'static [&'static str],
    /// Cells, row by row: texts and numbers.
    pub rows: Vec<Vec<Value>>,
}

impl News {
    /// The rows as a person reads them.
    #[must_use]
    pub fn shown(&self) -> Vec<Vec<String>> {
        let cell = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        self.rows.iter().map(|row| row.iter().map(cell).collect()).collect()
    }
}

impl Serialize for News {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<NewsRow<'_>> = self.rows.iter().map(|row| NewsRow { columns: self.columns, row }).collect();
        let mut news = serializer.serialize_struct("News", 3)?;
        news.serialize_field("load", &self.load)?;
        news.serialize_field("topic", self.topic)?;
        news.serialize_field("rows", &rows)?;
        news.end()
    }
}

/// A row as an object, by the names of its columns.
struct NewsRow<'a> {
    columns: &'static [&'static str],
    row: &'a [Value],
}

impl Serialize for NewsRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (name, cell) in self.columns.iter().zip(self.row) {
            map.serialize_entry(&name.replace(' ', "_"), cell)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_objects() {
        let row = vec![Value::from("€"), Value::from(2)];
        let news =
            News { load: "fatture".to_owned(), topic: "texts", columns: &["from", "for example"], rows: vec![row] };
        let json = serde_json::to_string(&news).unwrap();
        assert_eq!(json, r#"{"load":"fatture","topic":"texts","rows":[{"from":"€","for_example":2}]}"#);
        assert_eq!(news.shown(), [["€", "2"]]);
    }
}
