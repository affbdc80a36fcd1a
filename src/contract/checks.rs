//! What a value must satisfy beyond its type: limits, a list, a pattern, a length.

use regex::Regex;

use crate::contract::flaw::{Checked, Flaw};
use crate::contract::value::Value;

/// The rules of one column. Absent ones hold.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Smallest value, with its text.
    pub min: Option<(Value<'static>, String)>,
    /// Largest value, with its text.
    pub max: Option<(Value<'static>, String)>,
    /// The only values allowed, and their texts.
    pub one_of: Option<(Vec<Value<'static>>, Vec<String>)>,
    /// Pattern of the whole text, and as the user wrote it.
    pub pattern: Option<(Regex, String)>,
    /// Most characters of a text.
    pub max_length: Option<usize>,
}

impl Checks {
    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.min.is_none()
            && self.max.is_none()
            && self.one_of.is_none()
            && self.pattern.is_none()
            && self.max_length.is_none()
    }

    /// Judges a value; `text` is how it was written.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn judge(&self, value: &Value<'_>, text: &str) -> Checked<()> {
        if let Some((limit, written)) = &self.min
            && value < limit
        {
            return Err(Flaw::out_of_range(text, written, true));
        }
        if let Some((limit, written)) = &self.max
            && value > limit
        {
            return Err(Flaw::out_of_range(text, written, false));
        }
        if let Some((allowed, written)) = &self.one_of
            && !allowed.contains(value)
        {
            return Err(Flaw::not_in_list(text, written));
        }
        match value {
            Value::Text(found) => self.judge_text(found),
            _ => Ok(()),
        }
    }

    fn judge_text(&self, text: &str) -> Checked<()> {
        if let Some((pattern, written)) = &self.pattern
            && !pattern.is_match(text)
        {
            return Err(Flaw::pattern(text, written));
        }
        match self.max_length {
            Some(allowed) if text.len() > allowed && text.chars().count() > allowed => {
                Err(Flaw::too_long(text.chars().count(), allowed))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_inclusive() {
        let checks = Checks {
            min: Some((Value::Decimal(0), "0".to_owned())),
            max: Some((Value::Decimal(10_000), "100".to_owned())),
            ..Checks::default()
        };
        for (mantissa, expected) in
            [(-1, Some("out-of-range")), (0, None), (10_000, None), (10_001, Some("out-of-range"))]
        {
            let found = checks.judge(&Value::Decimal(mantissa), "x").err().map(|flaw| flaw.cause);
            assert_eq!(found.as_deref(), expected, "{mantissa}");
        }
    }

    #[test]
    fn texts_have_lists_patterns_and_lengths() {
        let text = |text: &'static str| Value::Text(text.into());
        let checks = Checks {
            one_of: Some((vec![text("MI"), text("RM"), text("Forlì")], vec!["MI".into(), "RM".into(), "Forlì".into()])),
            pattern: Some((Regex::new("^(?:[A-Zìa-z]+)$").unwrap(), "[A-Z]+".to_owned())),
            max_length: Some(4),
            ..Checks::default()
        };
        let cause = |value: &'static str| checks.judge(&text(value), value).err().map(|flaw| flaw.cause);
        assert_eq!(cause("MI"), None);
        assert_eq!(cause("TO").as_deref(), Some("not-in-list"));
        assert_eq!(cause("Forlì").as_deref(), Some("too-long"));
    }
}
