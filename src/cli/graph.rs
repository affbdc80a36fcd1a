//! `raccordo graph`: the pipeline as a drawing.

use std::path::Path;

use crate::cli::args::{GraphArgs, GraphFormat};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::{clock, talk};
use crate::io::{FileError, StagedFile};
use crate::plan::graph::{Graph, mermaid, svg};

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, or the drawing cannot be written.
pub fn command(args: &GraphArgs) -> Result<Exit, Failure> {
    let format = format(args)?;
    let plan = open(&args.file, &args.params, clock::now(), Secrets::NotNeeded)?.ready()?.plan;
    let graph = Graph::of(&plan);
    let drawing = match format {
        GraphFormat::Svg => svg::render(&graph),
        GraphFormat::Mermaid => mermaid::render(&graph),
    };
    match &args.output {
        Some(path) => write(path, &drawing).map_err(|error| {
            let help = error.help();
            Failure::new(Exit::Failed, error.to_string()).help(help)
        })?,
        None => talk::data(&drawing)?,
    }
    Ok(Exit::Done)
}

/// As said, else by the extension of the output, else SVG.
fn format(args: &GraphArgs) -> Result<GraphFormat, Failure> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let Some(output) = &args.output else { return Ok(GraphFormat::Svg) };
    let extension = output.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(GraphFormat::Svg),
        Some("mmd" | "mermaid") => Ok(GraphFormat::Mermaid),
        _ => Err(Failure::new(Exit::Wrong, format!("the name `{}` does not tell the format", output.display()))
            .help("end it in `.svg` or `.mmd`, or add `--format`")),
    }
}

fn write(path: &Path, drawing: &str) -> Result<(), FileError> {
    let staged = StagedFile::create(path, "graph")?;
    std::fs::write(staged.path(), drawing).map_err(|error| FileError::new("write", path, error))?;
    staged.commit().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Params;

    #[test]
    fn the_format_is_said_or_known_by_the_name() {
        use GraphFormat::{Mermaid, Svg};
        let cases = [
            (None, None, Some(Svg)),
            (Some("a.svg"), None, Some(Svg)),
            (Some("a.MMD"), None, Some(Mermaid)),
            (Some("a.svg"), Some(Mermaid), Some(Mermaid)),
            (Some("a.png"), None, None),
            (Some("a"), None, None),
        ];
        for (output, said, expected) in cases {
            let args = GraphArgs {
                file: "a.yaml".into(),
                output: output.map(Into::into),
                format: said,
                params: Params::default(),
            };
            assert_eq!(format(&args).ok(), expected, "{output:?}");
        }
    }
}
