//! The mail about each run: checked, with its server.

use std::path::PathBuf;

use crate::context::Project;
use crate::diag::{Code, Diagnostic, Diagnostics, Placed, Text, did_you_mean};
use crate::io::mail::{Cover, Server, is_address};
use crate::spec::mail::{MailSecurity, MailServer, MailSpec, MailWhen};

/// Mail about each run.
#[derive(Clone, Debug)]
pub struct MailPlan {
    /// The server that takes it.
    pub server: Server,
    /// Who it is from.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Which runs send one.
    pub when: MailWhen,
    /// The subject, when it is a given one.
    pub subject: Option<String>,
    /// The load whose summary it begins with.
    pub report: Option<String>,
    /// Files or patterns that go with it, as written.
    pub attach: Vec<String>,
}

/// Checks what a pipeline asks for; `reports` are the loads that have a summary. `None` when a problem was reported.
pub fn bind(
    spec: &Placed<MailSpec>,
    server: Option<&MailServer>,
    reports: &[&str],
    project: &Project,
    problems: &mut Diagnostics,
) -> Option<MailPlan> {
    let before = problems.len();
    if spec.to.is_empty() {
        let message = "the mail goes to nobody";
        problems
            .push(Diagnostic::error(Code::BadValue, spec.place, message).help("write at least one address at `to:`"));
    }
    for to in &spec.to {
        address(to, problems);
    }
    if let Some(report) = &spec.report
        && !reports.contains(&report.as_str())
    {
        let message = format!("`{report}` is not a load of kind `report`");
        let mut problem = Diagnostic::error(Code::BadValue, report.place(), message);
        if let Some(help) = did_you_mean(report, reports.iter().copied()) {
            problem = problem.help(help);
        }
        problems.push(problem);
    }
    if server.is_none() {
        let problem = Diagnostic::error(Code::MissingKey, spec.place, "no server is named that takes the mail");
        problems.push(problem.help("add `mail: { server: …, from: … }` to `raccordo.yaml`"));
    }
    let server = server.and_then(|named| Some((self::server(named, project, problems)?, named.from.to_string())));
    let (server, from) = server.filter(|_| problems.len() == before)?;
    Some(MailPlan {
        server,
        from,
        to: spec.to.iter().map(ToString::to_string).collect(),
        when: spec.when,
        subject: spec.subject.as_ref().map(ToString::to_string),
        report: spec.report.as_ref().map(ToString::to_string),
        attach: spec.attach.iter().map(ToString::to_string).collect(),
    })
}

/// Checks the server of a project.
pub fn server(spec: &MailServer, project: &Project, problems: &mut Diagnostics) -> Option<Server> {
    let before = problems.len();
    address(&spec.from, problems);
    let (cover, usual) = match spec.security {
        MailSecurity::Starttls => (Cover::StartTls, 587),
        MailSecurity::Tls => (Cover::Tls, 465),
        MailSecurity::None => (Cover::Clear, 25),
    };
    let login = match (&spec.user, &spec.password) {
        (Some(user), Some(password)) => Some((user.to_string(), password.clone())),
        (None, None) => None,
        (Some(user), None) => {
            let problem = Diagnostic::error(Code::MissingKey, user.place(), format!("`{user}` has no password"));
            problems.push(problem.help("add `password: !secret NAME`"));
            None
        }
        (None, Some(_)) => {
            let problem = Diagnostic::error(Code::MissingKey, spec.server.place(), "there is a password and no user");
            problems.push(problem.help("add `user:`"));
            None
        }
    };
    if cover == Cover::Clear && login.is_some() {
        let message = "a password would be sent in clear";
        let problem = Diagnostic::error(Code::BadValue, spec.server.place(), message);
        problems.push(problem.help("use `security: starttls` or `tls`, or leave out user and password"));
    }
    let ca = spec.ca.as_ref().and_then(|path| certificates(path, project.path(path), problems));
    let bound = Server { host: spec.server.to_string(), port: spec.port.unwrap_or(usual), cover, ca, login };
    (problems.len() == before).then_some(bound)
}

fn certificates(written: &Text, path: PathBuf, problems: &mut Diagnostics) -> Option<Vec<u8>> {
    match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let message = format!("cannot read the certificates `{written}`: {error}");
            problems.push(Diagnostic::error(Code::FileNotFound, written.place(), message));
            None
        }
    }
}

fn address(text: &Text, problems: &mut Diagnostics) {
    if !is_address(text) {
        let problem = Diagnostic::error(Code::BadValue, text.place(), format!("`{text}` is not a mail address"));
        problems.push(problem.help("write it as `notte@negozio.example` or `Negozio <notte@negozio.example>`"));
    }
}
