//! The source texts that places point into, and their lines and columns.
//!
//! Must not live here: reading files. Whoever reads a file hands its text over.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::place::{FileId, Place};

/// The source files of a run of `check` or `run`, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    path: String,
    text: Arc<str>,
    line_starts: Vec<usize>,
}

impl SourceMap {
    /// No file yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a text, without the byte order mark that editors of some systems put in front of
    /// it, and gives its number. `path` is what the user will read.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text: Arc<str> = text.into();
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => Arc::from(rest),
            None => text,
        };
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
        self.files.push(SourceFile { path: path.into(), text, line_starts });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The path as it was given; empty for an unknown file.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.path)
    }

    /// The text, without a byte order mark; empty for an unknown file.
    #[must_use]
    pub fn text(&self, file: FileId) -> Arc<str> {
        self.file(file).map_or_else(|| Arc::from(""), |file| Arc::clone(&file.text))
    }

    /// Line and column of the start of a place, both from 1, the column in characters;
    /// `(0, 0)` when the place is unknown.
    #[must_use]
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        self.position(place.file, place.start)
    }

    /// Line and column just after the place, counted like [`SourceMap::line_column`].
    #[must_use]
    pub fn end_line_column(&self, place: Place) -> (usize, usize) {
        self.position(place.file, place.end())
    }

    /// The bytes of a place within its text, moved to whole characters; `None` when unknown.
    #[must_use]
    pub fn range(&self, place: Place) -> Option<Range<usize>> {
        let text = &self.file(place.file)?.text;
        let start = text.floor_char_boundary(place.start as usize);
        let end = text.ceil_char_boundary(place.end() as usize).max(start);
        Some(start..end)
    }

    /// The place cut at the end of its first line; for what is wrong with a whole block.
    #[must_use]
    pub fn first_line(&self, place: Place) -> Place {
        let (Some(range), Some(file)) = (self.range(place), self.file(place.file)) else {
            return place;
        };
        let line = file.text[range.clone()].lines().next().unwrap_or("");
        Place::between(place.file, range.start, range.start + line.trim_end().len())
    }

    fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(usize::try_from(file.0).ok()?)
    }

    fn position(&self, file: FileId, byte: u32) -> (usize, usize) {
        let Some(file) = self.file(file) else {
            return (0, 0);
        };
        let byte = file.text.floor_char_boundary(byte as usize);
        let line = file.line_starts.partition_point(|&start| start <= byte);
        let line_start = file.line_starts[line - 1];
        (line, file.text[line_start..byte].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_a_persons() {
        let mut sources = SourceMap::new();
        let text = "\u{feff}perché: sì\r\nsku: 001\n";
        let file = sources.add("a.yaml", text);
        let body = sources.text(file);
        let at = |needle: &str| body.find(needle).unwrap();
        let cases = [
            (0, (1, 1)),
            (at("sì"), (1, 9)),
            (at("sku"), (2, 1)),
            (at("001"), (2, 6)),
            (body.len(), (3, 1)),
            (9999, (3, 1)),
        ];
        for (byte, expected) in cases {
            let place = Place::between(file, byte, byte);
            assert_eq!(sources.line_column(place), expected, "byte {byte}");
        }
    }

    #[test]
    fn unknown_places_are_harmless() {
        let sources = SourceMap::new();
        assert_eq!(sources.line_column(Place::NONE), (0, 0));
        assert_eq!(sources.range(Place::NONE), None);
        assert_eq!(sources.path(FileId(3)), "");
    }

    #[test]
    fn first_line_ends_before_the_break() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "a: 1  \r\nb: 2\n");
        let place = sources.first_line(Place::between(file, 0, 12));
        assert_eq!((place.start, place.len), (0, 4));
    }
}
