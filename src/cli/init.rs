//! `raccordo init`: a new project that runs as it is.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::cli::args::{InitArgs, SchemaOf};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{schema, talk};

/// The files of a new project: where they go and what is in them. The schemas for editors come on top.
const FILES: &[(&str, &str)] = &[
    ("raccordo.yaml", include_str!("init/raccordo.yaml")),
    (".gitignore", include_str!("init/gitignore")),
    ("pipelines/primo.yaml", include_str!("init/primo.yaml")),
    ("schemas/articolo.yaml", include_str!("init/articolo.yaml")),
    ("fixtures/articoli.csv", include_str!("init/articoli.csv")),
];

/// Runs the command.
///
/// # Errors
/// The folder holds something already, or cannot be written.
pub fn command(args: &InitArgs) -> Result<Exit, Failure> {
    refuse_full(&args.name)?;
    let mut names = Vec::new();
    for (name, text) in FILES {
        write(&args.name, name, text)?;
        names.push(*name);
    }
    for (of, name) in [(SchemaOf::Pipeline, "pipeline"), (SchemaOf::Contract, "contract")] {
        let text = format!("{:#}\n", schema::schema(of));
        write(&args.name, &format!("schemas/{name}.schema.json"), &text)?;
    }
    talk::say(&welcome(&args.name, &names));
    Ok(Exit::Done)
}

/// An empty folder may be there; anything in it would be in danger.
fn refuse_full(folder: &Path) -> Result<(), Failure> {
    let shown = folder.display();
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(Exit::Wrong, format!("the folder `{shown}` is not empty"))
            .help("name a folder that does not exist yet: nothing is ever overwritten")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(Exit::Wrong, format!("cannot make a project in `{shown}`: {error}"))
            .help("name a folder that does not exist yet")),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(text.as_bytes())
    });
    written.map_err(|error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", path.display())))
}

fn welcome(folder: &Path, names: &[&str]) -> String {
    let shown = folder.display();
    let list: String = names.iter().map(|name| format!("  {name}\n")).collect();
    format!(
        "made the project `{shown}`:\n{list}\n\
         try it:\n  cd {shown}\n  raccordo check pipelines/primo.yaml\n  raccordo run pipelines/primo.yaml\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine;
    use crate::spec;

    fn init(folder: &Path) -> Result<Exit, Failure> {
        command(&InitArgs { name: folder.to_path_buf() })
    }

    #[test]
    fn the_new_project_checks_and_passes_its_tests() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("negozio");
        init(&folder).unwrap();
        let mut loaded = spec::load(&folder.join("pipelines/primo.yaml"), &BTreeMap::new(), 0, true);
        let pipeline = loaded.pipeline.unwrap();
        let (plan, problems) = crate::plan::build(&pipeline, &loaded.project, &loaded.params, &mut loaded.sources);
        assert!(problems.is_empty(), "{problems:?}");
        let results = engine::tests(&plan.unwrap(), &pipeline);
        assert!(!results.is_empty() && results.iter().all(|result| result.passed), "{results:?}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        init(root.path()).unwrap();
        assert!(matches!(init(root.path()), Err(Failure::Told { exit: Exit::Wrong, .. })));
        let file = root.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(init(&file).is_err());
        assert_eq!(fs::read_to_string(file).unwrap(), "x");
    }

    #[test]
    fn an_empty_folder_is_welcome() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(init(root.path()).unwrap(), Exit::Done);
        assert!(root.path().join("schemas/contract.schema.json").is_file());
    }
}
