//! Numbers and file names of a run: what the state remembers of each order, what is new.
//!
//! Here: the register as this load uses it. Not here: how it is kept (`state`), what a document looks like.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate};
use sha2::{Digest as _, Sha256};

use crate::context::{NodeError, RunCx};
use crate::diag::Code;
use crate::domain::calendar::business_date;
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::envelope::content;
use crate::domain::fatturapa::name::{Alphabet, NameError, file_name, may_be_document, progressive};
use crate::domain::fatturapa::sdi::{self, Esito, Family, Message, MessageKind};
use crate::io::StagedDir;
use crate::io::bundle::Bundle;
use crate::sources::fatturapa::paths;
use crate::state::{IssuedDocument, Issuing, Outcome, RegisterKey, State, StateError};

/// How long a run waits for another one that is numbering.
const WAIT: Duration = Duration::from_mins(1);

/// The open transaction of a run, shared by its loads; none before the first one numbers.
pub type Slot = Arc<Mutex<Option<Issuing>>>;

/// A series and where it begins.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// What stands after the number.
    pub name: Option<String>,
    /// Number of the first document, while the series has none.
    pub first: u64,
}

/// How documents and files are numbered.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Series of documents whose type has none of its own.
    pub series: Series,
    /// Series of types of documents.
    pub by_type: HashMap<DocumentType, Series>,
    /// Progressive of the first file, while the sender has none beyond.
    pub first_file: u64,
    /// Characters of the file progressive.
    pub alphabet: Alphabet,
    /// VAT number of the seller, without its country.
    pub seller: String,
}

impl Numbers {
    /// The series of a type of document.
    #[must_use]
    pub fn series(&self, kind: DocumentType) -> &Series {
        self.by_type.get(&kind).unwrap_or(&self.series)
    }

    /// The number as it is printed.
    #[must_use]
    pub fn printed(&self, kind: DocumentType, number: u64) -> String {
        match &self.series(kind).name {
            Some(series) => format!("{number}/{series}"),
            None => number.to_string(),
        }
    }

    /// The register of a year.
    #[must_use]
    pub fn register(&self, kind: DocumentType, date: NaiveDate) -> RegisterKey {
        let series = self.series(kind).name.clone().unwrap_or_default();
        RegisterKey { seller: self.seller.clone(), series, year: date.year() }
    }

    /// Progressive and name of a file.
    ///
    /// # Errors
    /// All names are used up.
    pub fn file(&self, number: u64) -> Result<(String, String), NodeError> {
        let exhausted = |error: NameError| NodeError::new(Code::WriteFailed, error.to_string());
        let progressive = progressive(number, self.alphabet).map_err(exhausted)?;
        let name = file_name("IT", &self.seller, &progressive).map_err(exhausted)?;
        Ok((progressive, name))
    }
}

/// Numbers that this run gives, one after the other.
#[derive(Debug, Default)]
pub struct Next {
    by_register: HashMap<(String, i32), u64>,
    file: Option<u64>,
}

impl Next {
    /// The next number for a type and date.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn number(
        &mut self,
        issuing: &Issuing,
        numbers: &Numbers,
        kind: DocumentType,
        date: NaiveDate,
    ) -> Result<u64, NodeError> {
        let register = numbers.register(kind, date);
        let key = (register.series.clone(), register.year);
        let next = match self.by_register.get(&key) {
            Some(next) => *next,
            None => issuing.next_number(&register, numbers.series(kind).first).map_err(|error| failed(&error))?,
        };
        self.by_register.insert(key, next + 1);
        Ok(next)
    }

    /// The next file progressive.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn file(&mut self, issuing: &Issuing, numbers: &Numbers) -> Result<u64, NodeError> {
        let next = match self.file {
            Some(next) => next,
            None => issuing.next_file(&numbers.seller, numbers.first_file).map_err(|error| failed(&error))?,
        };
        self.file = Some(next + 1);
        Ok(next)
    }
}

/// Opens the register for this run: finishes what a killed run left, then keeps other runs from numbering.
///
/// # Errors
/// The state cannot be opened, or another run holds it.
pub fn open(slot: &Slot, target: &Path, messages: Option<&str>, run: &RunCx) -> Result<(), NodeError> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_some() {
        return Ok(());
    }
    let path = state_path(run);
    let issuing = Issuing::begin(&path, &run.name(), run.started_at, WAIT).map_err(|error| failed(&error))?;
    drop(issuing);
    let renaming = Renaming::begin(run)?;
    recover(&path, target)?;
    drop(renaming);
    if let Some(messages) = messages {
        hear(&path, messages, run)?;
    }
    *slot = Some(Issuing::begin(&path, &run.name(), run.started_at, WAIT).map_err(|error| failed(&error))?);
    Ok(())
}

/// While it lives, no other run takes files that are being renamed for those of a killed one. The system gives it free when
/// the process dies. Whoever holds it must not wait for the register.
pub struct Renaming(File);

