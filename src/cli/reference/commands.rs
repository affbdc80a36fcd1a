//! The page of the commands, from the definition of the command line.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};

use crate::cli::args::Cli;
use crate::cli::reference::markdown;

const ABOUT: &str = "\
Data goes to the standard output, everything said to a person to the standard error. Colours are used on a terminal only,
and never when `NO_COLOR` is set.";

const EXITS: &[(&str, &str)] = &[
    ("0", "done"),
    ("1", "the pipeline or the command line is wrong, nothing ran"),
    ("2", "the run failed: a source, a target, a full disk"),
    ("3", "the run ended but a check says no: too many rejects, or a failed test"),
    ("70", "a bug of raccordo"),
    ("130", "interrupted twice: the process ended at once"),
];

/// The page.
#[must_use]
pub fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = markdown::page("Commands", ABOUT);
    let exits: Vec<Vec<String>> =
        EXITS.iter().map(|(code, about)| vec![format!("`{code}`"), (*about).to_owned()]).collect();
    markdown::table(&mut out, &["exit code", "meaning"], &exits);
    for command in root.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        write_command(&mut out, command);
    }
    out
}

fn write_command(out: &mut String, command: &mut Command) {
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let _ = writeln!(out, "\n## {}\n\n{}", command.get_name(), about.trim_end());
    markdown::block(out, "text", &usage);
    let arguments = command.get_arguments().filter(|argument| argument.get_id() != "help");
    let rows: Vec<Vec<String>> = arguments.map(|argument| vec![written(argument), help(argument)]).collect();
    markdown::table(out, &["argument", "meaning"], &rows);
}

/// `--rows <ROWS>`, `FILE`.
fn written(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>"));
    let takes_value = argument.get_action().takes_values();
    let value = if takes_value { names.collect::<Vec<_>>().join(" ") } else { String::new() };
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let flags: Vec<String> = [short, long].into_iter().flatten().collect();
    format!("`{}`", format!("{} {value}", flags.join(", ")).trim())
}

fn help(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let possible: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !possible.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, "; one of {}", possible.join(", "));
    }
    let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !default.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, "; `{}` unless said", default.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_option_is_there() {
        let page = page();
        for command in Cli::command().get_subcommands() {
            assert!(page.contains(&format!("\n## {}\n", command.get_name())), "{}", command.get_name());
        }
        for part in [
            "raccordo preview [OPTIONS] <FILE> <NODE>",
            "| `-n, --rows <ROWS>` | How many rows; `20` unless said |",
            "| `--format <FORMAT>` | Format of the drawing; by the extension of the output, else SVG; one of `svg`, `mermaid` |",
            "| `--json` |",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(!page.contains("\n## help\n"));
    }
}
