//! The word that was probably meant.
//!
//! Words are compared without regard to case, accents, `_` and `-`. First come words that differ
//! only in these, then misspellings, then words that mean the same in this trade, in English and
//! Italian.

/// Words of one meaning; a word may stand in several rows.
const SYNONYMS: &[&[&str]] = &[
    &["qty", "quantity", "quantita", "giacenza", "stock", "pezzi", "units", "disponibilita"],
    &["price", "prezzo", "prices", "prezzi"],
    &["pricelist", "listino", "price"],
    &["amount", "importo", "total", "totale"],
    &["cost", "costo"],
    &["discount", "sconto"],
    &["fee", "commission", "commissione"],
    &["vat", "iva", "tax", "imposta", "aliquota", "rate"],
    &["sku", "codice", "code", "articolo"],
    &["gtin", "ean", "barcode", "codicebarre", "upc", "isbn"],
    &["title", "titolo", "name", "nome"],
    &["description", "descrizione", "desc"],
    &["customer", "cliente", "buyer"],
    &["supplier", "fornitore", "vendor"],
    &["seller", "venditore", "cedente"],
    &["order", "ordine", "orders", "ordini"],
    &["invoice", "fattura", "fatture", "fatturapa"],
    &["product", "prodotto", "products", "prodotti", "articoli", "items"],
    &["warehouse", "magazzino", "warehouses", "magazzini", "depot"],
    &["weight", "peso"],
    &["country", "paese", "nazione"],
    &["province", "provincia"],
    &["cap", "zip", "postcode", "postalcode"],
    &["currency", "valuta", "divisa"],
    &["date", "data", "day", "giorno"],
    &["channel", "canale", "channels", "canali"],
    &["delimiter", "separator", "sep", "separatore", "delim"],
    &["encoding", "charset", "codifica"],
    &["header", "headers", "intestazione"],
    &["decimal", "decimalseparator", "decimalcomma", "virgola"],
    &["thousands", "thousandsseparator", "migliaia"],
    &["sheet", "foglio", "tab", "worksheet"],
    &["path", "file", "filename", "percorso"],
    &["columns", "fields", "cols", "colonne", "campi"],
    &["schema", "contract", "contratto"],
    &["from", "input", "source", "da", "origine"],
    &["to", "target", "destination", "sink", "into", "a", "destinazione"],
    &["with", "table", "right", "other", "con"],
    &["on", "lefton", "righton", "key", "keys", "using", "by"],
    &["by", "groupby", "group", "key"],
    &["how", "type", "kind"],
    &["filter", "where", "filtro", "condition", "when", "having"],
    &["derive", "withcolumns", "withcolumn", "mutate", "map", "compute", "calcola", "assign"],
    &["select", "project", "keep", "columns"],
    &["drop", "remove", "delete", "exclude"],
    &["aggregate", "group", "groupby", "agg", "summarise", "summarize"],
    &["dedupe", "distinct", "unique", "deduplicate", "dropduplicates"],
    &["sort", "orderby", "order", "ordina"],
    &["limit", "top", "head", "take"],
    &["union", "append", "concat", "unionall"],
    &["join", "merge"],
    &["unpivot", "melt"],
    &["explode", "unwind", "flatten"],
    &["unnest", "flatten"],
    &["cast", "convert", "types"],
    &["check", "expect", "assert", "validate"],
    &["replace", "overwrite", "truncate"],
    &["merge", "upsert"],
    &["mirror", "sync"],
    &["jsonlines", "jsonl", "ndjson"],
    &["xlsx", "excel", "xls"],
    &["text", "string", "str", "varchar", "testo"],
    &["integer", "int", "number", "intero", "bigint"],
    &["bool", "boolean"],
    &["timestamp", "datetime"],
    &["float", "double", "real"],
    &["substr", "substring", "mid"],
    &["coalesce", "ifnull", "nvl"],
    &["length", "len", "charlength"],
    &["upper", "ucase", "uppercase"],
    &["lower", "lcase", "lowercase"],
    &["ceil", "ceiling"],
];

/// The candidate that `word` was probably meant to be, or none that is near enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    let candidates: Vec<(&'a str, String)> =
        candidates.into_iter().map(|candidate| (candidate, plain(candidate))).collect();
    let (misspelt, distance) = closest(&word, &candidates).unzip();
    match distance {
        Some(0 | 1) => misspelt,
        _ => synonym(&word, &candidates).or(misspelt).or_else(|| longer(&word, &candidates)),
    }
}

