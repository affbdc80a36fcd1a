//! The formats of a file source, as the user writes them, and which one a file name means.
//!
//! Only configuration lives here; each format is read in its own module.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::{Placed, Text};

/// Format of a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormatSpec {
    /// Separated values, one row a line; TSV with `delimiter: tab`.
    Csv(Box<CsvFormat>),
    /// JSON Lines: one object a line.
    Jsonl(Box<JsonlFormat>),
    /// One JSON document that holds an array of objects.
    Json(Box<JsonFormat>),
    /// One XML document with repeated elements.
    Xml(Box<XmlFormat>),
    /// A workbook: `.xlsx`, `.xls`, `.xlsb` or `.ods`, recognised by content.
    Xlsx(Box<SheetFormat>),
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, also called Feather.
    Ipc,
}

/// Separated values.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvFormat {
    /// Character between fields: `,` unless said, or the word `tab`.
    #[serde(default)]
    pub delimiter: Option<Text>,
    /// Character around fields that hold the delimiter or a line break, doubled inside: `"` unless said, `""` for none.
    #[serde(default)]
    pub quote: Option<Text>,
    /// Whether the first line holds the names of the columns: `true` unless said. Without it, columns are found by
    /// position.
    #[serde(default)]
    pub header: Option<bool>,
    /// Lines to pass over before the header.
    #[serde(default)]
    pub skip: Option<Placed<u32>>,
    /// Encoding of the file: `utf-8` unless said, `windows-1252`, `iso-8859-15`, `utf-16le`, ….
    #[serde(default)]
    pub encoding: Option<Text>,
    /// Decimal mark of numbers: `.` unless said, or `,`.
    #[serde(default)]
    pub decimal: Option<Text>,
    /// Thousands separator of numbers: `.`, `,`, a blank or `'`; none unless said.
    #[serde(default)]
    pub thousands: Option<Text>,
    /// Form of dates: `%Y-%m-%d` unless said, `%d/%m/%Y`, `%d-%m-%Y`, `%d.%m.%Y` or `%Y%m%d`.
    #[serde(default)]
    pub date: Option<Text>,
    /// Form of the date that a timestamp begins with: ISO 8601 unless said, else one of the forms of `date`.
    #[serde(default)]
    pub timestamp: Option<Text>,
    /// Zone of timestamps that do not say theirs, as in `Europe/Rome`: UTC unless said.
    #[serde(default)]
    pub timezone: Option<Text>,
    /// Texts that mean nothing: the empty one unless said.
    #[serde(default)]
    pub null: Option<Vec<Text>>,
    /// Whether blanks around values are dropped: `true` unless said.
    #[serde(default)]
    pub trim: Option<bool>,
}

/// JSON Lines. Numbers keep their digits, keys are looked up by the `from` of each column (`billing.email`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonlFormat {
    /// Form of dates in texts: `%Y-%m-%d` unless said.
    #[serde(default)]
    pub date: Option<Text>,
    /// Form of the date that a timestamp begins with: ISO 8601 unless said.
    #[serde(default)]
    pub timestamp: Option<Text>,
    /// Zone of timestamps that do not say theirs: UTC unless said.
    #[serde(default)]
    pub timezone: Option<Text>,
    /// Texts that mean nothing: the empty one unless said. `null` always does.
    #[serde(default)]
    pub null: Option<Vec<Text>>,
}

/// A JSON document.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonFormat {
    /// Path of the array of records, as in `$.data.items`; the document itself unless said.
    #[serde(default)]
    pub records: Option<Text>,
    /// Form of dates in texts: `%Y-%m-%d` unless said.
    #[serde(default)]
    pub date: Option<Text>,
    /// Form of the date that a timestamp begins with: ISO 8601 unless said.
    #[serde(default)]
    pub timestamp: Option<Text>,
    /// Zone of timestamps that do not say theirs: UTC unless said.
    #[serde(default)]
    pub timezone: Option<Text>,
    /// Texts that mean nothing: the empty one unless said. `null` always does.
    #[serde(default)]
    pub null: Option<Vec<Text>>,
}

/// An XML document. No DTD and no entities beyond the five of XML are accepted; prefixes of names are ignored unless the
/// path says them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XmlFormat {
    /// Path of the repeated element, from the root or from its children: `Products/Product`. The `from` of a column is a
    /// path inside it: `Code`, `Vat/@Perc`, `.` for its own text; repeated children are a `list<…>` column.
    pub record: Text,
    /// Encoding, when the document does not say its own.
    #[serde(default)]
    pub encoding: Option<Text>,
    /// Decimal mark of numbers: `.` unless said, or `,`.
    #[serde(default)]
    pub decimal: Option<Text>,
    /// Thousands separator of numbers; none unless said.
    #[serde(default)]
    pub thousands: Option<Text>,
    /// Form of dates: `%Y-%m-%d` unless said.
    #[serde(default)]
    pub date: Option<Text>,
    /// Form of the date that a timestamp begins with: ISO 8601 unless said.
    #[serde(default)]
    pub timestamp: Option<Text>,
    /// Zone of timestamps that do not say theirs: UTC unless said.
    #[serde(default)]
    pub timezone: Option<Text>,
    /// Texts that mean nothing: the empty one unless said.
    #[serde(default)]
    pub null: Option<Vec<Text>>,
    /// Whether blanks around values are dropped: `true` unless said.
    #[serde(default)]
    pub trim: Option<bool>,
}

