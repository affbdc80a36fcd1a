//! A reject in words for a listing: what is wrong, where, which row; personal data masked.

use std::fmt::Write as _;

use crate::context::Reject;
use crate::domain::personal;
use crate::engine::replay::original;

/// What is wrong with a reject, in English and Italian, without personal data.
#[must_use]
pub fn words(reject: &Reject) -> (String, Option<String>) {
    let hide = |message: &str| hidden(reject, message);
    (hide(&reject.message), reject.message_it.as_deref().map(hide))
}

/// A message without the personal values of its row.
fn hidden(reject: &Reject, message: &str) -> String {
    let column = reject.column.as_deref();
    let mut values: Vec<String> = Vec::new();
    if let Some(value) = &reject.value
        && personal::shown(column, value) != *value
    {
        values.push(value.trim().to_owned());
    }
    for cell in original(reject) {
        let Some(value) = cell.value else { continue };
        if personal::shown(Some(&cell.column), &value) != value {
            values.push(value.trim().to_owned());
        }
    }
    // The longest first: one may be part of another.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let values = values.into_iter().filter(|value| value.chars().count() > 2);
    let own = values.fold(message.to_owned(), |message, value| message.replace(&value, &personal::masked(&value)));
    // A service may name persons of other rows.
    personal::without_persons(&own)
}

/// Where a reject came from, for a person.
#[must_use]
pub fn place(reject: &Reject) -> String {
    let origin = &reject.origin;
    let mut place = origin.file.clone().unwrap_or_default();
    if let Some(line) = origin.line {
        let _ = write!(place, ":{line}");
    }
    if let Some(path) = &origin.path {
        let gap = if place.is_empty() { "" } else { " " };
        let _ = write!(place, "{gap}{path}");
    }
    place
}

/// The key of a reject, without personal data.
#[must_use]
pub fn key(reject: &Reject) -> Option<String> {
    let key = reject.key.as_ref()?;
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) => format!("{name}={}", personal::shown(Some(name.trim()), value)),
        None => personal::shown(None, part),
    };
    Some(key.split(", ").map(part).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Origin;

    #[test]
    fn what_a_service_says_of_others_is_hidden_too() {
        let reject = Reject {
            node: "load:clienti".into(),
            site: None,
            cause: "refused".into(),
            message: "the service refused the row (status 422): already used by anna@esempio.it".into(),
            message_it: None,
            column: None,
            value: None,
            key: None,
            origin: Origin::default(),
            row: "{}".into(),
            cells: Vec::new(),
        };
        assert_eq!(words(&reject).0, "the service refused the row (status 422): already used by a***");
    }

    #[test]
    fn what_is_shown_hides_persons_everywhere() {
        let reject = Reject {
            node: "clienti".into(),
            site: None,
            cause: "bad-email".into(),
            message: "expected an e-mail address, found `mario.rossi`; sku=A01".into(),
            message_it: Some("atteso un indirizzo, trovato `mario.rossi`".into()),
            column: Some("email".into()),
            value: Some("mario.rossi".into()),
            key: Some("email=mario.rossi, sku=A01".into()),
            origin: Origin::default(),
            row: r#"{"email":"mario.rossi","sku":"A01"}"#.into(),
            cells: Vec::new(),
        };
        let (message, italian) = words(&reject);
        assert_eq!(message, "expected an e-mail address, found `m***`; sku=A01");
        assert_eq!(italian.as_deref(), Some("atteso un indirizzo, trovato `m***`"));
        assert_eq!(key(&reject).as_deref(), Some("email=m***, sku=A01"));
    }
}
