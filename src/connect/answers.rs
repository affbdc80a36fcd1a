//! What answers mean, by the rules of a connector.

use std::time::Duration;

use crate::connect::select;
use crate::connect::spec::read::{RuleSpec, Verdict};
use crate::domain::calendar::duration::parse_duration;
use crate::io::http::Answer;

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What follows.
    pub verdict: Verdict,
    /// What the platform says.
    pub message: String,
    /// How long to wait before trying again, when it is known.
    pub after: Option<Duration>,
}

/// Judges an answer by rules in order, then as is usual.
pub fn judge<'r>(answer: &Answer, rules: impl IntoIterator<Item = &'r RuleSpec>) -> Judgement {
    let text = std::str::from_utf8(&answer.body).unwrap_or_default();
    let found = rules.into_iter().find(|rule| fits(rule, answer, text));
    let Some(rule) = found else { return usual(answer) };
    let said = rule.message.as_ref().and_then(|path| select::raw(text, path)).map(words);
    Judgement {
        verdict: rule.then,
        message: said.filter(|said| !said.is_empty()).unwrap_or_else(|| answer.message()),
        after: answer.asks_to_wait().or_else(|| rule.after.as_ref().and_then(|text| parse_duration(text))),
    }
}

/// The words of a value: a text without its quotes, else as it is.
fn words(raw: &str) -> String {
    let answer = Answer { body: raw.as_bytes().to_vec(), ..Answer::default() };
    if raw.starts_with(['"', '{', '[']) { answer.message() } else { raw.to_owned() }
}

fn fits(rule: &RuleSpec, answer: &Answer, text: &str) -> bool {
    let status = rule.status.is_empty() || rule.status.contains(&answer.status);
    let Some(path) = rule.path.as_ref().filter(|_| status) else { return status };
    let Some(raw) = select::raw(text, path) else { return false };
    if rule.one_of.is_empty() {
        return !matches!(raw, "null" | "false" | "[]" | "{}" | "\"\"");
    }
    select::text(text, path).is_some_and(|value| rule.one_of.contains(&value))
}

fn usual(answer: &Answer) -> Judgement {
    let verdict = match answer.status {
        200..=299 if answer.is_page() => Verdict::Retry,
        200..=299 => Verdict::Ok,
        401 => Verdict::Reauth,
        408 | 425 | 429 | 500..=599 => Verdict::Retry,
        403 if answer.retry_after.is_some() => Verdict::Retry,
        300..=399 | 403 | 405 | 407 => Verdict::Stop,
        _ => Verdict::Fail,
    };
    let message = if verdict == Verdict::Retry && answer.is_ok() {
        format!("a page for people came instead of data: {}", answer.message())
    } else {
        answer.message()
    };
    Judgement { verdict, message, after: answer.asks_to_wait() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Place, Text};

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() }
    }

    #[test]
    fn without_rules_the_status_decides_and_a_page_is_no_data() {
        for (status, body, expected) in [
            (200, "{}", Verdict::Ok),
            (200, " <!DOCTYPE html><p>login", Verdict::Retry),
            (401, "", Verdict::Reauth),
            (429, "", Verdict::Retry),
            (404, "", Verdict::Fail),
            (302, "", Verdict::Stop),
        ] {
            assert_eq!(judge(&answer(status, body), []).verdict, expected, "{status} {body}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides_also_in_a_good_answer() {
        let text = |text: &str| Some(Text::new(text, Place::NONE));
        let throttled = RuleSpec {
            path: text("errors[0].extensions.code"),
            one_of: vec!["THROTTLED".to_owned()],
            then: Verdict::Retry,
            after: text("2s"),
            ..RuleSpec::default()
        };
        let wrong = RuleSpec { path: text("errors"), message: text("errors[0].message"), ..RuleSpec::default() };
        let none = RuleSpec { status: vec![404], then: Verdict::Empty, ..RuleSpec::default() };
        let rules = [throttled, wrong, none];
        let judged = |status, body: &str| judge(&answer(status, body), &rules);
        let busy = judged(200, r#"{"errors": [{"extensions": {"code": "THROTTLED"}}]}"#);
        assert_eq!((busy.verdict, busy.after), (Verdict::Retry, Some(Duration::from_secs(2))));
        let refused = judged(200, r#"{"errors": [{"message": "no such field"}]}"#);
        assert_eq!((refused.verdict, refused.message.as_str()), (Verdict::Fail, "no such field"));
        assert_eq!(judged(200, r#"{"errors": []}"#).verdict, Verdict::Ok);
        assert_eq!(judged(404, "{}").verdict, Verdict::Empty);
    }
}
