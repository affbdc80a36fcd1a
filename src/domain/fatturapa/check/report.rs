//! Collects findings with their texts and places.

use crate::domain::fatturapa::finding::{Finding, Severity};
use crate::domain::fatturapa::tree::Node;
use crate::domain::money::Decimal;

use super::rules;

/// Collects findings.
#[derive(Debug, Default)]
pub struct Report {
    /// Findings so far.
    pub findings: Vec<Finding>,
}

impl Report {
    /// A control that fails at an element; its severity and texts are those of the table.
    pub fn at(&mut self, code: &'static str, node: Node<'_>) {
        let value = if node.element().value.is_some() { node.value() } else { "" };
        self.push(code, node.path(), value);
    }

    /// A control that fails because a block lacks an element.
    pub fn lacks(&mut self, code: &'static str, block: Node<'_>, name: &str) {
        self.push(code, format!("{}/{name}", block.path()), "");
    }

    /// A control that fails at an element, with what was expected there when it can be worked out.
    pub fn expected(&mut self, code: &'static str, node: Node<'_>, expected: Option<Decimal>) {
        self.at(code, node);
        if let (Some(expected), Some(finding)) = (expected, self.findings.last_mut()) {
            let expected = expected.trimmed();
            let expected = if expected.scale < 2 { expected.rescale(2).unwrap_or(expected) } else { expected };
            finding.message_it = format!("{}; atteso `{expected}`", finding.message_it);
            finding.message_en = format!("{}; expected `{expected}`", finding.message_en);
        }
    }

    /// A control that fails at a path.
    pub fn push(&mut self, code: &'static str, path: String, value: &str) {
        let rule = rules::rule(code);
        self.findings.push(Finding {
            code,
            severity: rule.map_or(Severity::Error, |rule| rule.severity),
            path,
            value: value.to_owned(),
            message_it: rule.map_or_else(String::new, |rule| rule.italian.to_owned()),
            message_en: rule.map_or_else(String::new, |rule| rule.english.to_owned()),
        });
    }
}
