//! Secrets that stand in clear where others read them: in headers and addresses of the pipeline file.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};

/// Reports a header whose value can only be a secret.
pub fn check_header(name: &str, value: &Text, cx: &BindCx) {
    if !is_secret(name) {
        return;
    }
    let message = format!("the header `{name}` proves who sends, and its value stands in the file for all to read");
    let help = match name.to_ascii_lowercase().as_str() {
        "authorization" => "keep it outside: `auth: { bearer: !secret name }`".to_owned(),
        _ => format!("keep it outside: `auth: {{ headers: {{ {name}: !secret name }} }}`"),
    };
    cx.report(Diagnostic::error(Code::SecretInClear, value.place(), message).help(help).help(NEXT));
}

const NEXT: &str = "`raccordo.yaml` says where secrets come from; change one that was ever saved in a file";

/// Reports an address with a password, or with a value that can only be a secret.
pub fn check_address(url: &Text, cx: &BindCx) {
    let Ok(parsed) = reqwest::Url::parse(&url.replace(['{', '}'], "x")) else { return };
    let report = |what: String| {
        let message = format!("the address holds {what}, which stands in the file for all to read");
        let help = "keep it outside: `auth: { basic: { user: name, password: !secret name } }`, or in a header as `auth: { \
                    headers: { X-Api-Key: !secret name } }`";
        cx.report(Diagnostic::error(Code::SecretInClear, url.place(), message).help(help).help(NEXT));
    };
    if parsed.password().is_some() {
        report("a password".to_owned());
    }
    let found = parsed.query_pairs().find(|(name, value)| is_secret(name) && !value.is_empty());
    if let Some((name, _)) = found {
        report(format!("`{name}`"));
    }
}

/// Whether what has this name can only be a secret.
fn is_secret(name: &str) -> bool {
    const LAST: &[&str] = &["authorization", "cookie", "token", "secret", "password", "passwd", "apikey"];
    const BEFORE_KEY: &[&str] = &["api", "access", "auth", "subscription", "secret", "private", "account"];
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    match words.as_slice() {
        [.., before, "key"] => BEFORE_KEY.contains(before),
        [.., last] => LAST.contains(last),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_the_names_of_their_headers() {
        for (name, expected) in [
            ("Authorization", true),
            ("Proxy-Authorization", true),
            ("X-Api-Key", true),
            ("apikey", true),
            ("X-Shopify-Access-Token", true),
            ("access_token", true),
            ("Cookie", true),
            ("Idempotency-Key", false),
            ("X-Token-Version", false),
            ("X-Channel", false),
            ("sort_key", false),
        ] {
            assert_eq!(is_secret(name), expected, "{name}");
        }
    }
}