impl Renaming {
    /// Waits until no other run of the project is renaming.
    ///
    /// # Errors
    /// The lock file cannot be made.
    pub fn begin(run: &RunCx) -> Result<Self, NodeError> {
        let path = run.project.state_dir().join("renaming.lock");
        let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
        file.map(Self).map_err(|error| {
            NodeError::new(Code::WriteFailed, format!("cannot lock `{}`: {error}", path.display()))
                .help("the folder must be on a local disk and writable")
        })
    }
}

impl Drop for Renaming {
    fn drop(&mut self) {
        // The system frees it in any case when the file is closed.
        let _ = self.0.unlock();
    }
}

/// The file of the state of a run's project.
#[must_use]
pub fn state_path(run: &RunCx) -> PathBuf {
    run.project.state_dir().join("state.db")
}

/// Renames into place the files of a run that was killed after its numbers were taken.
fn recover(path: &Path, target: &Path) -> Result<(), NodeError> {
    let state = State::open(path).map_err(|error| failed(&error))?;
    let pending = state.pending().map_err(|error| failed(&error))?;
    let mut done = Vec::new();
    let mut folders = Vec::new();
    for entry in pending.iter().filter(|entry| entry.file.target_folder == target) {
        let (staged, place) = (entry.file.staged_folder.join(&entry.file.name), target.join(&entry.file.name));
        let is_whole = |path: &Path| std::fs::read(path).is_ok_and(|bytes| hash(&bytes) == entry.file.content_hash);
        if is_whole(&staged) {
            let renamed = std::fs::create_dir_all(target).and_then(|()| std::fs::rename(&staged, &place));
            renamed.map_err(|error| {
                NodeError::new(Code::WriteFailed, format!("cannot write `{}`: {error}", place.display()))
                    .help("the invoice keeps its number; make room or rights and run again")
            })?;
        }
        if is_whole(&place) {
            done.push(entry.file.name.as_str());
            folders.push(entry.file.staged_folder.clone());
        }
    }
    state.confirm_files(done).map_err(|error| failed(&error))?;
    folders.dedup();
    // Only an empty folder goes: a file that is still to be saved stays.
    for folder in &folders {
        StagedDir::remove_when_empty(folder);
    }
    Ok(())
}

/// Notes what the exchange system answered, so that a refused document can go out again. A file that is no message, and a
/// message about a file of somebody else, change nothing.
fn hear(path: &Path, messages: &str, run: &RunCx) -> Result<(), NodeError> {
    let Ok(found) = paths(messages, run) else { return Ok(()) };
    let today = business_date(&run.started_at);
    let state = State::open(path).map_err(|error| failed(&error))?;
    for item in Bundle::new(found, may_be_document) {
        let Some(message) = item.content.ok().and_then(|bytes| sdi::read(&content(&bytes).ok()?).ok()) else {
            continue;
        };
        let Some(name) = &message.nome_file else { continue };
        if let Some(outcome) = outcome(&message, today) {
            // What a public body says concerns one document of a file, where it says which.
            let position = message.riferimento_fattura.as_ref().and_then(|reference| reference.posizione);
            let position = position.filter(|_| matches!(outcome, Outcome::Accepted | Outcome::RefusedByBody));
            match state.mark_document(name, position, outcome) {
                // A second sending of a file that was delivered is refused; the delivery stands.
                Ok(_) | Err(StateError::Rule { .. }) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }
    Ok(())
}

fn outcome(message: &Message, today: NaiveDate) -> Option<Outcome> {
    let on = sdi::Event::new(message, today).on;
    match (message.kind, message.esito) {
        (MessageKind::Ns, _) => Some(Outcome::Refused { on }),
        (MessageKind::Rc, _) => Some(Outcome::Delivered { on }),
        (MessageKind::Mc, _) if message.family == Family::Private => Some(Outcome::MadeAvailable { on }),
        (MessageKind::Ne, Some(Esito::Ec01)) => Some(Outcome::Accepted),
        (MessageKind::Ne, Some(Esito::Ec02)) => Some(Outcome::RefusedByBody),
        (MessageKind::Dt, _) => Some(Outcome::TermsElapsed),
        _ => None,
    }
}

/// Documents that orders have already.
///
/// # Errors
/// The state cannot be read.
pub fn known<'k>(
    issuing: &Issuing,
    numbers: &Numbers,
    kind: &str,
    orders: impl IntoIterator<Item = &'k str>,
) -> Result<HashMap<String, IssuedDocument>, NodeError> {
    issuing.find_many(&numbers.seller, kind, orders).map_err(|error| failed(&error))
}

/// SHA-256 of a content.
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// An error of the state.
#[must_use]
pub fn failed(error: &StateError) -> NodeError {
    NodeError::new(Code::WriteFailed, format!("the register of invoices: {error}")).help(error.help())
}
