//! `raccordo generate`: the files of the repository that follow from the code.

use std::path::Path;

use crate::cli::args::{GenerateArgs, SchemaOf};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{reference, schema, talk};
use crate::io::{FileError, StagedFile};

/// Runs the command in the current folder.
///
/// # Errors
/// A file cannot be written.
pub fn command(args: &GenerateArgs) -> Result<Exit, Failure> {
    let root = Path::new("");
    let stale: Vec<Generated> = files().into_iter().filter(|file| !file.is_current(root)).collect();
    if args.write {
        return write_all(root, &stale);
    }
    for file in &stale {
        talk::line(&format!("not up to date: {}", file.path));
    }
    if stale.is_empty() {
        return Ok(Exit::Done);
    }
    let message = format!("{} not up to date", talk::counted(stale.len(), "generated file"));
    Err(Failure::new(Exit::Wrong, message).help("run `raccordo generate --write` at the root of the repository"))
}

/// A file that follows from the code.
pub struct Generated {
    /// Path from the root of the repository.
    pub path: &'static str,
    /// What should be in it.
    pub text: String,
}

/// All generated files.
#[must_use]
pub fn files() -> Vec<Generated> {
    let pipeline = schema::schema(SchemaOf::Pipeline);
    let contract = schema::schema(SchemaOf::Contract);
    let channel = schema::schema(SchemaOf::Channel);
    let connector = schema::schema(SchemaOf::Connector);
    let file = |path, text| Generated { path, text };
    vec![
        file("schemas/pipeline.schema.json", format!("{pipeline:#}\n")),
        file("schemas/contract.schema.json", format!("{contract:#}\n")),
        file("schemas/channel.schema.json", format!("{channel:#}\n")),
        file("schemas/connector.schema.json", format!("{connector:#}\n")),
        file("docs/reference/chains.md", reference::chains::page()),
        file("docs/reference/commands.md", reference::commands::page()),
        file("docs/reference/diagnostics.md", reference::diagnostics::page()),
        file("docs/reference/functions.md", reference::functions::page()),
        file("docs/reference/kinds.md", reference::kinds::page(&pipeline)),
        file("docs/reference/types.md", reference::types::page()),
        file("docs/reference/vat.md", reference::vat::page()),
    ]
}

impl Generated {
    /// Whether the file is there with the right text; line ends of another system do not count.
    fn is_current(&self, root: &Path) -> bool {
        let found = std::fs::read_to_string(root.join(self.path));
        found.is_ok_and(|found| found.replace("\r\n", "\n") == self.text)
    }

    fn write(&self, root: &Path) -> Result<(), FileError> {
        let path = root.join(self.path);
        let staged = StagedFile::create(&path, "generate")?;
        std::fs::write(staged.path(), &self.text).map_err(|error| FileError::new("write", &path, error))?;
        staged.commit().map(drop)
    }
}

fn write_all(root: &Path, files: &[Generated]) -> Result<Exit, Failure> {
    for file in files {
        file.write(root).map_err(|error| {
            let help = error.help();
            Failure::new(Exit::Failed, error.to_string()).help(help)
        })?;
        talk::line(&format!("wrote {}", file.path));
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_current_until_it_changes() {
        let root = tempfile::tempdir().unwrap();
        let files = files();
        assert!(files.iter().all(|file| !file.is_current(root.path())));
        write_all(root.path(), &files).unwrap();
        assert!(files.iter().all(|file| file.is_current(root.path())));
        std::fs::write(root.path().join(files[4].path), "else").unwrap();
        let stale: Vec<_> = files.iter().filter(|file| !file.is_current(root.path())).map(|file| file.path).collect();
        assert_eq!(stale, [files[4].path]);
    }

    #[test]
    fn pages_say_that_they_are_generated_and_end_well() {
        for file in files().iter().filter(|file| file.path.ends_with(".md")) {
            assert!(file.text.starts_with(reference::NOTICE), "{}", file.path);
            assert!(file.text.ends_with('\n') && !file.text.ends_with("\n\n"), "{}", file.path);
            assert!(file.text.lines().all(|line| line.trim_end() == line), "{}", file.path);
        }
    }
}
