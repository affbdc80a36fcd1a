//! Mail about a run: what the pipeline asks for, and the server that the project names.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::Text;
use crate::io::Secret;

/// Mail that is sent at the end of each run, with its report. The server is named in `raccordo.yaml`, under `mail:`.
///
/// The mail goes out when everything else of the run is done and kept. When it cannot be sent, the run says so and ends
/// with exit code 2, nothing of it is undone, and the mail stays in the run's folder as `mail.eml`. A pipeline that
/// cannot be read, or that waits for another run in vain, sends none: `cron` and `systemd` tell of those.
///
/// ```yaml
/// mail:
///   to: [amministrazione@negozio.example]
///   report: quadratura
///   attach: [out/scarti.csv]
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSpec {
    /// Who gets it: addresses, as `notte@negozio.example` or `Ufficio <notte@negozio.example>`.
    pub to: Vec<Text>,
    /// Which runs send one. Default: `always`.
    #[serde(default)]
    pub when: MailWhen,
    /// The subject, instead of the name of the pipeline and how the run ended.
    pub subject: Option<Text>,
    /// The `report` load whose summary stands before the report of the run, and gives the subject when there is none; its files
    /// go with the mail.
    pub report: Option<Text>,
    /// Files that go with it, as paths or patterns. Together at most 10 MB; what is larger or missing is said in the
    /// mail. Files are taken as they lie there, also when the load that writes them failed: their time is in the mail.
    #[serde(default)]
    pub attach: Vec<Text>,
}

/// Which runs send a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailWhen {
    /// Every run.
    #[default]
    Always,
    /// Runs that did not end with exit code 0, or that rejected rows.
    Problems,
}

/// The server that takes mail.
///
/// ```yaml
/// mail:
///   server: smtp.negozio.example
///   user: notte@negozio.example
///   password: !secret smtp_password
///   from: Negozio <notte@negozio.example>
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Its name, as `smtp.negozio.example`.
    pub server: Text,
    /// Its port. Default: 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub port: Option<u16>,
    /// How what is said to it is protected. Default: `starttls`.
    #[serde(default)]
    pub security: MailSecurity,
    /// File of certificates (PEM) that are trusted as well, for a server whose certificate is its own.
    pub ca: Option<Text>,
    /// The user, when the server wants one.
    pub user: Option<Text>,
    /// The password of the user.
    pub password: Option<Secret>,
    /// Who the mail is from.
    pub from: Text,
}

/// How what is said to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// Begun in clear, then TLS before anything is told; refused when the server has none.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In clear: only for a server on this machine. A password is not sent.
    None,
}
