//! Dividing the whole name of a person into given name and surname.
//!
//! Here: the guess, led by the codice fiscale, whose first six letters say where the surname ends. Not here: whether the
//! codice fiscale is right (`domain::ids`).

/// Divides a whole name into given name and surname; none when it is a single word.
///
/// With a codice fiscale the division and the order that agree with its letters win, so `De Luca Anna Maria` and
/// `Anna Maria De Luca` come out alike. Without, or when nothing agrees, the first word is the given name.
#[must_use]
pub fn divide(whole: &str, codice_fiscale: Option<&str>) -> Option<(String, String)> {
    let words: Vec<&str> = whole.split_whitespace().collect();
    let [first, rest @ ..] = words.as_slice() else { return None };
    if rest.is_empty() {
        return None;
    }
    let agreeing = codice_fiscale.and_then(|code| divide_by_code(&words, code));
    Some(agreeing.unwrap_or_else(|| ((*first).to_owned(), rest.join(" "))))
}

fn divide_by_code(words: &[&str], code: &str) -> Option<(String, String)> {
    let (surname, name) = (code.get(..3)?, code.get(3..6)?);
    let divisions = (1..words.len()).map(|at| (words[..at].join(" "), words[at..].join(" ")));
    divisions.into_iter().find_map(|(head, tail)| {
        if surname_letters(&tail) == surname && name_letters(&head) == name {
            Some((head, tail))
        } else if surname_letters(&head) == surname && name_letters(&tail) == name {
            Some((tail, head))
        } else {
            None
        }
    })
}

/// Three letters of a surname: consonants, then vowels, then `X`.
fn surname_letters(surname: &str) -> String {
    let (consonants, vowels) = letters(surname);
    three(&consonants, &vowels)
}

/// Three letters of a given name: as for surnames, but with four consonants or more the second is left out.
fn name_letters(name: &str) -> String {
    let (mut consonants, vowels) = letters(name);
    if consonants.chars().count() > 3 {
        consonants.remove(1);
    }
    three(&consonants, &vowels)
}

fn three(consonants: &str, vowels: &str) -> String {
    consonants.chars().chain(vowels.chars()).chain("XXX".chars()).take(3).collect()
}

/// Consonants and vowels in upper case; accents are taken off, all else is left out.
fn letters(text: &str) -> (String, String) {
    let plain = super::text::transliterate(text, super::text::Charset::Basic).text.to_ascii_uppercase();
    plain.chars().filter(char::is_ascii_uppercase).partition(|letter| !"AEIOU".contains(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codice_fiscale_leads() {
        let cases = [
            ("Mario Rossi", None, Some(("Mario", "Rossi"))),
            ("Rossi Mario", Some("RSSMRA80A01H501U"), Some(("Mario", "Rossi"))),
            ("Anna Maria De Luca", Some("DLCNMR80A41H501X"), Some(("Anna Maria", "De Luca"))),
            ("De Luca Anna Maria", Some("DLCNMR80A41H501X"), Some(("Anna Maria", "De Luca"))),
            ("Anna Maria De Luca", None, Some(("Anna", "Maria De Luca"))),
            ("Niccolò Fò", Some("FOXNCL80A01H501X"), Some(("Niccolò", "Fò"))),
            ("Gianfranco Verdi", Some("VRDGFR80A01H501X"), Some(("Gianfranco", "Verdi"))),
            ("Mario Rossi", Some("01234567897"), Some(("Mario", "Rossi"))),
            ("Mario", None, None),
            ("  ", None, None),
        ];
        for (whole, code, expected) in cases {
            let found = divide(whole, code);
            assert_eq!(found.as_ref().map(|(name, surname)| (name.as_str(), surname.as_str())), expected, "{whole}");
        }
    }
}
