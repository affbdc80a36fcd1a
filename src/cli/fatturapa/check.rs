//! `raccordo fatturapa check`: what the exchange system would say, before it says it.
//!
//! Files are read and judged in parallel, a few hundred at a time; what is printed keeps their order.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::cli::args::{CheckFormat, FatturaPaCheckArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{clock, talk};
use crate::domain::calendar::business_date;
use crate::domain::fatturapa::envelope::{Settings, Signature, judge_file};
use crate::domain::fatturapa::judge::Verdict;
use crate::domain::fatturapa::name::may_be_document;
use crate::domain::fatturapa::read::Document;
use crate::domain::fatturapa::signature::Authorities;
use crate::domain::fatturapa::{Finding, Severity};
use crate::io::bundle::{Bundle, Unreadable};

/// Bytes that are printed at once.
const PIECE: usize = 1 << 16;

/// One document as it is printed in JSON.
#[derive(Serialize)]
struct Record<'a> {
    file: &'a str,
    /// Position in the batch, from one.
    body: usize,
    format: &'a str,
    tipo_documento: &'a str,
    numero: &'a str,
    ok: bool,
    findings: Vec<&'a Finding>,
    signature: Option<&'a Signature>,
}

/// Counts of a whole command.
#[derive(Default)]
struct Tally {
    files: usize,
    documents: usize,
    refused: usize,
    warnings: usize,
}

/// Runs the command.
///
/// # Errors
/// A path does not exist, or the output is closed.
pub fn command(args: &FatturaPaCheckArgs) -> Result<Exit, Failure> {
    for path in &args.paths {
        if !path.exists() {
            let message = format!("there is no file or folder `{}`", path.display());
            return Err(Failure::new(Exit::Wrong, message).help("name invoice files, folders or ZIP archives"));
        }
    }
    let settings = settings(args)?;
    let bundle = Bundle::new(args.paths.iter().cloned(), may_be_document);
    let (mut tally, mut text) = (Tally::default(), String::new());
    bundle.work(
        |memory: &mut Document, name, content| one(name, content, &settings, args, memory),
        |(output, count)| {
            text.push_str(&output);
            tally.files += 1;
            tally.documents += count.documents;
            tally.refused += count.refused;
            tally.warnings += count.warnings;
            if text.len() < PIECE { Ok(()) } else { talk::data(&std::mem::take(&mut text)) }
        },
    )?;
    talk::data(&text)?;
    if tally.files == 0 {
        return Err(
            Failure::new(Exit::Wrong, "no invoice found").help("expected files ending in .xml, .xml.p7m or .zip")
        );
    }
    if args.format == CheckFormat::Human {
        talk::line(&format!(
            "{}, {}: {} would be refused, {}",
            talk::counted(tally.files, "file"),
            talk::counted(tally.documents, "document"),
            tally.refused,
            talk::counted(tally.warnings, "warning"),
        ));
    }
    Ok(if tally.refused > 0 { Exit::ChecksSayNo } else { Exit::Done })
}

/// Day and moment of reception, and the authorities of the bundle.
fn settings(args: &FatturaPaCheckArgs) -> Result<Settings, Failure> {
    let now = clock::now();
    let today = business_date(&now);
    let received = args.received_at.unwrap_or(today);
    // A past day ends at midnight, a day to come has not.
    let end = received.and_hms_opt(23, 59, 59).map_or(now, |end| end.and_utc());
    let received_at = if args.received_at.is_some() { end } else { now };
    let authorities = args.ca.as_deref().map(authorities).transpose()?.unwrap_or_default();
    Ok(Settings { received, received_at, names: args.names, authorities })
}

/// The certificates of a PEM bundle, or of a file with one certificate in binary form.
fn authorities(path: &Path) -> Result<Authorities, Failure> {
    let shown = path.display();
    let wrong = |reason: String| Failure::new(Exit::Wrong, format!("`{shown}`: {reason}"));
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let certificates = Authorities::read(&bytes);
    if certificates.is_empty() {
        return Err(
            wrong("no certificate found".to_owned()).help("expected a PEM bundle (BEGIN CERTIFICATE) or a DER file")
        );
    }
    Ok(certificates)
}

fn one(
    name: &str,
    content: Result<&[u8], Unreadable>,
    settings: &Settings,
    args: &FatturaPaCheckArgs,
    memory: &mut Document,
) -> (String, Tally) {
    let (verdict, signature) = match content {
        Ok(bytes) => judge_file(name, bytes, settings, memory),
        Err(problem) => (Verdict::unreadable(unreadable(&problem)), None),
    };
    let mut tally = Tally { documents: verdict.documents.len(), ..Tally::default() };
    if !verdict.is_ok() {
        tally.refused = verdict.documents.len();
    }
    tally.warnings = verdict.findings.iter().filter(|finding| !finding.is_error()).count();
    let text = match args.format {
        CheckFormat::Json => json(name, &verdict, signature.as_ref()),
        CheckFormat::Human => human(name, &verdict, signature.as_ref(), args.quiet),
    };
    (text, tally)
}

fn unreadable(problem: &Unreadable) -> Finding {
    let (code, italian) = match problem {
        Unreadable::File(error) => ("unreadable", format!("non si può leggere: {error}")),
        Unreadable::Archive(reason) => ("00106", format!("l'archivio non si può leggere: {reason}")),
        Unreadable::EmptyArchive => ("00106", "l'archivio non contiene documenti".to_owned()),
        Unreadable::TooLarge => ("00003", "il file supera ogni limite di dimensione".to_owned()),
    };
    Finding { code, ..Finding::schema(String::new(), "", italian, problem.to_string()) }
}

/// One JSON object per line.
fn json(file: &str, verdict: &Verdict, signature: Option<&Signature>) -> String {
    let mut text = String::new();
    for (index, document) in verdict.documents.iter().enumerate() {
        let record = Record {
            file,
            body: index + 1,
            format: &verdict.format,
            tipo_documento: &document.tipo_documento,
            numero: &document.numero,
            ok: verdict.is_ok(),
            findings: verdict.of_document(index).collect(),
            signature,
        };
        text.push_str(&serde_json::to_string(&record).unwrap_or_default());
        text.push('\n');
    }
    text
}

fn human(file: &str, verdict: &Verdict, signature: Option<&Signature>, quiet: bool) -> String {
    let mut text = String::new();
    if quiet && verdict.is_ok() {
        return text;
    }
    let word = if verdict.is_ok() { "ok" } else { "refused" };
    let names: Vec<String> = verdict
        .documents
        .iter()
        .filter(|document| !document.numero.is_empty())
        .map(|document| format!("{} {}", document.tipo_documento, document.numero))
        .collect();
    let signed = signature.map(|signature| format!(", {}", signature.summary())).unwrap_or_default();
    let _ = writeln!(text, "{file}: {word} ({}{signed})", [verdict.format.clone(), names.join(", ")].join(" ").trim());
    for finding in &verdict.findings {
        let label = if finding.severity == Severity::Error { "error" } else { "warning" };
        let place = if finding.path.is_empty() { String::new() } else { format!(" {}", finding.path) };
        let value =
            if finding.value.is_empty() { String::new() } else { format!(" = `{}`", finding.value.escape_debug()) };
        let _ = writeln!(text, "  {label} {}{place}{value}", finding.code);
        let _ = writeln!(text, "    it: {}\n    en: {}", finding.message_it, finding.message_en);
    }
    text
}
