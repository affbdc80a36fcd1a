//! What an answer means: for its row, or for all rows.

use crate::context::{NodeError, Retry};
use crate::diag::Code;
use crate::domain::personal::without_persons;
use crate::io::http::{Answer, Failure, Flow, Request};

/// Answers of the same kind one after the other, after which they are not the fault of single rows.
const MANY: u32 = 20;

/// Requests without an answer one after the other, each tried as often as it may, after which the service is down.
const FEW: u32 = 3;

/// What an answer means.
#[derive(Debug)]
pub enum Meaning {
    /// The service did what was asked.
    Taken,
    /// The service has refused the row, with these words.
    Refused(String),
    /// The service says no to every request of this kind; this one had no effect.
    NoToAll(NodeError),
    /// What answered is not the service; nobody knows what became of the request.
    NotTheService(NodeError),
}

/// What is known of the answers so far.
#[derive(Debug, Default)]
pub struct Streak {
    missing: u32,
    unanswered: u32,
}

impl Streak {
    /// Judges an answer. `names_row`: the address holds a value of the row; `wants_json`: the answer is looked into.
    pub fn judge(&mut self, answer: &Answer, request: &Request, names_row: bool, wants_json: bool) -> Meaning {
        self.unanswered = 0;
        let is_missing = matches!(answer.status, 404 | 410);
        self.missing = if is_missing { self.missing + 1 } else { 0 };
        if answer.is_ok() {
            return taken(answer, request, wants_json);
        }
        let said = request.masked(&answer.message());
        let all = matches!(answer.status, 300..=399 | 401 | 402 | 403 | 405 | 406 | 407 | 415);
        if all || (is_missing && (!names_row || self.missing >= MANY)) {
            return Meaning::NoToAll(no_to_all(answer, request, &said));
        }
        Meaning::Refused(said)
    }

    /// A request has no answer: whether others may have one.
    pub fn unanswered(&mut self, failure: &Failure) -> Flow {
        self.unanswered += 1;
        if failure.unsent || self.unanswered >= FEW { Flow::Stop } else { Flow::GoOn }
    }
}

fn taken(answer: &Answer, request: &Request, wants_json: bool) -> Meaning {
    let what = match () {
        () if answer.is_page() => answer.message(),
        () if wants_json && !answer.body.is_empty() && !answer.is_json() => "text that is no JSON".to_owned(),
        () => return Meaning::Taken,
    };
    let message = format!("{request:?}: status {}, but with {what} instead of JSON", answer.status);
    let error = NodeError::new(Code::WriteFailed, request.masked(&message));
    Meaning::NotTheService(
        error
            .help("an interface does not answer so: check the address, and that no login page or proxy stands before it")
            .help("nothing more was sent; what has this answer is sent again with the same idempotency key by the next run"),
    )
}

fn no_to_all(answer: &Answer, request: &Request, said: &str) -> NodeError {
    let to = answer.location.as_ref().map(|to| format!(" to `{to}`")).unwrap_or_default();
    let said = without_persons(said);
    let message = request.masked(&format!("{request:?}: status {}{to}: {said}", answer.status));
    let help = match answer.status {
        300..=399 => "the address has moved, and a request is never sent on: write the new one as `url`",
        401 | 407 => "the credentials are missing, wrong or expired: check `auth` and the secret that it names",
        402 => "the account at the service is suspended or unpaid: settle that with the service",
        403 => "the credentials may not do this: give them the right at the service, or use others in `auth`",
        404 | 410 => "there is nothing at this address: check `url`, and that of `update` and `delete`",
        405 => "the service does not know this method at this address: check `method` and `url`",
        _ => "the service does not take JSON here: check `url` and `headers`",
    };
    NodeError::new(Code::WriteFailed, message)
        .help(help)
        .help("this concerns all rows: nothing more was sent, and nothing is lost; the next run sends what is left")
}

/// A request whose answer is not known.
pub fn unknown(failure: &Failure) -> NodeError {
    let help = if failure.unsent {
        "the service cannot be reached, nothing more was sent and nothing is lost: check the address and the network, and run again"
    } else {
        "run again: what has no answer is sent again with the same idempotency key, the rest as usual"
    };
    let mut error = NodeError::new(Code::WriteFailed, without_persons(&failure.to_string())).help(help);
    error.retry = Retry::Transient { after: None };
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::http::Method;

    fn request() -> Request {
        Request {
            method: Method::Post,
            url: "https://shop.example/rows".to_owned(),
            headers: Vec::new(),
            secrets: Vec::new(),
            body: None,
            name: "k".to_owned(),
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() }
    }

    fn word(meaning: &Meaning) -> &'static str {
        match meaning {
            Meaning::Taken => "taken",
            Meaning::Refused(_) => "refused",
            Meaning::NoToAll(_) => "no to all",
            Meaning::NotTheService(_) => "not the service",
        }
    }

    #[test]
    fn an_answer_is_about_its_row_or_about_all() {
        for (status, body, names_row, wants_json, expected) in [
            (200, "{}", false, true, "taken"),
            (204, "", false, true, "taken"),
            (200, "OK", false, false, "taken"),
            (200, "OK", false, true, "not the service"),
            (200, "<!doctype html><title>Login</title>", false, false, "not the service"),
            (422, "{}", false, true, "refused"),
            (409, "", true, false, "refused"),
            (404, "", true, false, "refused"),
            (404, "", false, false, "no to all"),
            (401, "", true, false, "no to all"),
            (403, "", true, false, "no to all"),
            (302, "", true, false, "no to all"),
        ] {
            let meaning = Streak::default().judge(&answer(status, body), &request(), names_row, wants_json);
            assert_eq!(word(&meaning), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_address_that_is_never_there_is_wrong_for_all() {
        let mut streak = Streak::default();
        let mut judge = |status: u16| word(&streak.judge(&answer(status, ""), &request(), true, false));
        for _ in 0..30 {
            assert_eq!(judge(404), "refused");
            assert_eq!(judge(200), "taken");
        }
        let first = (0..MANY).map(|_| judge(404)).collect::<Vec<_>>();
        assert!(first[..first.len() - 1].iter().all(|word| *word == "refused"));
        assert_eq!(first.last(), Some(&"no to all"));
    }
}
