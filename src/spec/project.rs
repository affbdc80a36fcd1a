//! The project file, `raccordo.yaml`: where secrets are, how long rejects are kept.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::Project;
use crate::context::project::PROJECT_FILE;
use crate::diag::{Code, Diagnostic, Diagnostics, SourceMap, Text};
use crate::domain::calendar::duration;
use crate::io::SecretStore;
use crate::spec::environment::Environment;
use crate::spec::mail::MailServer;
use crate::spec::yaml::{self, Node};

/// Days that rejects are kept when the project says nothing.
const KEPT_DAYS: u64 = 90;

/// What `raccordo.yaml` may say. The file may be absent or empty.
///
/// ```yaml
/// secrets: { file: .segreti, command: [pass, show, "negozio/{name}"] }
/// rejects: { keep: 90d }
/// mail: { server: smtp.negozio.example, user: notte, password: !secret smtp_password, from: notte@negozio.example }
/// ```
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectFile {
    /// Where `!secret NAME` is looked up after the environment variable `NAME`.
    pub secrets: SecretsSpec,
    /// What becomes of rejected rows.
    pub rejects: KeptRejects,
    /// The server that takes mail about runs.
    pub mail: Option<MailServer>,
    /// What was written of the mail server: its secrets are looked up when a mail is to be sent.
    #[serde(skip)]
    mail_node: Option<Node>,
}

/// Where secrets are.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsSpec {
    /// File of `NAME=value` lines, which only its owner may read (rights 600).
    pub file: Option<Text>,
    /// Program and arguments that print a secret; `{name}` stands for its name. No shell is involved.
    pub command: Vec<Text>,
}

/// How long rejects are kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeptRejects {
    /// How long a rejected row is kept after it was seen last, as `90d`. Default: 90 days.
    pub keep: Option<Text>,
}

impl ProjectFile {
    /// Reads the file of a project, with what is wrong in it. Its secrets are empty: see [`mail_server`](Self::mail_server).
    pub fn read(project: &Project, sources: &mut SourceMap) -> (Self, Diagnostics) {
        let path = project.path(PROJECT_FILE);
        let Ok(text) = std::fs::read_to_string(&path) else { return (Self::default(), Diagnostics::new()) };
        let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if !text.lines().any(says) {
            return (Self::default(), Diagnostics::new());
        }
        let include = |_: &str, _: &str| Err("the project file includes nothing".to_owned());
        let node = match yaml::read(&path.display().to_string(), &text, sources, &include) {
            Ok(node) => node,
            Err(problems) => return (Self::default(), problems),
        };
        let (file, mut problems): (Option<Self>, _) = yaml::from_node(&node, &Environment::new(None));
        let file = Self { mail_node: node.get("mail").cloned(), ..file.unwrap_or_default() };
        if let Some(keep) = &file.rejects.keep
            && duration::parse_duration(keep).is_none()
        {
            let message = format!("`{keep}` is not a length of time");
            problems.push(Diagnostic::error(Code::BadValue, keep.place(), message).help(duration::EXPECTED));
        }
        (file, problems)
    }

    /// Where its secrets are looked up.
    #[must_use]
    pub fn secret_store(&self, project: &Project) -> SecretStore {
        let file = self.secrets.file.as_ref().map(|file| project.path(file));
        SecretStore::new(file, self.secrets.command.iter().map(ToString::to_string).collect())
    }

    /// The server that takes mail, with its secrets; secrets that are not there are problems.
    pub fn mail_server(&self, project: &Project) -> (Option<MailServer>, Diagnostics) {
        let Some(node) = self.mail_node.as_ref().filter(|_| self.mail.is_some()) else {
            return (None, Diagnostics::new());
        };
        let values = Environment::new(Some(self.secret_store(project)));
        let (server, mut problems) = yaml::from_node(node, &values);
        problems.extend(values.close().0);
        (server, problems)
    }

    /// How long rejects are kept.
    #[must_use]
    pub fn rejects_kept(&self) -> Duration {
        let keep = self.rejects.keep.as_ref().and_then(|keep| duration::parse_duration(keep));
        keep.unwrap_or(Duration::from_secs(KEPT_DAYS * 86_400))
    }
}
