//! To which invoice a message belongs.
//!
//! Here: file names of messages, whether a name in a message means an invoice file, [`Invoices`] to find the invoice of a
//! message: by name first, by the identifier of the system then. Not here: names of invoice files that are written
//! (`fatturapa::name`), folders.

use std::collections::HashMap;

use super::kind::MessageKind;
use crate::domain::fatturapa::name::base as last_part;

use super::message::Message;

/// Characters after which a name is cut in messages.
const CUT: usize = 36;

/// The parts of the file name of a message: `IT01234567897_00A01_RC_001.xml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageName {
    /// Name of the invoice file without its extension.
    pub invoice: String,
    /// Type of the message.
    pub kind: MessageKind,
    /// One to three letters and digits that tell messages of one type apart.
    pub progressive: String,
    /// Whether the message comes as a ZIP archive (AT of public bodies).
    pub is_archive: bool,
}

impl MessageName {
    /// Reads a file name, with or without folders. Capitals in the extension and what browsers add (` (1)`) do no harm.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let base = base(name);
        let is_archive = strip_extension(base, ".zip").is_some();
        let stem = strip_extension(base, ".zip").or_else(|| strip_extension(base, ".xml"))?;
        let mut parts = without_copy(stem).rsplitn(3, '_');
        let (progressive, letters, invoice) = (parts.next()?, parts.next()?, parts.next()?);
        let is_progressive =
            (1..=3).contains(&progressive.len()) && progressive.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_progressive || !invoice.contains('_') {
            return None;
        }
        let kind = MessageKind::from_letters(&letters.to_ascii_uppercase())?;
        Some(Self { invoice: self::stem(invoice).to_owned(), kind, progressive: progressive.to_owned(), is_archive })
    }
}

/// Whether the name in a message (`NomeFile`, or the first part of its own file name) means this invoice file.
///
/// `.xml` and `.xml.p7m` are one: a file may have been signed on its way. An archive is another file than an invoice of
/// the same name. Letters count as they are, since names may differ by case alone. A name of 36 characters may be the
/// beginning of a longer one.
#[must_use]
pub fn matches(invoice_file_name: &str, nome_file: &str) -> bool {
    let (invoice, named) = (base(invoice_file_name), base(nome_file));
    if is_archive(invoice) != is_archive(named) && has_extension(named) {
        return false;
    }
    let (whole, part) = (stem(invoice), stem(named));
    if part.is_empty() {
        return false;
    }
    whole == part || (is_cut(named) && invoice.starts_with(named)) || (is_cut(part) && whole.starts_with(part))
}

fn is_cut(name: &str) -> bool {
    name.chars().count() == CUT
}

fn is_archive(name: &str) -> bool {
    strip_extension(name, ".zip").is_some()
}

fn has_extension(name: &str) -> bool {
    [".xml", ".p7m", ".zip"].iter().any(|extension| strip_extension(name, extension).is_some())
}

/// The last part of a name, without blanks around it.
fn base(name: &str) -> &str {
    last_part(name).trim()
}

/// The name without extensions, however many envelopes there are, and without the mark of a copy.
fn stem(name: &str) -> &str {
    let mut stem = without_copy(name);
    while let Some(rest) = [".p7m", ".xml", ".zip"].iter().find_map(|extension| strip_extension(stem, extension)) {
        stem = without_copy(rest);
    }
    stem
}

fn strip_extension<'a>(name: &'a str, extension: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(extension.len())?;
    let (rest, end) = name.split_at_checked(at)?;
    end.eq_ignore_ascii_case(extension).then_some(rest)
}

/// Browsers call the second download of a file `name (1).xml`.
fn without_copy(name: &str) -> &str {
    let inside = name.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match inside {
        Some((rest, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.trim_end()
        }
        _ => name.trim_end(),
    }
}

/// The invoice files that are known, to find that of a message. Their positions are those of insertion.
#[derive(Clone, Debug, Default)]
pub struct Invoices {
    names: Vec<String>,
    by_stem: HashMap<String, Vec<usize>>,
    by_identifier: HashMap<String, Vec<usize>>,
    /// Those with names that a message may cut.
    long: Vec<usize>,
}

impl Invoices {
    /// Without any.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an invoice file (or an archive), with the identifier that the system gave to it if it is known. Returns its
    /// position.
    pub fn add(&mut self, file_name: &str, identificativo_sdi: Option<&str>) -> usize {
        let position = self.names.len();
        let name = base(file_name);
        if name.chars().count() > CUT {
            self.long.push(position);
        }
        self.by_stem.entry(stem(name).to_owned()).or_default().push(position);
        self.names.push(name.to_owned());
        if let Some(identifier) = identificativo_sdi {
            self.learn(position, identifier);
        }
        position
    }

    /// Notes the identifier of a file, as an earlier message told it: EC and SE have no name.
    pub fn learn(&mut self, position: usize, identificativo_sdi: &str) {
        let known = self.by_identifier.entry(identificativo_sdi.trim().to_owned()).or_default();
        if position < self.names.len() && !known.contains(&position) {
            known.push(position);
        }
    }

    /// The invoice of a message: by `NomeFile`, then by `IdentificativoSdI`, then by the name of the message file. None
    /// when nothing or more than one fits.
    #[must_use]
    pub fn find(&self, message: &Message, message_file_name: Option<&str>) -> Option<usize> {
        let named = message.nome_file.as_deref().map(|name| self.named(name)).unwrap_or_default();
        let identified =
            message.identificativo_sdi.as_deref().and_then(|identifier| self.by_identifier.get(identifier));
        let identified = identified.map(Vec::as_slice).unwrap_or_default();
        if let [position] = named.as_slice() {
            return Some(*position);
        }
        if named.is_empty() {
            return only(identified).or_else(|| only(&self.named(&MessageName::parse(message_file_name?)?.invoice)));
        }
        let both: Vec<usize> = named.into_iter().filter(|position| identified.contains(position)).collect();
        only(&both)
    }

    fn named(&self, nome_file: &str) -> Vec<usize> {
        let (name, part) = (base(nome_file), stem(base(nome_file)));
        let same = self.by_stem.get(part).map(Vec::as_slice).unwrap_or_default();
        let cut = if is_cut(name) || is_cut(part) { self.long.as_slice() } else { &[] };
        let mut found: Vec<usize> = same.iter().chain(cut).copied().collect();
        found.retain(|position| self.names.get(*position).is_some_and(|name| matches(name, nome_file)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn only(positions: &[usize]) -> Option<usize> {
    if let [position] = positions { Some(*position) } else { None }
}

#[cfg(test)]
#[path = "tests/name.rs"]
mod tests;
