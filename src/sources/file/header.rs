//! The names in a header and where declared columns are found by them.

use std::collections::HashMap;

use crate::context::{BindCx, NodeError};
use crate::contract::{ColumnRule, Columns};
use crate::diag::{Code, Diagnostic, did_you_mean};

/// The header of a table: names, or only how many fields there are.
#[derive(Clone, Debug)]
pub struct Header {
    names: Vec<String>,
    is_positions: bool,
}

/// Which field feeds which column.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Fields of a whole row.
    pub fields: usize,
    /// Field and column, in the order of the fields.
    pub slots: Vec<(usize, usize)>,
}

/// Declared columns that the header lacks.
#[derive(Clone, Debug)]
pub struct Missing(Vec<ColumnRule>);

impl Header {
    /// A header of names.
    pub fn names(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect(), is_positions: false }
    }

    /// No header: fields are known by position, from 1.
    #[must_use]
    pub fn positions(fields: usize) -> Self {
        Self { names: (1..=fields).map(|position| position.to_string()).collect(), is_positions: true }
    }

    /// Names of text columns when nothing is declared: nameless fields are `column_3`, a name that repeats gets a number.
    #[must_use]
    pub fn column_names(&self) -> Vec<String> {
        let mut taken: HashMap<String, usize> = HashMap::new();
        let names = self.names.iter().enumerate().map(|(index, name)| {
            let name =
                if self.is_positions || name.is_empty() { format!("column_{}", index + 1) } else { name.clone() };
            let times = taken.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
            if *times == 1 { name } else { format!("{name}_{times}") }
        });
        names.collect()
    }

    /// Where the declared columns are.
    ///
    /// # Errors
    /// The columns that the header lacks and that may not be absent.
    pub fn layout(&self, columns: &Columns) -> Result<Layout, Missing> {
        let own = self.column_names();
        let mut slots = Vec::new();
        let mut missing = Vec::new();
        for (slot, rule) in columns.rules().iter().enumerate() {
            match self.position(rule, slot, &own) {
                Some(field) => slots.push((field, slot)),
                None if rule.may_be_absent => {}
                None => missing.push(rule.clone()),
            }
        }
        slots.sort_unstable();
        if missing.is_empty() { Ok(Layout { fields: self.names.len(), slots }) } else { Err(Missing(missing)) }
    }

    /// By name; by the name we gave it; without header by the number in `from`, else by the order of declaration.
    fn position(&self, rule: &ColumnRule, slot: usize, own: &[String]) -> Option<usize> {
        let by_name = self.names.iter().position(|name| *name == rule.from);
        let found = by_name.or_else(|| own.iter().position(|name| *name == rule.from));
        if found.is_some() || !self.is_positions || rule.from.parse::<usize>().is_ok() {
            return found;
        }
        (slot < self.names.len()).then_some(slot)
    }

    fn known(&self) -> String {
        const SHOWN: usize = 60;
        let mut known: Vec<String> = self.names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        if self.names.len() > SHOWN {
            known.push(format!("and {} more", self.names.len() - SHOWN));
        }
        known.join(", ")
    }

    /// The usual reason for a header of one name: another separator.
    fn hint(&self) -> Option<&'static str> {
        let [name] = self.names.as_slice() else { return None };
        let candidates = [
            (';', "the header looks separated by `;`: set `delimiter: \";\"` in the format"),
            ('\t', "the header looks separated by tabs: set `delimiter: tab` in the format"),
            (',', "the header looks separated by `,`: set `delimiter: \",\"` in the format"),
            ('|', "the header looks separated by `|`: set `delimiter: \"|\"` in the format"),
        ];
        candidates.iter().find(|(mark, _)| name.contains(*mark)).map(|(_, hint)| *hint)
    }
}

impl Missing {
    /// Reports each missing column where it was declared.
    pub fn report(&self, shown: &str, header: &Header, cx: &BindCx) {
        for rule in &self.0 {
            let diagnostic = Diagnostic::error(Code::ColumnMissing, rule.place, message(rule, shown));
            cx.report(help(rule, header).into_iter().fold(diagnostic, Diagnostic::help));
        }
    }

    /// The same as an error of the run.
    #[must_use]
    pub fn into_error(&self, shown: &str, header: &Header) -> NodeError {
        let Some(first) = self.0.first() else { return NodeError::new(Code::Internal, "no column is missing") };
        let names: Vec<String> = self.0.iter().map(|rule| format!("`{}`", rule.from)).collect();
        let message = if names.len() == 1 {
            message(first, shown)
        } else {
            format!("`{shown}` has no columns {}", names.join(", "))
        };
        help(first, header).into_iter().fold(NodeError::new(Code::ColumnMissing, message), NodeError::help)
    }
}

fn help(rule: &ColumnRule, header: &Header) -> Vec<String> {
    let nearest = did_you_mean(&rule.from, header.names.iter().map(String::as_str));
    let renamed = nearest.map(|nearest| format!("{nearest} (renamed by the supplier?)"));
    let hint = header.hint().map(str::to_owned);
    let known = format!("columns in the file: {}", header.known());
    hint.into_iter()
        .chain(renamed)
        .chain([known, "a column that may be absent says `required: false`".to_owned()])
        .collect()
}

fn message(rule: &ColumnRule, shown: &str) -> String {
    format!("`{shown}` has no column `{}`", rule.from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header::names(names.iter().map(|name| (*name).to_owned()))
    }

    fn columns(froms: &[&str]) -> Columns {
        let rules = froms.iter().enumerate().map(|(index, from)| ColumnRule {
            from: (*from).to_owned(),
            ..ColumnRule::plain(format!("c{index}"), "text".parse().unwrap())
        });
        Columns::new(rules.collect(), Vec::new())
    }

    #[test]
    fn columns_are_found_by_name() {
        let layout = header(&["Codice", "Qta", "Nota"]).layout(&columns(&["Nota", "Codice", "Codice"])).unwrap();
        assert_eq!((layout.fields, layout.slots), (3, vec![(0, 1), (0, 2), (2, 0)]));
    }

    #[test]
    fn a_renamed_column_is_explained() {
        let header = header(&["Codice articolo", "Giacenze"]);
        let missing = header.layout(&columns(&["Codice articolo", "Giacenza"])).unwrap_err();
        let error = missing.into_error("MI.csv", &header);
        assert_eq!(error.message, "`MI.csv` has no column `Giacenza`");
        assert!(error.help[0].contains("`Giacenze`") && error.help[0].contains("renamed"), "{:?}", error.help);
        assert!(error.help[1].contains("`Codice articolo`, `Giacenze`"), "{:?}", error.help);
    }

    #[test]
    fn another_separator_is_suspected() {
        let header = header(&["Codice;Giacenza"]);
        let missing = header.layout(&columns(&["Codice"])).unwrap_err();
        assert!(missing.into_error("MI.csv", &header).help[0].contains("delimiter: \";\""));
    }

    #[test]
    fn without_header_positions_count() {
        let header = Header::positions(3);
        assert_eq!(header.layout(&columns(&["a", "3"])).unwrap().slots, [(0, 0), (2, 1)]);
        assert!(header.layout(&columns(&["4"])).is_err());
        assert_eq!(header.column_names(), ["column_1", "column_2", "column_3"]);
    }

    #[test]
    fn own_names_are_distinct() {
        assert_eq!(header(&["a", "", "a"]).column_names(), ["a", "column_2", "a_2"]);
    }
}
