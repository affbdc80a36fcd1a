//! Every shipped pipeline runs on the shipped fixtures and passes its own tests.
//!
//! A pipeline that is meant to end with another exit code says so in a comment at its top: `# exit: 3`.

use std::fs;

use crate::harness::{Answer, Scratch, files_below, none_failed, repository};

/// Pipelines that ship as examples: not the cases of tests, not the jobs of benchmarks, not files that are included.
#[must_use]
pub fn shipped() -> Vec<String> {
    let folder = repository().join("pipelines");
    let files = files_below(&folder).into_iter().filter(|file| file.ends_with(".yaml"));
    let files = files.filter(|file| !file.starts_with("cases/") && !file.starts_with("bench/"));
    files
        .filter(|file| is_pipeline(&fs::read_to_string(folder.join(file)).unwrap()))
        .map(|file| format!("pipelines/{file}"))
        .collect()
}

/// Whether a YAML text is a pipeline: its first key is `pipeline`, or it is one of its keys at the margin.
#[must_use]
pub fn is_pipeline(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("pipeline:"))
}

#[test]
fn every_example_runs() {
    let pipelines = shipped();
    assert!(!pipelines.is_empty(), "no pipeline is shipped");
    let failures: Vec<String> = pipelines.iter().filter_map(|path| runs(path, &Scratch::shop()).err()).collect();
    none_failed("examples", &failures);
}

#[test]
fn every_example_passes_its_tests() {
    let shop = Scratch::shop();
    let failures: Vec<String> = shipped()
        .iter()
        .map(|path| shop.raccordo(&["test", path]).answer())
        .filter(|answer| answer.code != Some(0))
        .map(|answer| answer.to_string())
        .collect();
    none_failed("examples", &failures);
}

/// Runs a pipeline of the scratch copy: the exit code it announces, and books that balance.
///
/// # Errors
/// What went otherwise.
pub fn runs(path: &str, shop: &Scratch) -> Result<Answer, String> {
    let wanted = announced_exit(&shop.read(path));
    let answer = shop.raccordo(&["run", path, "--json"]).answer();
    if answer.code != Some(wanted) {
        return Err(format!("== {path}: expected exit code {wanted} of {answer}"));
    }
    let report: serde_json::Value = serde_json::from_str(&answer.stdout)
        .map_err(|error| format!("== {path}: the report is not JSON ({error}): {answer}"))?;
    if report["balanced"] != true {
        return Err(format!("== {path}: the books do not balance: {}", report["unbalanced"]));
    }
    Ok(answer)
}

/// The exit code in the comments before the first key; 0 when there is none.
fn announced_exit(text: &str) -> i32 {
    let comments = text.lines().take_while(|line| line.is_empty() || line.starts_with('#'));
    let mut codes = comments.filter_map(|line| line.strip_prefix("# exit:"));
    codes.next().map_or(0, |code| code.trim().parse().expect("`# exit:` and a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_read_from_the_comments_at_the_top() {
        assert_eq!(announced_exit("# a\n# exit: 3\npipeline: x\n"), 3);
        assert_eq!(announced_exit("pipeline: x\n# exit: 3\n"), 0);
    }
}
