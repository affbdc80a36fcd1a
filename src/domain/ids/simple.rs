//! The identifiers whose rule is one line or one list: sku, country, province, cap, currency, email.

use std::borrow::Cow;

use super::{
    IdError, all_digits, compact,
    lists::{COUNTRIES, CURRENCIES, PROVINCES},
    shown,
};

/// What spreadsheets write in a cell whose formula failed.
const CELL_ERRORS: &[&str] =
    &["#N/A", "#N/D", "#REF!", "#RIF!", "#VALUE!", "#VALORE!", "#NAME?", "#NOME?", "#DIV/0!", "#NUM!", "#NULL!"];

/// The seller's own code of an article, without blanks around it; case and inner blanks are the seller's.
///
/// # Errors
/// `sku-empty`, `sku-spreadsheet` for the error of a formula, `sku-characters` for control characters.
pub fn sku(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = text.trim();
    if code.is_empty() {
        return Err(IdError::new("sku-empty", "expected a sku, found nothing", "atteso uno sku, trovato nulla"));
    }
    let value = shown(code);
    if CELL_ERRORS.contains(&code) {
        return Err(IdError::new(
            "sku-spreadsheet",
            format!("expected a sku, found {value}, the error of a formula: correct the spreadsheet"),
            format!("atteso uno sku, trovato {value}, l'errore di una formula: correggere il foglio di calcolo"),
        ));
    }
    if code.chars().any(char::is_control) {
        return Err(IdError::new(
            "sku-characters",
            "a sku cannot hold line ends, tabs or other control characters",
            "uno sku non può contenere a capo, tabulazioni o altri caratteri di controllo",
        ));
    }
    Ok(Cow::Borrowed(code))
}

/// A country as ISO 3166-1 alpha-2; `EL` and `UK`, as tax offices and shops write, become `GR` and `GB`.
///
/// # Errors
/// `country-unknown`.
pub fn country(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = compact(text, &[]);
    match &*code {
        "EL" => Ok(Cow::Borrowed("GR")),
        "UK" => Ok(Cow::Borrowed("GB")),
        known if is_listed(COUNTRIES, known) => Ok(code),
        _ => {
            let value = shown(text);
            Err(IdError::new(
                "country-unknown",
                format!("expected a country of two letters (ISO 3166-1), such as `IT`, found {value}"),
                format!("atteso un paese di due lettere (ISO 3166-1), come `IT`, trovato {value}"),
            ))
        }
    }
}

/// An Italian province by its two letters; `FO` and `PS`, as before 1999, become `FC` and `PU`, and `ROMA` becomes `RM`.
///
/// # Errors
/// `province-unknown`.
pub fn province(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = compact(text, &[]);
    match &*code {
        "FO" => Ok(Cow::Borrowed("FC")),
        "PS" => Ok(Cow::Borrowed("PU")),
        "ROMA" => Ok(Cow::Borrowed("RM")),
        known if is_listed(PROVINCES, known) => Ok(code),
        _ => {
            let value = shown(text);
            Err(IdError::new(
                "province-unknown",
                format!("expected the two letters of an Italian province, such as `MI`, found {value}"),
                format!("attesa la sigla di una provincia italiana, come `MI`, trovato {value}"),
            ))
        }
    }
}

/// An Italian postcode: five digits.
///
/// # Errors
/// `cap-format`.
pub fn cap(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = compact(text, &[]);
    if code.len() == 5 && all_digits(&code) && &*code != "00000" {
        return Ok(code);
    }
    let lost_zeros = all_digits(&code) && (3..5).contains(&code.len());
    let (hint_en, hint_it) = if lost_zeros {
        (
            ": leading zeros may be lost, format the column as text",
            ": forse mancano gli zeri iniziali, formattare la colonna come testo",
        )
    } else {
        ("", "")
    };
    let value = shown(text);
    Err(IdError::new(
        "cap-format",
        format!("expected an Italian postcode of five digits, found {value}{hint_en}"),
        format!("atteso un CAP di cinque cifre, trovato {value}{hint_it}"),
    ))
}

/// A currency as ISO 4217.
///
/// # Errors
/// `currency-unknown`.
pub fn currency(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = compact(text, &[]);
    if is_listed(CURRENCIES, &code) {
        return Ok(code);
    }
    let value = shown(text);
    Err(IdError::new(
        "currency-unknown",
        format!("expected a currency of three letters (ISO 4217), such as `EUR`, found {value}"),
        format!("attesa una valuta di tre lettere (ISO 4217), come `EUR`, trovato {value}"),
    ))
}

