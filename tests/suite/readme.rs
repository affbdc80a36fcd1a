//! What the README and the guides show is true: their pipelines run, the files they name exist.

use std::fs;

use regex::Regex;

use crate::examples::runs;
use crate::harness::{Scratch, files_below, none_failed, repository};

/// A fenced block of a document.
struct Block {
    document: String,
    line: usize,
    text: String,
}

/// Documents that people read, relative to the repository.
fn documents() -> Vec<String> {
    let guides = files_below(&repository().join("docs")).into_iter().filter(|file| file.ends_with(".md"));
    std::iter::once("README.md".to_owned()).chain(guides.map(|file| format!("docs/{file}"))).collect()
}

fn read(document: &str) -> String {
    fs::read_to_string(repository().join(document)).unwrap_or_else(|error| panic!("cannot read {document}: {error}"))
}

#[test]
fn every_pipeline_in_a_document_runs() {
    let blocks: Vec<Block> = documents().iter().flat_map(|document| pipelines_of(document, &read(document))).collect();
    assert!(blocks.iter().any(|block| block.document == "README.md"), "the README shows no whole pipeline");
    let failures: Vec<String> = blocks
        .iter()
        .filter_map(|block| {
            let shop = Scratch::shop().with("pipelines/shown.yaml", &block.text);
            let problem = runs("pipelines/shown.yaml", &shop).err()?;
            Some(format!("{}:{}\n{problem}", block.document, block.line))
        })
        .collect();
    none_failed("shown pipelines", &failures);
}

#[test]
fn every_file_that_a_document_names_exists() {
    let named = Regex::new(r"\b(?:pipelines|fixtures|schemas|benches|docs|tests)/[A-Za-z0-9_./-]*\.[a-z]+\b").unwrap();
    let mut failures = Vec::new();
    for document in documents() {
        for found in named.find_iter(&read(&document)) {
            if !repository().join(found.as_str()).is_file() && !is_made_by_the_reader(found.as_str()) {
                failures.push(format!("{document} names {}, which does not exist", found.as_str()));
            }
        }
    }
    failures.dedup();
    none_failed("names", &failures);
}

/// Files that a guide tells the reader to write, or that `init` writes.
fn is_made_by_the_reader(path: &str) -> bool {
    ["pipelines/primo.yaml", "pipelines/prima.yaml"].contains(&path)
}

fn pipelines_of(document: &str, text: &str) -> Vec<Block> {
    blocks_of(document, text).into_iter().filter(|block| starts_a_pipeline(&block.text)).collect()
}

/// Whether the first line that is no comment is `pipeline:`.
fn starts_a_pipeline(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| line.starts_with("pipeline:"))
}

/// The fenced `yaml` blocks of a document.
fn blocks_of(document: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            Some(_) if line.starts_with("```") => blocks.extend(open.take()),
            Some(block) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None if line.trim_end() == "```yaml" => {
                open = Some(Block { document: document.to_owned(), line: index + 1, text: String::new() });
            }
            None => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pipelines_are_taken() {
        let text =
            "a\n```yaml\n# fragment\nfilter: x\n```\n```yaml\n# whole\npipeline: a\n```\n```sh\npipeline: b\n```\n";
        let found = pipelines_of("x.md", text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].text.as_str()), (6, "# whole\npipeline: a\n"));
    }
}
