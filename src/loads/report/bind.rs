//! A report is checked: its sections one by one, then what must hold between them.

use std::collections::BTreeMap;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::Schema;
use crate::loads::report::bridge::Bridge;
use crate::loads::report::exceptions::Exceptions;
use crate::loads::report::figures::{Figures, Paragraphs};
use crate::loads::report::matches::Matches;
use crate::loads::report::outputs::Paths;
use crate::loads::report::run::BoundReport;
use crate::loads::report::section::{Desk, Section};
use crate::loads::report::spec::{FilesSpec, ReportLoad, SectionSpec};
use crate::loads::report::table::Table;
use crate::loads::report::trend::Trend;

/// Rows of a table that the page shows when nothing is said.
const USUAL_ROWS: u32 = 1000;
/// More make a page that no browser likes.
const MOST_ROWS: u32 = 20_000;

/// Checks a report, reporting every problem.
pub fn bind(spec: &ReportLoad, input: &Schema, cx: &BindCx) -> Option<BoundReport> {
    let before = cx.reported();
    let rows = spec.rows.unwrap_or(USUAL_ROWS);
    let desk = Desk { cx, main: input, lang: spec.language, rows, place: spec.title.place() };
    if spec.sections.is_empty() {
        let help = "sections: [ table: { title: Righe } ]";
        desk.wrong(&spec.title, "the report has no section", help);
    }
    let tables = spec.sections.iter().filter_map(|section| match &section.value {
        SectionSpec::Table(table) => table.rows,
        _ => None,
    });
    for wrong in std::iter::once(rows).chain(tables).filter(|rows| !(1..=MOST_ROWS).contains(rows)) {
        let help = "the page shows the first rows, XLSX and CSV hold all";
        desk.wrong(&spec.title, format!("`rows: {wrong}` is not from 1 to {MOST_ROWS}"), help);
    }
    check_names(spec, cx);
    let sections: Vec<_> = spec
        .sections
        .iter()
        .map(|section| bind_section(&section.value, &Desk { place: section.place, ..desk }))
        .collect();
    let paths = bind_files(&spec.files, &spec.title, &desk);
    let currency = bind_currency(spec.currency.as_ref(), &desk);
    if cx.reported() > before {
        return None;
    }
    Some(BoundReport {
        title: spec.title.to_string(),
        subtitle: spec.subtitle.as_ref().map(ToString::to_string),
        lang: spec.language,
        currency,
        sections: sections.into_iter().collect::<Option<_>>()?,
        paths,
    })
}

fn bind_section(spec: &SectionSpec, desk: &Desk<'_>) -> Option<Box<dyn Section>> {
    fn boxed<S: Section + 'static>(section: S) -> Box<dyn Section> {
        Box::new(section)
    }
    match spec {
        SectionSpec::Text(spec) => Some(boxed(Paragraphs::new(spec))),
        SectionSpec::Figures(spec) => Figures::bind(spec, desk).map(boxed),
        SectionSpec::Table(spec) => Table::bind(spec, desk).map(boxed),
        SectionSpec::Bridge(spec) => Bridge::bind(spec, desk).map(boxed),
        SectionSpec::Trend(spec) => Trend::bind(spec, desk).map(boxed),
        SectionSpec::Matches(spec) => Matches::bind(spec, desk).map(boxed),
        SectionSpec::Exceptions(spec) => Exceptions::bind(spec, desk).map(boxed),
    }
}

/// A value of a trend is remembered under one name: two of them would be drawn as one line.
fn check_names(spec: &ReportLoad, cx: &BindCx) {
    let mut known: BTreeMap<&str, Place> = BTreeMap::new();
    for section in &spec.sections {
        let SectionSpec::Trend(trend) = &section.value else { continue };
        for value in &trend.values {
            let name = value.name.as_ref().unwrap_or(&value.title);
            if let Some(first) = known.insert(name.as_str(), name.place()) {
                let message = format!("two values of trends are remembered as `{name}`");
                let problem = Diagnostic::error(Code::BadValue, name.place(), message).related(first, "the other one");
                cx.report(problem.help("give one of them a `name:` of its own"));
            }
        }
    }
}

fn bind_files(spec: &FilesSpec, title: &Text, desk: &Desk<'_>) -> Paths {
    let files = [&spec.html, &spec.xlsx, &spec.csv, &spec.json, &spec.md];
    if files.iter().all(|file| file.is_none()) {
        desk.wrong(title, "the report writes no file", "files: { html: out/rapporto.html }");
    }
    let mut seen: BTreeMap<&str, &Text> = BTreeMap::new();
    for path in files.into_iter().flatten() {
        if path.trim().is_empty() {
            desk.wrong(path, "the path is empty", "out/rapporto.html");
        } else if seen.insert(path.trim_end_matches('/'), path).is_some() {
            desk.wrong(path, format!("two files of the report are `{path}`"), "give each a path of its own");
        }
    }
    let text = |path: &Option<Text>| path.as_ref().map(ToString::to_string);
    Paths {
        html: text(&spec.html),
        xlsx: text(&spec.xlsx),
        csv: text(&spec.csv),
        json: text(&spec.json),
        md: text(&spec.md),
    }
}

fn bind_currency(written: Option<&Text>, desk: &Desk<'_>) -> String {
    let Some(written) = written else { return "EUR".to_owned() };
    if written.len() != 3 || !written.bytes().all(|byte| byte.is_ascii_uppercase()) {
        desk.wrong(written, format!("`{written}` is not a currency"), "three letters, as ISO 4217 has them: `EUR`");
    }
    written.to_string()
}