/// A sheet of a workbook. Numbers and dates that cells hold as such need no format; the rest is for cells that hold text.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetFormat {
    /// Name of the sheet; the first one unless said.
    #[serde(default)]
    pub sheet: Option<Text>,
    /// Row of the column names, from 1: the first row that holds anything unless said. `0` when there is none: columns are
    /// then found by position.
    #[serde(default)]
    pub header_row: Option<Placed<u32>>,
    /// Cells to read, as in `B3:F200` or `B:F`; all of the sheet unless said.
    #[serde(default)]
    pub range: Option<Text>,
    /// Decimal mark of numbers written as text: `.` unless said, or `,`.
    #[serde(default)]
    pub decimal: Option<Text>,
    /// Thousands separator of numbers written as text; none unless said.
    #[serde(default)]
    pub thousands: Option<Text>,
    /// Form of dates written as text: `%Y-%m-%d` unless said.
    #[serde(default)]
    pub date: Option<Text>,
    /// Form of the date of timestamps written as text: ISO 8601 unless said.
    #[serde(default)]
    pub timestamp: Option<Text>,
    /// Zone of timestamps: UTC unless said.
    #[serde(default)]
    pub timezone: Option<Text>,
    /// Texts that mean nothing: the empty one unless said.
    #[serde(default)]
    pub null: Option<Vec<Text>>,
    /// Whether blanks around values are dropped: `true` unless said.
    #[serde(default)]
    pub trim: Option<bool>,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// A ZIP archive of files.
    Zip,
}

impl Packing {
    /// The packing that a file name means, and the name without its extension.
    #[must_use]
    pub fn of(name: &str) -> (Self, &str) {
        let cut = |length: usize| name.get(..name.len() - length).unwrap_or(name);
        match extension(name).as_str() {
            "gz" => (Self::Gzip, cut(3)),
            "zip" => (Self::Zip, cut(4)),
            _ => (Self::None, name),
        }
    }
}

/// Extensions that name a format, for messages.
pub const EXTENSIONS: &str =
    ".csv, .tsv, .json, .jsonl, .ndjson, .xml, .xlsx, .xls, .xlsb, .ods, .parquet, .arrow, .ipc, each also with .gz";

impl FormatSpec {
    /// The format that the extension of a file name means. XML has none, because nothing says which element repeats.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (_, name) = Packing::of(name);
        match extension(name).as_str() {
            "csv" | "txt" => Some(Self::Csv(Box::default())),
            "tsv" | "tab" => {
                Some(Self::Csv(Box::new(CsvFormat { delimiter: Some(Text::from("\t")), ..CsvFormat::default() })))
            }
            "json" => Some(Self::Json(Box::default())),
            "jsonl" | "ndjson" => Some(Self::Jsonl(Box::default())),
            "xlsx" | "xls" | "xlsb" | "xlsm" | "ods" => Some(Self::Xlsx(Box::default())),
            "parquet" => Some(Self::Parquet),
            "arrow" | "ipc" | "feather" => Some(Self::Ipc),
            _ => None,
        }
    }

    /// The word of the pipeline language.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Jsonl(_) => "jsonl",
            Self::Json(_) => "json",
            Self::Xml(_) => "xml",
            Self::Xlsx(_) => "xlsx",
            Self::Parquet => "parquet",
            Self::Ipc => "ipc",
        }
    }
}

fn extension(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_formats() {
        let cases = [
            ("giacenze/*.csv", Some("csv"), Packing::None),
            ("a.CSV.GZ", Some("csv"), Packing::Gzip),
            ("a.ndjson.gz", Some("jsonl"), Packing::Gzip),
            ("a.zip", None, Packing::Zip),
            ("a.b/listino", None, Packing::None),
            ("listino.xls", Some("xlsx"), Packing::None),
            ("x.parquet", Some("parquet"), Packing::None),
            ("x.arrow", Some("ipc"), Packing::None),
            ("x.xml", None, Packing::None),
        ];
        for (name, format, packing) in cases {
            assert_eq!(FormatSpec::of(name).map(|format| format.name()), format, "{name}");
            assert_eq!(Packing::of(name).0, packing, "{name}");
        }
    }

    #[test]
    fn the_kind_is_the_key() {
        let csv: FormatSpec =
            serde_json::from_str(r#"{"csv": {"delimiter": ";", "skip": 2, "null": ["n.d."]}}"#).unwrap();
        assert!(matches!(csv, FormatSpec::Csv(csv) if csv.skip.is_some_and(|skip| skip.value == 2)));
        assert!(matches!(serde_json::from_str(r#""parquet""#), Ok(FormatSpec::Parquet)));
        assert!(serde_json::from_str::<FormatSpec>(r#"{"csv": {"separator": ";"}}"#).is_err());
    }
}
