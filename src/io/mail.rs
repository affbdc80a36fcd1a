//! The one door to mail servers: a message out, with files, protected as the server allows.

use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, SystemTime};

use lettre::Transport as _;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, SmtpTransport};

use crate::io::Secret;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits before a message is offered again to a server that said `later`, or that could not be reached.
const WAITS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];

/// A server that takes mail.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said to it is protected.
    pub cover: Cover,
    /// Certificates (PEM) that are trusted as well.
    pub ca: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// How what is said to a server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// TLS after a beginning in clear.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Nothing.
    Clear,
}

/// A letter.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Who it is from.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// What it is about, in a line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What it says, for readers of HTML.
    pub html: Option<String>,
    /// Files: their names and what is in them.
    pub files: Vec<(String, Vec<u8>)>,
    /// Its identity, without the part after `@`: a letter that is sent again is known by it.
    pub id: String,
    /// When it was written.
    pub written: SystemTime,
}

/// Whether a text is an address, with or without a name before it.
#[must_use]
pub fn is_address(text: &str) -> bool {
    Mailbox::from_str(text).is_ok()
}

/// A letter as it goes over the wire.
pub struct Sealed(Message);

impl Letter {
    /// Puts the letter into its form.
    ///
    /// # Errors
    /// An address is none, or nobody is to get it; in words.
    pub fn seal(self) -> Result<Sealed, String> {
        let mailbox = |text: &str| Mailbox::from_str(text).map_err(|error| format!("`{text}` is no address: {error}"));
        let from = mailbox(&self.from)?;
        let id = format!("<{}@{}>", self.id, from.email.domain());
        let mut letter = Message::builder()
            .date(self.written)
            .message_id(Some(id))
            .header(Automatic)
            .from(from)
            .subject(one_line(&self.subject));
        for to in &self.to {
            letter = letter.to(mailbox(to)?);
        }
        let text = SinglePart::plain(self.text);
        let mut parts = match self.html {
            Some(html) => MultiPart::mixed()
                .multipart(MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html))),
            None => MultiPart::mixed().singlepart(text),
        };
        for (name, content) in self.files {
            let kind = content_type(&name);
            parts = parts.singlepart(Attachment::new(name).body(content, kind));
        }
        letter.multipart(parts).map(Sealed).map_err(|error| error.to_string())
    }
}

impl Sealed {
    /// The letter as a mail program opens it (`.eml`).
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.formatted()
    }

    /// Gives the letter to a server.
    ///
    /// # Errors
    /// It was not taken, as far as is known; why, in words.
    pub fn send(&self, server: &Server) -> Result<(), String> {
        let transport = server.transport().map_err(|error| server.explain(&error))?;
        let mut waits = WAITS.iter();
        loop {
            let Err(error) = transport.send(&self.0) else { return Ok(()) };
            match waits.next() {
                Some(wait) if error.is_transient() => std::thread::sleep(*wait),
                _ => return Err(server.explain(&error)),
            }
        }
    }
}

impl Server {
    /// Greets the server and signs in, without a letter.
    ///
    /// # Errors
    /// It cannot be reached, or does not let us in; why, in words.
    pub fn greet(&self) -> Result<(), String> {
        let greeted = self.transport().and_then(|transport| transport.test_connection());
        match greeted {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("`{}:{}` closed the connection", self.host, self.port)),
            Err(error) => Err(self.explain(&error)),
        }
    }

    fn transport(&self) -> Result<SmtpTransport, SmtpError> {
        let tls = match self.cover {
            Cover::Clear => Tls::None,
            Cover::StartTls => Tls::Required(self.trust()?),
            Cover::Tls => Tls::Wrapper(self.trust()?),
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.host).port(self.port).tls(tls).timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(builder.build())
    }

    fn trust(&self) -> Result<TlsParameters, SmtpError> {
        let mut trust = TlsParameters::builder(self.host.clone());
        if let Some(ca) = &self.ca {
            trust = trust.add_root_certificate(Certificate::from_pem(ca)?);
        }
        trust.build()
    }

    fn explain(&self, error: &SmtpError) -> String {
        let place = format!("{}:{}", self.host, self.port);
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            let inner_words = inner.to_string();
            if !words.contains(&inner_words) {
                words = format!("{words}: {inner_words}");
            }
            cause = inner.source();
        }
        format!("the mail server `{place}` did not take the mail: {words}")
    }
}

/// Tells mail programs that nobody waits for an answer.
#[derive(Clone)]
struct Automatic;

impl Header for Automatic {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn content_type(name: &str) -> ContentType {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let kind = match ending.as_deref() {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("txt" | "md" | "log") => "text/plain; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    };
    ContentType::parse(kind).unwrap_or(ContentType::TEXT_PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            from: "Negozio <notte@negozio.example>".to_owned(),
            to: vec!["a@negozio.example".to_owned(), "Ufficio <b@negozio.example>".to_owned()],
            subject: "quadratura:\r\nBcc: x@y.example perché".to_owned(),
            text: "è tutto a posto\n".to_owned(),
            html: None,
            files: vec![("perché.csv".to_owned(), b"sku\nA\n".to_vec())],
            id: "20261124T033000-00aa.quadratura".to_owned(),
            written: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_letter_has_one_identity_and_no_smuggled_header() {
        let text = String::from_utf8(letter().seal().unwrap().bytes()).unwrap();
        assert!(text.contains("Message-ID: <20261124T033000-00aa.quadratura@negozio.example>\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"), "{text}");
        assert!(!text.contains("\r\nBcc:"), "{text}");
        assert!(text.contains("Content-Type: text/csv; charset=utf-8"), "{text}");
    }

    #[test]
    fn what_is_no_address_is_said() {
        let mut wrong = letter();
        wrong.to = vec!["negozio.example".to_owned()];
        assert!(wrong.seal().err().unwrap().starts_with("`negozio.example` is no address"));
        assert!(is_address("Ufficio <a@b.it>") && is_address("a@b.it") && !is_address("a b"));
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let server = Server { host: "127.0.0.1".to_owned(), port: 9, cover: Cover::Clear, ca: None, login: None };
        let said = letter().seal().unwrap().send(&server).unwrap_err();
        assert!(said.contains("`127.0.0.1:9`"), "{said}");
    }
}
