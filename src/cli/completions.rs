//! `raccordo completions`: the completion script of a shell.

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;

/// Runs the command.
///
/// # Errors
/// The script cannot be printed.
pub fn command(args: CompletionsArgs) -> Result<Exit, Failure> {
    talk::data(&script(args))?;
    Ok(Exit::Done)
}

fn script(args: CompletionsArgs) -> String {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "raccordo", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = script(CompletionsArgs { shell });
            // Fish writes long options without their dashes.
            assert!(script.contains("preview") && script.contains("rows"), "{shell}");
        }
    }
}
