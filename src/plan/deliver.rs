//! How rows of a load are known and delivered: mode, key, guards, fingerprints.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::types::Schema;
use crate::io::text::hex;
use crate::loads::Load;
use crate::loads::delivery::guard::Guards;
use crate::loads::delivery::{Keyed, Mode, SentColumn};
use crate::plan::Way;
use crate::plan::build::tables_of;
use crate::spec::Pipeline;
use crate::spec::pipeline::LoadSpec;

/// Checks a load: what is known of its rows, and how they reach the destination. `None` when a problem was reported.
pub fn bind(
    name: &Text,
    spec: &LoadSpec,
    kind: &dyn Load,
    input: &Schema,
    pipeline: &Pipeline,
    cx: &BindCx,
) -> Option<(Option<Keyed>, Way)> {
    let before = cx.reported();
    let key = key(spec, input, cx);
    let mode = mode(name, spec, kind, !key.is_empty(), cx);
    check_increment(spec, mode, pipeline, cx);
    let way = if kind.takes_rows() {
        kind.bind_rows(input, mode, &key, cx).map(Way::Rows)
    } else {
        kind.bind(input, cx).map(Way::Whole)
    };
    let columns = columns(kind, input, &key, cx);
    let guards = Guards::bind(spec.guard.as_ref(), mode, &columns, input, cx);
    let way = way.filter(|_| cx.reported() == before)?;
    if key.is_empty() && matches!(way, Way::Whole(_)) {
        return Some((None, way));
    }
    let positions = key.iter().filter_map(|name| columns.iter().position(|column| column.source == *name)).collect();
    let destination = match &way {
        Way::Rows(destination) => destination.mapping(),
        Way::Whole(_) => String::new(),
    };
    let shape = columns.iter().map(|column| format!("{}\u{0}{}\u{0}{}", column.name, column.source, column.ty));
    let mapping = fingerprint(shape.chain([key.join("\u{0}"), destination]));
    let logic = logic(spec, pipeline);
    Some((Some(Keyed { mode, columns, key: positions, guards, mapping, logic }), way))
}

/// A fingerprint of texts, in order.
#[must_use]
pub fn fingerprint<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.as_ref().len() as u64).to_le_bytes());
        digest.update(text.as_ref().as_bytes());
    }
    hex(&digest.finalize()[..16])
}

fn key(spec: &LoadSpec, input: &Schema, cx: &BindCx) -> Vec<String> {
    match &spec.key {
        Some(names) if names.check(input, cx) => names.to_strings(),
        _ => Vec::new(),
    }
}

fn mode(name: &Text, spec: &LoadSpec, kind: &dyn Load, has_key: bool, cx: &BindCx) -> Mode {
    let modes = kind.modes();
    let usual = if has_key && modes.contains(&Mode::Merge) { Mode::Merge } else { modes[0] };
    let Placed { value: mode, place } = spec.mode.unwrap_or(Placed::new(usual, name.place()));
    if !modes.contains(&mode) {
        let message = format!("this load cannot `{}`", mode.as_str());
        let known = modes.iter().map(|mode| format!("`{}`", mode.as_str())).collect::<Vec<_>>().join(", ");
        cx.report(Diagnostic::error(Code::Unsupported, place, message).help(format!("modes of this load: {known}")));
    }
    if spec.key.is_none() && !has_key {
        if matches!(mode, Mode::Merge | Mode::Mirror) {
            let message = format!("`mode: {}` needs a key", mode.as_str());
            let help = "name the column that tells rows apart: `key: sku`";
            cx.report(Diagnostic::error(Code::MissingKey, place, message).help(help));
        } else if spec.guard.is_some() {
            let message = "`guard` needs a key: without one, rows are not compared with what the destination has";
            let help = "name the column that tells rows apart: `key: sku`";
            cx.report(Diagnostic::error(Code::MissingKey, name.place(), message).help(help));
        }
    }
    mode
}

/// A table that holds only what is new must not take the place of the whole.
fn check_increment(spec: &LoadSpec, mode: Mode, pipeline: &Pipeline, cx: &BindCx) {
    if mode != Mode::Mirror {
        return;
    }
    let above = above(&spec.from, pipeline);
    let partial = pipeline.extract.iter().find(|(name, extract)| above.contains(name.as_str()) && extract.is_partial());
    let Some((table, _)) = partial else { return };
    let place = spec.mode.map_or(spec.from.place(), |mode| mode.place);
    let message = format!("`mirror` needs the whole table, and `{table}` reads only what is new");
    let help = "use `mode: merge`, or read the table in full: without `since` and `once`";
    cx.report(Diagnostic::error(Code::Unsupported, place, message).help(help));
}

/// Columns as they arrive, then those of the key that do not.
fn columns(kind: &dyn Load, input: &Schema, key: &[String], cx: &BindCx) -> Vec<SentColumn> {
    let column = |(name, source): (String, String)| {
        let ty = input.get(&source)?.clone();
        Some(SentColumn { name, source, ty })
    };
    let mut columns: Vec<SentColumn> = kind.sent(input, cx).into_iter().filter_map(column).collect();
    for source in key {
        if columns.iter().any(|column| column.source == *source) {
            continue;
        }
        let taken = columns.iter().any(|column| column.name == *source);
        let name = if taken { format!("{source} (key)") } else { source.clone() };
        columns.extend(column((name, source.clone())));
    }
    columns
}

/// Of the steps that make the rows.
fn logic(spec: &LoadSpec, pipeline: &Pipeline) -> String {
    let above = above(&spec.from, pipeline);
    let texts = above.iter().flat_map(|table| {
        ["extract", "transform"]
            .into_iter()
            .filter_map(move |section| pipeline.texts.get(&format!("{section}.{table}")))
    });
    fingerprint(texts)
}

/// A table and all that it is made of.
#[must_use]
pub fn above<'p>(table: &'p str, pipeline: &'p Pipeline) -> BTreeSet<&'p str> {
    let mut found = BTreeSet::new();
    let mut open = vec![table];
    while let Some(name) = open.pop() {
        if found.insert(name)
            && let Some(transform) = pipeline.transform.get(name)
        {
            open.extend(tables_of(transform).into_iter().map(Text::as_str));
        }
    }
    found
}
