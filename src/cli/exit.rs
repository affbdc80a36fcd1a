//! How a command ends: the exit code says who must act.

use std::io;

use crate::context::NodeError;
use crate::engine::Status;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well.
    Done,
    /// The pipeline or the command line is wrong; nothing ran.
    Wrong,
    /// The run failed.
    Failed,
    /// The run ended, but a check says no.
    ChecksSayNo,
    /// A bug of raccordo.
    Bug,
}

impl Exit {
    /// The exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Wrong => 1,
            Self::Failed => 2,
            Self::ChecksSayNo => 3,
            Self::Bug => 70,
        }
    }
}

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::Done,
            Status::Failed => Self::Failed,
            Status::ChecksSayNo => Self::ChecksSayNo,
            Status::Bug => Self::Bug,
        }
    }
}

/// Why a command did not come to its end.
#[derive(Debug)]
pub enum Failure {
    /// Nobody reads our output any more, as in `raccordo schema | head`: no reason to complain.
    Unread,
    /// What is wrong has been said.
    Said(Exit),
    /// What is wrong is still to be said.
    Told {
        /// How the command ends.
        exit: Exit,
        /// What is wrong: a lowercase phrase.
        message: String,
        /// What to do.
        help: Vec<String>,
    },
}

impl Failure {
    /// A failure that is still to be said.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Told { exit, message: message.into(), help: Vec::new() }
    }

    /// The command line is wrong; nothing ran.
    #[must_use]
    pub fn wrong(error: NodeError) -> Self {
        Self::Told { exit: Exit::Wrong, message: error.message, help: error.help }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        if let Self::Told { help, .. } = &mut self {
            help.push(text.into());
        }
        self
    }
}

/// Our own output could not be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::new(Exit::Failed, format!("cannot write to the standard output: {error}")),
        }
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let message = format!("{} [{}]", error.message, error.code);
        Self::Told { exit: Exit::Failed, message, help: error.help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_engine() {
        for status in [Status::Done, Status::Failed, Status::ChecksSayNo, Status::Bug] {
            assert_eq!(Exit::from(status).code(), status.exit_code());
        }
    }

    #[test]
    fn a_closed_pipe_is_no_complaint() {
        assert!(matches!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)), Failure::Unread));
        assert!(matches!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)), Failure::Told { .. }));
    }
}
