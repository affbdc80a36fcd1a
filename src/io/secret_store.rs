//! Where secrets come from besides the environment: a file that only its owner reads, or a command.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where secrets are looked up.
#[derive(Debug, Default)]
pub struct SecretStore {
    /// File of `NAME=value` lines.
    pub file: Option<PathBuf>,
    /// Program and its arguments, in which `{name}` stands for the name of the secret; it prints the secret.
    pub command: Vec<String>,
    known: RefCell<BTreeMap<String, Result<Option<String>, String>>>,
}

impl SecretStore {
    /// A store of a file, a command, or both: the file is asked first.
    #[must_use]
    pub fn new(file: Option<PathBuf>, command: Vec<String>) -> Self {
        Self { file, command, known: RefCell::default() }
    }

    /// The secret of that name, asked once.
    ///
    /// # Errors
    /// Why the store cannot be asked; never with a part of a secret.
    pub fn get(&self, name: &str) -> Result<Option<String>, String> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let found = self.look(name);
        self.known.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn look(&self, name: &str) -> Result<Option<String>, String> {
        if let Some(file) = &self.file
            && let Some(found) = in_file(file, name)?
        {
            return Ok(Some(found));
        }
        match self.command.split_first() {
            Some((program, arguments)) => ask(program, arguments, name).map(Some),
            None => Ok(None),
        }
    }
}

/// Whether others than the owner can read a file; nothing where the system does not say.
///
/// # Errors
/// The file cannot be looked at.
pub fn is_open_to_others(path: &Path) -> std::io::Result<Option<u32>> {
    let metadata = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        Ok((mode & 0o077 != 0).then_some(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(None)
    }
}

fn in_file(file: &Path, name: &str) -> Result<Option<String>, String> {
    let shown = file.display();
    let unread = |error: std::io::Error| format!("cannot read the secrets in `{shown}`: {error}");
    if let Some(mode) = is_open_to_others(file).map_err(unread)? {
        return Err(format!("others can read the secrets in `{shown}` (rights {mode:03o}): `chmod 600 {shown}`"));
    }
    let text = std::fs::read_to_string(file).map_err(unread)?;
    let variable = name.to_uppercase().replace('-', "_");
    let pairs = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut pairs = pairs.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    let found = pairs.find(|(key, _)| key.trim() == name || key.trim() == variable);
    Ok(found.map(|(_, value)| unquoted(value.trim()).to_owned()))
}

fn unquoted(value: &str) -> &str {
    let inside = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

fn ask(program: &str, arguments: &[String], name: &str) -> Result<String, String> {
    let arguments = arguments.iter().map(|argument| argument.replace("{name}", name));
    // What it says may hold secrets: it is neither shown nor kept.
    let answer = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let answer = answer.map_err(|error| format!("cannot ask `{program}` for the secret `{name}`: {error}"))?;
    if !answer.status.success() {
        return Err(format!("`{program}` has no answer for the secret `{name}` ({})", answer.status));
    }
    let text = String::from_utf8(answer.stdout)
        .map_err(|_| format!("`{program}` answers for the secret `{name}` with something that is no text"))?;
    match text.lines().next() {
        Some(first) if !first.is_empty() => Ok(first.to_owned()),
        _ => Err(format!("`{program}` answers for the secret `{name}` with nothing")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segreti");
        std::fs::write(&path, "# chiavi\nWOO_KEY='ck 1=2'\nexport altro = x\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_is_read_by_name() {
        let (_folder, path) = file(0o600);
        let store = SecretStore::new(Some(path), Vec::new());
        assert_eq!(store.get("woo-key"), Ok(Some("ck 1=2".to_owned())));
        assert_eq!(store.get("altro"), Ok(Some("x".to_owned())));
        assert_eq!(store.get("manca"), Ok(None));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (_folder, path) = file(0o640);
        let error = SecretStore::new(Some(path), Vec::new()).get("woo-key").unwrap_err();
        assert!(error.contains("rights 640") && !error.contains("ck 1"), "{error}");
    }

    #[test]
    fn a_command_prints_the_secret() {
        let command = |words: &[&str]| SecretStore::new(None, words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(command(&["echo", "di {name}"]).get("x"), Ok(Some("di x".to_owned())));
        for failing in [&["false"][..], &["true"], &["/nowhere/at/all"]] {
            assert!(command(failing).get("x").is_err(), "{failing:?}");
        }
    }
}
