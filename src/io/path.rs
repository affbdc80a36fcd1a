//! Paths made from data: a name that comes from a row stays inside the folder that the user chose.
//!
//! Paths that a user writes in a pipeline or on the command line are not checked here: they may point anywhere.

use std::path::{Path, PathBuf};

/// Why a text from a row cannot be the name of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// Nothing, or blanks.
    #[error("an empty name")]
    Empty,
    /// `..`, a separator or a drive: it would leave the folder.
    #[error("`{0}` would leave the output folder")]
    Escapes(String),
    /// A character that file systems refuse.
    #[error("`{0}` holds a character that names of files cannot have")]
    Character(String),
    /// A name that Windows keeps for itself, or that it would change.
    #[error("`{0}` is a name that Windows does not allow")]
    Reserved(String),
    /// Longer than the 255 bytes that file systems allow.
    #[error("a name of {0} bytes, more than 255")]
    TooLong(usize),
}

impl PathProblem {
    /// Stable cause of the reject.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        if matches!(self, Self::Escapes(_)) { "path-escapes" } else { "bad-path" }
    }

    /// The same in Italian.
    #[must_use]
    pub fn italian(&self) -> String {
        match self {
            Self::Empty => "un nome vuoto".to_owned(),
            Self::Escapes(name) => format!("`{name}` uscirebbe dalla cartella di destinazione"),
            Self::Character(name) => format!("`{name}` contiene un carattere che i nomi di file non possono avere"),
            Self::Reserved(name) => format!("`{name}` è un nome che Windows non ammette"),
            Self::TooLong(length) => format!("un nome di {length} byte, più di 255"),
        }
    }
}

/// `root/name`, when `name` is one plain name of a file or folder.
///
/// # Errors
/// The name is empty, would leave `root` (`..`, a separator, a drive), or is refused by a common file system.
pub fn join_row_path(root: &Path, name: &str) -> Result<PathBuf, PathProblem> {
    check_name(name)?;
    Ok(root.join(name))
}

/// A path as the user wrote it, below a folder; an absolute path stays what it is.
#[must_use]
pub fn in_folder(folder: &str, path: &str) -> String {
    Path::new(folder).join(path).to_string_lossy().into_owned()
}

fn check_name(name: &str) -> Result<(), PathProblem> {
    const LONGEST: usize = 255;
    let trimmed = name.trim_matches([' ', '.']);
    if name.trim().is_empty() {
        return Err(PathProblem::Empty);
    }
    if trimmed.is_empty() || name.contains(['/', '\\']) || is_drive(name) {
        return Err(PathProblem::Escapes(name.escape_debug().to_string()));
    }
    if name.contains(|character: char| character.is_control() || "<>:\"|?*".contains(character)) {
        return Err(PathProblem::Character(name.escape_debug().to_string()));
    }
    if name.ends_with([' ', '.']) || is_device(name) {
        return Err(PathProblem::Reserved(name.to_owned()));
    }
    if name.len() > LONGEST {
        return Err(PathProblem::TooLong(name.len()));
    }
    Ok(())
}

fn is_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// `CON`, `nul.txt`, `COM1`: Windows opens a device instead of a file, whatever the extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        stem => matches!(stem.as_bytes(), [b'C', b'O', b'M', b'1'..=b'9'] | [b'L', b'P', b'T', b'1'..=b'9']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_joined() {
        for name in ["amazon.csv", "a b", "..a", "a..b", ".nascosto", "è", "console.txt", "com10"] {
            assert_eq!(join_row_path(Path::new("out"), name), Ok(Path::new("out").join(name)), "{name}");
        }
    }

    #[test]
    fn names_that_climb_or_break_are_refused() {
        let cases = [
            ("", "bad-path"),
            ("  ", "bad-path"),
            (".", "path-escapes"),
            ("..", "path-escapes"),
            (".. ", "path-escapes"),
            ("../x", "path-escapes"),
            ("a/../../x", "path-escapes"),
            ("/etc/passwd", "path-escapes"),
            ("a/b", "path-escapes"),
            ("..\\x", "path-escapes"),
            ("C:x", "path-escapes"),
            ("a\0b", "bad-path"),
            ("a\nb", "bad-path"),
            ("a*b", "bad-path"),
            ("nul", "bad-path"),
            ("COM1.csv", "bad-path"),
            ("a.", "bad-path"),
        ];
        for (name, cause) in cases {
            assert_eq!(
                join_row_path(Path::new("out"), name).map_err(|problem| problem.cause()),
                Err(cause),
                "{name:?}"
            );
        }
        assert_eq!(join_row_path(Path::new("out"), &"a".repeat(256)), Err(PathProblem::TooLong(256)));
    }
}
