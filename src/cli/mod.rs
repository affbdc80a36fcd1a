//! What a person types: the command line is parsed, the rooms below are called, what they answer is printed.
//!
//! One file per command. Everything printed goes through [`talk`]; nothing here decides what a pipeline means.

pub mod apply;
pub mod args;
pub mod check;
pub mod clock;
pub mod completions;
pub mod connectors;
pub mod crash;
pub mod days;
pub mod doctor;
pub mod exception_args;
pub mod exceptions;
pub mod exit;
pub mod explain;
pub mod fatturapa;
pub mod generate;
pub mod graph;
pub mod init;
pub mod open;
pub mod plan;
pub mod preview;
pub mod progress;
pub mod reference;
pub mod reject_args;
pub mod rejects;
pub mod run;
pub mod run_args;
pub mod runs;
pub mod schedule;
pub mod schema;
pub mod stop;
pub mod table;
pub mod talk;
pub mod test;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::{Cli, Command};
use crate::cli::exit::{Exit, Failure};

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let exit = crash::guard(|| match Cli::try_parse() {
        Ok(cli) => settle(dispatch(cli.command)),
        Err(error) => usage(&error),
    });
    ExitCode::from(exit.code())
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::command(&args),
        Command::Plan(args) => plan::command(&args),
        Command::Apply(args) => apply::command(&args),
        Command::Check(args) => check::command(&args),
        Command::Explain(args) => explain::command(&args),
        Command::Preview(args) => preview::command(&args),
        Command::Graph(args) => graph::command(&args),
        Command::Test(args) => test::command(&args),
        Command::FatturaPa(command) => fatturapa::command(&command),
        Command::Rejects(command) => rejects::command(&command),
        Command::Exceptions(command) => exceptions::command(&command),
        Command::Runs(args) => runs::command(&args),
        Command::Connectors(args) => connectors::command(&args),
        Command::Doctor(args) => doctor::command(&args),
        Command::Schedule(command) => schedule::command(&command),
        Command::Init(args) => init::command(&args),
        Command::Schema(args) => schema::command(args),
        Command::Generate(args) => generate::command(&args),
        Command::Completions(args) => completions::command(args),
    }
}

/// Says why a command failed, unless it was said already.
fn settle(result: Result<Exit, Failure>) -> Exit {
    match result {
        Ok(exit) | Err(Failure::Said(exit)) => exit,
        Err(Failure::Unread) => Exit::Done,
        Err(Failure::Told { exit, message, help }) => {
            talk::error(&message, &help);
            exit
        }
    }
}

/// Help and version are data; anything else is a wrong command line.
fn usage(error: &clap::Error) -> Exit {
    // Nobody is left to tell when the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Wrong } else { Exit::Done }
}
