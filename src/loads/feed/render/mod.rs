//! The file of a feed, from the fields of a row: separated values, XML, JSON.
//!
//! Everything that is the same for all rows is made into bytes once; a row is copied together.

pub mod csv;
pub mod json;
pub mod xml;

use crate::loads::feed::render::csv::CsvRender;
use crate::loads::feed::render::json::JsonRender;
use crate::loads::feed::render::xml::XmlRender;
use crate::loads::feed::row::Row;

/// Writes the rows of a feed.
pub enum Render {
    /// Separated values.
    Csv(CsvRender),
    /// XML.
    Xml(XmlRender),
    /// JSON.
    Json(JsonRender),
}

impl Render {
    /// Appends what stands before the first row.
    pub fn begin(&self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.begin(out),
            Self::Xml(xml) => xml.begin(out),
            Self::Json(json) => json.begin(out),
        }
    }

    /// Appends a row with its number in the feed. The first [`Render::separator`] bytes of it are not written for the
    /// first row of a file.
    pub fn row(&self, row: &Row, number: u64, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.row(row, out),
            Self::Xml(xml) => xml.row(row, out),
            Self::Json(json) => json.row(row, number, out),
        }
    }

    /// Appends the row of an article that is no longer published.
    pub fn removed(&self, row: &Row, number: u64, out: &mut Vec<u8>) {
        match self {
            Self::Json(json) => json.removed(row, number, out),
            _ => self.row(row, number, out),
        }
    }

    /// How many bytes of a row separate it from the one before.
    #[must_use]
    pub fn separator(&self) -> usize {
        match self {
            Self::Json(json) => json.separator().len(),
            _ => 0,
        }
    }

    /// Appends what stands after the last row.
    pub fn end(&self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(_) => {}
            Self::Xml(xml) => xml.end(out),
            Self::Json(json) => json.end(out),
        }
    }

    /// Most rows of one file.
    #[must_use]
    pub fn most_rows(&self) -> Option<u64> {
        match self {
            Self::Json(json) => json.most_rows,
            _ => None,
        }
    }
}
