//! Checks the columns that a user wrote and makes [`Columns`] of them, reporting every mistake at once.

use std::collections::HashMap;

use regex::Regex;

use crate::contract::checks::Checks;
use crate::contract::spec::{ColumnDetails, ColumnSpec, ColumnSpecs};
use crate::contract::value::{CellFormat, Value, read_column};
use crate::contract::{ColumnRule, Columns};
use crate::diag::{Code, Diagnostic, Diagnostics, Place, Placed, Text, did_you_mean};
use crate::domain::types::{ColumnType, Type};

/// The columns of a contract or of a source, with every mistake in them. `None` when there is any error.
#[must_use]
pub fn compile(specs: &ColumnSpecs, key: &[Text]) -> (Option<Columns>, Diagnostics) {
    let mut found = Diagnostics::new();
    let rules: Vec<Option<ColumnRule>> =
        specs.iter().map(|(name, spec)| Compiler { name, found: &mut found }.rule(spec)).collect();
    check_names(specs, &mut found);
    check_key(specs, key, &mut found);
    let rules = rules.into_iter().collect::<Option<Vec<ColumnRule>>>();
    let key = key.iter().map(Text::to_string).collect();
    let columns = rules.filter(|_| !found.has_errors()).map(|rules| Columns::new(rules, key));
    (columns, found)
}

fn check_names(specs: &ColumnSpecs, found: &mut Diagnostics) {
    if specs.is_empty() {
        found.push(Diagnostic::error(Code::BadContract, Place::NONE, "expected at least one column in `columns`"));
    }
    let mut lower: HashMap<String, &Text> = HashMap::new();
    for name in specs.keys() {
        if name.trim().is_empty() {
            found.push(Diagnostic::error(Code::BadContract, name.place(), "a column without a name"));
        }
        if let Some(first) = lower.insert(name.to_lowercase(), name) {
            let message = format!("columns `{first}` and `{name}` differ only in upper and lower case");
            found.push(
                Diagnostic::warning(Code::DuplicateColumn, name.place(), message)
                    .related(first.place(), "the first one"),
            );
        }
    }
}

fn check_key(specs: &ColumnSpecs, key: &[Text], found: &mut Diagnostics) {
    for name in key.iter().filter(|name| !specs.contains_key(name.as_str())) {
        let message = format!("unknown column `{name}` in `key`");
        let names = specs.keys().map(Text::as_str);
        let diagnostic = Diagnostic::error(Code::UnknownColumn, name.place(), message);
        found.push(
            diagnostic
                .helps(did_you_mean(name, names.clone()))
                .help(format!("known columns: {}", names.collect::<Vec<_>>().join(", "))),
        );
    }
}

struct Compiler<'c> {
    name: &'c Text,
    found: &'c mut Diagnostics,
}

