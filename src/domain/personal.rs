//! Personal data in listings: which columns hold it, and what is shown instead.
//!
//! Only what is shown is masked; what is kept for correction and replay is whole. A mask is no encryption.

/// Words in names of columns that hold data of a person.
const WORDS: &[&str] = &[
    "name",
    "nome",
    "cognome",
    "surname",
    "firstname",
    "lastname",
    "nominativo",
    "intestatario",
    "destinatario",
    "denominazione",
    "ragione_sociale",
    "cliente",
    "customer",
    "email",
    "mail",
    "pec",
    "phone",
    "telefono",
    "tel",
    "cellulare",
    "mobile",
    "address",
    "indirizzo",
    "via",
    "street",
    "codice_fiscale",
    "codicefiscale",
    "cf",
    "partita_iva",
    "partitaiva",
    "piva",
    "vat_number",
    "tax_id",
    "tax_code",
    "iban",
];

/// Names that contain such a word and mean something else.
const OTHERS: &[&str] = &["product_name", "nome_prodotto", "nome_articolo", "brand_name", "file_name", "nome_file"];

/// Whether a column of that name holds data of a person.
#[must_use]
pub fn is_personal(column: &str) -> bool {
    let mut name = String::new();
    for character in column.trim().chars() {
        name.extend(if character.is_alphanumeric() { character.to_lowercase().collect::<Vec<_>>() } else { vec!['_'] });
    }
    if OTHERS.contains(&name.as_str()) {
        return false;
    }
    let padded = format!("_{name}_");
    WORDS.iter().any(|word| padded.contains(&format!("_{word}_")))
}

/// Whether a text is of the form of an e-mail address, a tax code of a person or an IBAN, whatever its column.
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    let text = text.trim();
    let mail = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let bytes = text.as_bytes();
    // RSSMRA80A01H501U: six letters, two digits, a letter, two digits, a letter, three digits, a letter.
    let shape: String = bytes.iter().map(|byte| if byte.is_ascii_digit() { '9' } else { 'A' }).collect();
    let tax_code = text.is_ascii() && shape == "AAAAAA99A99A999A" && bytes.iter().all(u8::is_ascii_alphanumeric);
    let iban = (15..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().filter(|byte| byte.is_ascii_digit()).count() > 9;
    mail || tax_code || iban
}

/// What is shown of a personal text: its first character.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut characters = text.trim().chars();
    characters.next().map_or_else(String::new, |first| format!("{first}***"))
}

/// A message without the e-mail addresses, tax codes, IBANs and telephone numbers (`+39…`) that stand in it: services say
/// back what they were sent.
#[must_use]
pub fn without_persons(message: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || "@.+-_%".contains(character);
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|character| !is_part(character)).map_or(rest.len(), |length| start + length);
        // The point that ends a sentence is none of the word.
        let word = rest[start..end].trim_end_matches(['.', '-', '_']);
        out.push_str(&rest[..start]);
        out.push_str(&if looks_personal(word) || is_phone(word) { masked(word) } else { word.to_owned() });
        out.push_str(&rest[start + word.len()..end]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn is_phone(word: &str) -> bool {
    word.strip_prefix('+').is_some_and(|digits| digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A text for a listing: masked when its column or its form says that it is personal.
#[must_use]
pub fn shown(column: Option<&str>, text: &str) -> String {
    if column.is_some_and(is_personal) || looks_personal(text) { masked(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_persons_are_told_by_their_names() {
        for (column, expected) in [
            ("email", true),
            ("Ragione sociale", true),
            ("Nome cliente", true),
            ("billing.email", true),
            ("codice_fiscale", true),
            ("Codice Fiscale", true),
            ("nome_prodotto", false),
            ("sku", false),
            ("prezzo", false),
            ("telefono", true),
            ("viaggio", false),
        ] {
            assert_eq!(is_personal(column), expected, "{column}");
        }
    }

    #[test]
    fn values_of_persons_are_told_by_their_form() {
        for (text, expected) in [
            ("anna@esempio.it", true),
            ("RSSMRA80A01H501U", true),
            ("IT60X0542811101000000123456", true),
            ("4006381333931", false),
            ("A-001", false),
            ("12,50", false),
        ] {
            assert_eq!(looks_personal(text), expected, "{text}");
        }
    }

    #[test]
    fn persons_in_the_middle_of_a_message_are_masked() {
        for (message, expected) in [
            ("the customer anna.bianchi@esempio.it exists.", "the customer a*** exists."),
            ("(anna@esempio.it),x", "(a***),x"),
            ("Duplicate entry 'anna@esempio.it'.", "Duplicate entry 'a***'."),
            ("anna@esempio.it.", "a***."),
            ("CF RSSMRA80A01H501U non valido", "CF R*** non valido"),
            ("chiamare +393331234567", "chiamare +***"),
            (
                "EAN 4006381333931 non valido, atteso 13 cifre; à è",
                "EAN 4006381333931 non valido, atteso 13 cifre; à è",
            ),
            ("", ""),
        ] {
            assert_eq!(without_persons(message), expected);
        }
    }

    #[test]
    fn a_mask_keeps_one_character() {
        assert_eq!(shown(Some("email"), "anna@esempio.it"), "a***");
        assert_eq!(shown(Some("sku"), "A01"), "A01");
        assert_eq!(masked(""), "");
    }
}