/// One e-mail address, its domain in lower case. Quoted local parts, comments and addresses by number are refused: they are
/// legal in RFC 5321 and never a customer's.
///
/// # Errors
/// `email-format`.
pub fn email(text: &str) -> Result<Cow<'_, str>, IdError> {
    let address = text.trim();
    let parts =
        address.rsplit_once('@').filter(|(local, domain)| address.len() <= 254 && is_local(local) && is_domain(domain));
    let Some((local, domain)) = parts else {
        let value = shown(text);
        return Err(IdError::new(
            "email-format",
            format!("expected one e-mail address, such as `name@example.com`, found {value}"),
            format!("atteso un solo indirizzo e-mail, come `nome@example.com`, trovato {value}"),
        ));
    };
    if !domain.chars().any(char::is_uppercase) {
        return Ok(Cow::Borrowed(address));
    }
    Ok(Cow::Owned(format!("{local}@{}", domain.to_lowercase())))
}

fn is_listed(list: &[&str], code: &str) -> bool {
    list.binary_search(&code).is_ok()
}

/// Up to 64 bytes of words joined by single points.
fn is_local(local: &str) -> bool {
    let is_letter = |character: char| character.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(character);
    local.len() <= 64 && local.split('.').all(|word| !word.is_empty() && word.chars().all(is_letter))
}

/// At least two labels of letters, digits and inner hyphens, of which the last is not a number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|character| character.is_alphanumeric() || character == '-')
    };
    let Some((_, last)) = domain.rsplit_once('.') else { return false };
    domain.split('.').all(is_label) && last.len() > 1 && !all_digits(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&str) -> Result<Cow<'_, str>, IdError>;

    #[test]
    fn codes_are_normalised_or_refused() {
        let cases: &[(Rule, &str, Result<&str, &str>)] = &[
            (sku, "  a-01 b ", Ok("a-01 b")),
            (sku, "0012E4", Ok("0012E4")),
            (sku, " ", Err("sku-empty")),
            (sku, "#N/D", Err("sku-spreadsheet")),
            (sku, "A\nB", Err("sku-characters")),
            (country, " it", Ok("IT")),
            (country, "EL", Ok("GR")),
            (country, "uk", Ok("GB")),
            (country, "XK", Ok("XK")),
            (country, "ITA", Err("country-unknown")),
            (country, "XX", Err("country-unknown")),
            (country, "", Err("country-unknown")),
            (province, "mi ", Ok("MI")),
            (province, "AO", Ok("AO")),
            (province, "SU", Ok("SU")),
            (province, "Roma", Ok("RM")),
            (province, "PS", Ok("PU")),
            (province, "XX", Err("province-unknown")),
            (province, "Milano", Err("province-unknown")),
            (cap, "00184", Ok("00184")),
            (cap, "201 21", Ok("20121")),
            (cap, "184", Err("cap-format")),
            (cap, "2012", Err("cap-format")),
            (cap, "00000", Err("cap-format")),
            (cap, "2O121", Err("cap-format")),
            (currency, "eur", Ok("EUR")),
            (currency, "JPY", Ok("JPY")),
            (currency, "€", Err("currency-unknown")),
            (currency, "XXX", Err("currency-unknown")),
        ];
        for (rule, text, expected) in cases {
            assert_eq!(rule(text).as_deref().map_err(|error| error.rule), *expected, "{text:?}");
        }
        assert!(cap("184").unwrap_err().message_it.contains("zeri iniziali"));
        assert!(!cap("00000").unwrap_err().message_it.contains("zeri iniziali"));
    }

    #[test]
    fn addresses() {
        let good = [
            ("ada@example.com", "ada@example.com"),
            (" Ada.B+shop@Example.CO.uk ", "Ada.B+shop@example.co.uk"),
            ("o'neil@sub-domain.example.it", "o'neil@sub-domain.example.it"),
            ("info@caffè.it", "info@caffè.it"),
        ];
        for (text, expected) in good {
            assert_eq!(email(text).as_deref(), Ok(expected));
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let bad = [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@example.c",
            "ada@-example.com",
            "ada@exa mple.com",
            "ada b@example.com",
            "ada..b@example.com",
            ".ada@example.com",
            "a@b.it; c@d.it",
            "a@b.it,c@d.it",
            "<ada@example.com>",
            "ada@example.com.",
            "ada@1.2.3.45",
            &long,
        ];
        for text in bad {
            assert!(email(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_lists_can_be_searched() {
        for (list, length, at_least) in [(COUNTRIES, 2, 250), (CURRENCIES, 3, 180), (PROVINCES, 2, 107)] {
            assert!(list.is_sorted_by(|left, right| left < right));
            assert!(list.iter().all(|code| code.len() == length));
            assert!(list.len() >= at_least);
        }
    }
}
