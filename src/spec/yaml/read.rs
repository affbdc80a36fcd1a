//! Text to nodes: the files of a document and the budget that they share.
//!
//! A broken rule of YAML ends the reading of its file; everything else is noted and the reading
//! goes on, so that all mistakes of a file are shown at once.

use crate::diag::{Code, Diagnostic, Diagnostics, Place, SourceMap};
use crate::spec::yaml::MAX_FOUND;
use crate::spec::yaml::builder::Builder;
use crate::spec::yaml::node::Node;

/// Bytes of a document with all its aliases and includes written out.
const MAX_WEIGHT: usize = 1 << 20;
/// What an included file weighs at least, so that no chain of small files takes for ever.
const INCLUDE_WEIGHT: usize = 256;
/// Files that include one another.
const MAX_INCLUDES: usize = 8;

/// Finds an included file: from the path as written and the path of the file that includes it,
/// to its resolved path and its text, or to the reason why not.
///
/// Circles are recognised by the resolved path, so one file must always get the same.
pub type Include<'a> = &'a dyn Fn(&str, &str) -> Result<(String, String), String>;

/// Reads a document with everything that it includes. The texts are added to `sources`.
///
/// An empty document is a null node.
///
/// # Errors
///
/// Everything that is wrong with the notation, each with its place.
pub fn read(path: &str, text: &str, sources: &mut SourceMap, include: Include<'_>) -> Result<Node, Diagnostics> {
    let mut reader = Reader { sources, include, found: Diagnostics::new(), weight: 0, open: Vec::new() };
    let node = reader.document(path, text, Place::NONE);
    let mut found = reader.found;
    match node {
        Some(node) if found.is_empty() => Ok(node),
        _ => {
            found.sort();
            Err(found)
        }
    }
}

/// What all files of one document share.
pub(super) struct Reader<'r> {
    sources: &'r mut SourceMap,
    include: Include<'r>,
    found: Diagnostics,
    pub(super) weight: usize,
    open: Vec<String>,
}

impl Reader<'_> {
    /// Reads one file; `None` when its notation is broken. `from` is the `!include`, if any.
    fn document(&mut self, path: &str, text: &str, from: Place) -> Option<Node> {
        let file = self.sources.add(path, text);
        let source = self.sources.text(file);
        let place = if from.is_none() { Place::between(file, 0, 0) } else { from };
        if source.len() > MAX_WEIGHT {
            self.note(too_large(place));
            return None;
        }
        self.open.push(path.to_owned());
        let document = Builder::new(file, &source, self).document();
        self.open.pop();
        // What ends the reading is always said, however much was found before.
        document.map_err(|error| self.found.push(error)).ok()
    }

    /// The document of an included file; `None` when it cannot be had, which is then noted.
    pub(super) fn include(&mut self, written: &str, place: Place) -> Result<Option<Node>, Diagnostic> {
        let failed = |reason: String| Diagnostic::error(Code::IncludeFailed, place, reason);
        self.charge(INCLUDE_WEIGHT, place)?;
        if self.open.len() > MAX_INCLUDES {
            let message = format!("`{written}` is more than {MAX_INCLUDES} includes away");
            self.note(failed(message));
            return Ok(None);
        }
        let from = self.open.last().map_or("", String::as_str);
        match (self.include)(written, from) {
            Err(reason) => {
                let message = format!("`{written}` cannot be included: {reason}");
                self.note(failed(message));
                Ok(None)
            }
            Ok((resolved, _)) if self.open.contains(&resolved) => {
                let circle = self.open.join("` includes `");
                self.note(
                    failed(format!("`{resolved}` includes itself")).help(format!("`{circle}` includes `{resolved}`")),
                );
                Ok(None)
            }
            Ok((resolved, text)) => Ok(self.document(&resolved, &text, place)),
        }
    }

    /// Keeps a mistake, unless there are enough.
    pub(super) fn note(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MAX_FOUND {
            self.found.push(diagnostic);
        }
    }

    /// Counts what is about to be kept, and fails when it is too much.
    pub(super) fn charge(&mut self, weight: usize, place: Place) -> Result<(), Diagnostic> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_WEIGHT {
            return Err(too_large(place));
        }
        Ok(())
    }
}

fn too_large(place: Place) -> Diagnostic {
    Diagnostic::error(
        Code::YamlBudget,
        place,
        "the document is larger than 1 MiB with its aliases and includes written out",
    )
    .help("move data to a file that the pipeline reads, such as a CSV")
}