impl Compiler<'_> {
    fn rule(&mut self, spec: &Placed<ColumnSpec>) -> Option<ColumnRule> {
        match &spec.value {
            ColumnSpec::Word(word) => {
                let word = Text::new(word.as_str(), spec.place);
                let mut rule = ColumnRule::plain(self.name.as_str(), self.column_type(&word)?);
                rule.place = self.name.place();
                Some(rule)
            }
            ColumnSpec::Details(details) => self.detailed(details),
        }
    }

    fn detailed(&mut self, details: &ColumnDetails) -> Option<ColumnRule> {
        let ty = self.column_type(&details.ty)?;
        let checks = self.checks(details, &ty);
        let default = details.default.as_ref().and_then(|text| self.value(text, &ty, "default"));
        if let (Some(value), Some(text)) = (&default, &details.default)
            && let Err(flaw) = checks.judge(value, text)
        {
            self.error(
                Code::BadContract,
                text.place(),
                format!("the default of `{}` breaks its own rules: {}", self.name, flaw.message),
            );
        }
        if details.unique && ty.base().is_nested() {
            self.error(
                Code::BadContract,
                details.ty.place(),
                format!("column `{}` is `{ty}`: only single values can be unique", self.name),
            );
        }
        Some(ColumnRule {
            name: self.name.to_string(),
            from: details.from.as_ref().map_or_else(|| self.name.to_string(), Text::to_string),
            may_be_absent: details.required == Some(false) || default.is_some(),
            required: details.required == Some(true),
            unique: details.unique,
            checks: (!checks.is_empty()).then_some(checks),
            default,
            place: details.from.as_ref().map_or(self.name.place(), Text::place),
            ty,
        })
    }

    fn column_type(&mut self, word: &Text) -> Option<ColumnType> {
        match word.parse::<ColumnType>() {
            Ok(ty) => Some(ty),
            Err(error) => {
                let names = ColumnType::all_names();
                let at = error.cause.at.min(word.len());
                let diagnostic =
                    Diagnostic::error(Code::BadValue, word.inside(at, word.len() - at), error.cause.message.clone());
                let known = format!("known types: {}", names.join(", "));
                self.found.push(diagnostic.helps(did_you_mean(word, names.iter().copied())).help(known));
                None
            }
        }
    }

    fn checks(&mut self, details: &ColumnDetails, ty: &ColumnType) -> Checks {
        let min = details.min.as_ref().and_then(|text| self.limit(text, ty, "min"));
        let max = details.max.as_ref().and_then(|text| self.limit(text, ty, "max"));
        if let (Some((low, _)), Some((high, _)), Some(place)) = (&min, &max, details.max.as_ref().map(Text::place))
            && low > high
        {
            self.error(
                Code::BadContract,
                place,
                format!("`max` of `{}` is below its `min`: no row could pass", self.name),
            );
        }
        let one_of = details.one_of.as_ref().map(|texts| self.list(texts, ty));
        let pattern = details.pattern.as_ref().and_then(|text| self.pattern(text, ty));
        let max_length = details
            .max_length
            .as_ref()
            .and_then(|length| self.only_text(length.place, ty, "max_length").then_some(length.value));
        Checks { min, max, one_of, pattern, max_length }
    }

    fn limit(&mut self, text: &Text, ty: &ColumnType, key: &str) -> Option<(Value<'static>, String)> {
        let base = ty.base();
        if !base.is_numeric() && !matches!(base, Type::Date | Type::Timestamp) {
            let message = format!("`{key}` is for numbers, dates and timestamps, and `{}` is `{ty}`", self.name);
            self.error(Code::BadContract, text.place(), message);
            return None;
        }
        Some((self.value(text, ty, key)?, text.to_string()))
    }

    fn list(&mut self, texts: &[Text], ty: &ColumnType) -> (Vec<Value<'static>>, Vec<String>) {
        let values = texts.iter().filter_map(|text| self.value(text, ty, "one_of")).collect();
        (values, texts.iter().map(Text::to_string).collect())
    }

    fn value(&mut self, text: &Text, ty: &ColumnType, key: &str) -> Option<Value<'static>> {
        match read_column(ty, text, &CellFormat::canonical()) {
            Ok(value) => Some(value.into_owned()),
            Err(flaw) => {
                self.error(
                    Code::BadValue,
                    text.place(),
                    format!("`{key}` of `{}` is not a `{ty}`: {}", self.name, flaw.message),
                );
                None
            }
        }
    }

    fn pattern(&mut self, text: &Text, ty: &ColumnType) -> Option<(Regex, String)> {
        if !self.only_text(text.place(), ty, "pattern") {
            return None;
        }
        match Regex::new(&format!("^(?:{})$", text.as_str())) {
            Ok(pattern) => Some((pattern, text.to_string())),
            Err(error) => {
                let reason =
                    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.error(
                    Code::BadPattern,
                    text.place(),
                    format!("the pattern of `{}` is not well-formed: {reason}", self.name),
                );
                None
            }
        }
    }

    fn only_text(&mut self, place: Place, ty: &ColumnType, key: &str) -> bool {
        let is_text = ty.base() == Type::Text;
        if !is_text {
            self.error(Code::BadContract, place, format!("`{key}` is for texts, and `{}` is `{ty}`", self.name));
        }
        is_text
    }

    fn error(&mut self, code: Code, place: Place, message: String) {
        self.found.push(Diagnostic::error(code, place, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::spec::ContractFile;

    fn compiled(json: &str) -> (Option<Columns>, Vec<String>) {
        let contract: ContractFile = serde_json::from_str(json).unwrap();
        let (columns, found) = compile(&contract.columns, &contract.key);
        (
            columns,
            found
                .into_iter()
                .map(|diagnostic| format!("{}: {}", diagnostic.code.as_str(), diagnostic.message))
                .collect(),
        )
    }

    #[test]
    fn a_good_contract_becomes_columns() {
        let (columns, found) = compiled(
            r#"{"columns": {
                "sku": {"type": "sku", "required": true, "unique": true, "max_length": 20},
                "qty": {"type": "quantity", "from": "Giacenza", "min": "0", "max": "100000", "default": "0"},
                "wh": {"type": "text", "one_of": ["MI", "RM"], "required": false, "pattern": "[A-Z]{2}"},
                "note": "text"}, "key": ["sku"]}"#,
        );
        assert!(found.is_empty(), "{found:?}");
        let columns = columns.unwrap();
        let rules = columns.rules();
        assert_eq!(columns.schema().names().collect::<Vec<_>>(), ["sku", "qty", "wh", "note"]);
        assert_eq!((rules[1].from.as_str(), &rules[1].default), ("Giacenza", &Some(Value::Decimal(0))));
        assert_eq!(rules.iter().map(|rule| rule.may_be_absent).collect::<Vec<_>>(), [false, true, true, false]);
        assert!(columns.has_unique() && rules[0].required && !rules[3].required);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let (columns, found) = compiled(
            r#"{"columns": {
                "a": "mony",
                "b": {"type": "date", "min": "31/12/2026"},
                "c": {"type": "integer", "min": "5", "max": "1", "pattern": "x"},
                "d": {"type": "text", "pattern": "(", "min": "a"},
                "e": {"type": "money", "min": "0", "default": "-1"},
                "f": {"type": "list<text>", "unique": true}}, "key": ["z"]}"#,
        );
        assert!(columns.is_none());
        let codes: Vec<&str> = found.iter().filter_map(|line| line.split(": ").next()).collect();
        let expected = [
            "bad-value",
            "bad-value",
            "bad-contract",
            "bad-contract",
            "bad-contract",
            "bad-pattern",
            "bad-contract",
            "bad-contract",
            "unknown-column",
        ];
        assert_eq!(codes, expected, "{found:#?}");
    }
}