/// The sentence ``did you mean `x`?`` when a candidate is near enough.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The sentence ``known columns: `a`, `b` ``, cut after twenty names; `what` is the plural noun.
pub fn known<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() {
        return format!("known {what}: none");
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("known {what}: {}{more}", shown.join(", "))
}

/// Lowercase, without accents, blanks, `_` and `-`.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            'à' | 'á' => 'a',
            'è' | 'é' => 'e',
            'ì' | 'í' => 'i',
            'ò' | 'ó' => 'o',
            'ù' | 'ú' => 'u',
            other => other,
        })
        .collect()
}

/// The least distant candidate, if its distance is at most a third of the longer word.
fn closest<'a>(word: &str, candidates: &[(&'a str, String)]) -> Option<(&'a str, usize)> {
    candidates
        .iter()
        .filter_map(|(candidate, normal)| {
            let distance = match strsim::damerau_levenshtein(word, normal) {
                2 if same_letters(word, normal) => 1,
                distance => distance,
            };
            let longest = word.chars().count().max(normal.chars().count());
            let allowed = (longest / 3).clamp(usize::from(longest > 1), 3);
            (distance <= allowed).then_some((*candidate, distance))
        })
        .min_by_key(|(_, distance)| *distance)
}

/// Whether two words differ only in the order of their letters, as `whit` and `with`.
fn same_letters(one: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    one.len() > 3 && sorted(one) == sorted(other)
}

fn synonym<'a>(word: &str, candidates: &[(&'a str, String)]) -> Option<&'a str> {
    SYNONYMS.iter().filter(|row| row.contains(&word)).find_map(|row| {
        let mut found = candidates.iter().filter(|(_, normal)| row.contains(&normal.as_str()));
        found.next().map(|(candidate, _)| *candidate)
    })
}

/// The first candidate that continues the word, or that the word continues.
fn longer<'a>(word: &str, candidates: &[(&'a str, String)]) -> Option<&'a str> {
    const ENOUGH: usize = 4;
    candidates
        .iter()
        .find(|(_, normal)| {
            let (short, long) =
                if normal.len() < word.len() { (normal.as_str(), word) } else { (word, normal.as_str()) };
            short.len() >= ENOUGH && long.starts_with(short)
        })
        .map(|(candidate, _)| *candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_what_was_meant() {
        let cases: &[(&str, &[&str], Option<&str>)] = &[
            ("delimeter", &["decimal", "delimiter", "quote"], Some("delimiter")),
            ("Left-On", &["left_on", "right_on"], Some("left_on")),
            ("sep", &["quote", "delimiter"], Some("delimiter")),
            ("where", &["select", "filter", "derive"], Some("filter")),
            ("quantità", &["price", "qty"], Some("qty")),
            ("giacenza", &["sku", "stock"], Some("stock")),
            ("codice", &["sku", "ean"], Some("sku")),
            ("left_on", &["with", "on", "how"], Some("on")),
            ("table", &["with", "on", "how"], Some("with")),
            ("prezzo", &["prezzo_netto", "iva"], Some("prezzo_netto")),
            ("whit", &["on", "with", "how"], Some("with")),
            ("fitler", &["filter", "file"], Some("filter")),
            ("ab", &["cd", "xyz"], None),
            ("x", &["y"], None),
            ("zucchero", &["sku", "qty", "price"], None),
            ("anything", &[], None),
        ];
        for (word, candidates, expected) in cases {
            let found = nearest(word, candidates.iter().copied());
            assert_eq!(found, *expected, "{word}");
        }
    }

    #[test]
    fn synonyms_are_written_plainly() {
        for word in SYNONYMS.iter().flat_map(|row| row.iter()) {
            assert_eq!(plain(word), *word);
        }
    }

    #[test]
    fn known_lists_are_cut() {
        assert_eq!(known("keys", ["a", "b"]), "known keys: `a`, `b`");
        assert_eq!(known("keys", []), "known keys: none");
        let many: Vec<String> = (0..25).map(|number| format!("c{number}")).collect();
        let text = known("columns", many.iter().map(String::as_str));
        assert!(text.ends_with("`c19` and 5 more"), "{text}");
    }
}
