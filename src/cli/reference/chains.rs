//! The page of the ready chains of `reconcile`, from their tables.

use std::fmt::Write;

use crate::cli::reference::markdown;
use crate::domain::reconcile::chains::{Chain, ChainSide, chains, entity};

const ABOUT: &str = "\
What the step `reconcile` knows under a ready name: `reconcile: { with: payments, chain: orders_payments }`. Everything here is a
default; what a pipeline writes wins, part by part. The columns are those of the contracts in `schemas/` (`schema: payment`); of the
rules, those are tried whose columns both tables have. Optional columns may be left out, those marked are needed.";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out = markdown::page("Chains", ABOUT);
    let row = |chain: &Chain| {
        vec![
            chain.number.to_string(),
            format!("`{}`", chain.name),
            format!("`{}`", chain.left.entity),
            format!("`{}`", chain.right.entity),
            chain.cardinality.to_owned(),
            chain.tolerance.to_owned(),
            chain.meaning.to_owned(),
        ]
    };
    let header = ["", "chain", "this table", "the other", "cardinality", "tolerance", "holds against one another"];
    markdown::table(&mut out, &header, &chains().iter().map(row).collect::<Vec<_>>());
    for chain in chains() {
        one(&mut out, chain);
    }
    out
}

fn one(out: &mut String, chain: &Chain) {
    // Writing into a text cannot fail.
    let _ = writeln!(
        out,
        "\n## {}. {}\n\n{} (in Italian: {}).\n",
        chain.number, chain.name, chain.meaning, chain.meaning_it
    );
    for rule in &chain.rules {
        let keys = rule
            .on
            .iter()
            .map(|(here, there)| if here == there { format!("`{here}`") } else { format!("`{here}` = `{there}`") });
        let keys = keys.collect::<Vec<_>>().join(", ");
        let amount = if rule.by_amount { ", and the same amount" } else { "" };
        let days = rule.days.map(|days| format!(", at most {days} days apart")).unwrap_or_default();
        let _ = writeln!(out, "- rule *{}*: {keys}{amount}{days}", rule.name);
    }
    for (status, code) in &chain.codes {
        let _ = writeln!(out, "- `{status}` is `{code}`");
    }
    let (left, right) = chain.grace;
    if (left, right) != (0, 0) {
        let _ = writeln!(out, "- grace: {left} days for this table, {right} for the other");
    }
    out.push('\n');
    let used = |side: &ChainSide, keys: Vec<&str>| {
        let part = |name: &str| side.columns.iter().find(|(_, column)| *column == name).map_or("", |(part, _)| part);
        let columns = entity(side.entity).filter(|column| !part(column.name).is_empty() || keys.contains(&column.name));
        columns
            .map(|column| {
                let needed = if column.required { "needed" } else { "" };
                vec![
                    format!("`{}`", side.entity),
                    format!("`{}`", column.name),
                    column.ty.to_owned(),
                    part(column.name).to_owned(),
                    needed.to_owned(),
                    column.meaning.to_owned(),
                ]
            })
            .collect::<Vec<_>>()
    };
    let keys = |pick: fn(&(&'static str, &'static str)) -> &'static str| {
        chain.rules.iter().flat_map(|rule| rule.on.iter().map(pick)).collect::<Vec<_>>()
    };
    let mut rows = used(&chain.left, keys(|on| on.0));
    rows.extend(used(&chain.right, keys(|on| on.1)));
    markdown::table(out, &["contract", "column", "type", "part", "", "holds"], &rows);
}
