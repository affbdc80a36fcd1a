//! Synthetic files of each layout, written by hand after the published descriptions.

use super::control::controls;
use super::*;

mod banks;
mod providers;

/// `kind order gross fee net currency day` of each entry, one line each.
fn lines(statement: &Statement) -> Vec<String> {
    let show = |value: Option<crate::domain::money::Decimal>| value.map_or("-".to_owned(), |value| value.to_string());
    let day = |day: Option<chrono::NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
    statement
        .entries
        .iter()
        .map(|entry| {
            format!(
                "{} {} {} {} {} {} {}",
                entry.kind.as_str(),
                entry.order.as_deref().unwrap_or("-"),
                show(entry.gross),
                show(entry.fee),
                entry.net,
                entry.currency.as_deref().unwrap_or("-"),
                day(entry.booked_on),
            )
        })
        .collect()
}

fn failed(statement: &Statement) -> Vec<(ControlKind, String, String)> {
    controls(statement).into_iter().map(|control| (control.kind, control.expected, control.found)).collect()
}

fn plain(layout: Layout, text: &str) -> Read {
    read(layout, text.as_bytes(), &ListColumns::default()).unwrap()
}
