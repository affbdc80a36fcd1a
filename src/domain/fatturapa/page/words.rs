//! What the codes of the format mean and how its elements are called, in Italian.
//!
//! Here: one list per coded element, labels made of the names of elements. Not here: the codes themselves with their
//! English meanings (`codes`).

/// What the code in an element means, if it is one of its list.
pub(super) fn meaning(element: &str, code: &str) -> Option<&'static str> {
    let list = match element {
        "FormatoTrasmissione" => FORMATS,
        "TipoDocumento" => DOCUMENTS,
        "RegimeFiscale" => REGIMES,
        "Natura" => NATURES,
        "CondizioniPagamento" => TERMS,
        "ModalitaPagamento" => METHODS,
        "EsigibilitaIVA" => DUE,
        "TipoCessionePrestazione" => LINE_KINDS,
        "Tipo" => ADJUSTMENTS,
        "TipoRitenuta" => WITHHOLDINGS,
        "TipoCassa" => FUNDS,
        "SocioUnico" => SHAREHOLDERS,
        "StatoLiquidazione" => LIQUIDATION,
        "SoggettoEmittente" => ISSUERS,
        _ => return None,
    };
    list.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

/// The name of an element in words, with the accent that names of elements cannot have: `CodiceCIG` is `Codice CIG`,
/// `EsigibilitaIVA` is `Esigibilità IVA`.
pub(super) fn label(element: &str) -> String {
    let characters: Vec<char> = element.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, character) in characters.iter().enumerate() {
        let after_small = index > 0 && !characters[index - 1].is_uppercase();
        let before_small = characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let starts = character.is_uppercase() && (index == 0 || after_small || before_small);
        match words.last_mut() {
            Some(word) if !starts => word.push(*character),
            _ => words.push(character.to_string()),
        }
    }
    for word in &mut words {
        if word.ends_with("ita") {
            word.pop();
            word.push('à');
        }
    }
    let first = words.first().cloned().unwrap_or_default();
    let others = words.iter().skip(1).map(|word| {
        let is_short_form = word.len() > 1 && word.chars().all(char::is_uppercase);
        if is_short_form { word.clone() } else { word.to_lowercase() }
    });
    std::iter::once(first).chain(others).collect::<Vec<String>>().join(" ")
}

type Meanings = &'static [(&'static str, &'static str)];

const FORMATS: Meanings = &[
    ("FPR12", "fattura ordinaria verso privati"),
    ("FPA12", "fattura ordinaria verso la pubblica amministrazione"),
    ("FSM10", "fattura semplificata"),
];

const DOCUMENTS: Meanings = &[
    ("TD01", "Fattura"),
    ("TD02", "Acconto o anticipo su fattura"),
    ("TD03", "Acconto o anticipo su parcella"),
    ("TD04", "Nota di credito"),
    ("TD05", "Nota di debito"),
    ("TD06", "Parcella"),
    ("TD07", "Fattura semplificata"),
    ("TD08", "Nota di credito semplificata"),
    ("TD09", "Nota di debito semplificata"),
    ("TD16", "Integrazione per reverse charge interno"),
    ("TD17", "Integrazione o autofattura per servizi dall'estero"),
    ("TD18", "Integrazione per acquisto di beni intracomunitari"),
    ("TD19", "Integrazione o autofattura per beni, art. 17 c. 2 DPR 633/72"),
    ("TD20", "Autofattura per regolarizzazione"),
    ("TD21", "Autofattura per splafonamento"),
    ("TD22", "Estrazione di beni da deposito IVA"),
    ("TD23", "Estrazione di beni da deposito IVA con versamento dell'IVA"),
    ("TD24", "Fattura differita, art. 21 c. 4 lett. a)"),
    ("TD25", "Fattura differita, art. 21 c. 4 terzo periodo lett. b)"),
    ("TD26", "Cessione di beni ammortizzabili e passaggi interni"),
    ("TD27", "Autoconsumo o cessioni gratuite senza rivalsa"),
    ("TD28", "Acquisti da San Marino con IVA, fattura cartacea"),
    ("TD29", "Comunicazione di omessa o irregolare fatturazione"),
];

const REGIMES: Meanings = &[
    ("RF01", "ordinario"),
    ("RF02", "contribuenti minimi"),
    ("RF04", "agricoltura, attività connesse e pesca"),
    ("RF05", "vendita di sali e tabacchi"),
    ("RF06", "commercio di fiammiferi"),
    ("RF07", "editoria"),
    ("RF08", "telefonia pubblica"),
    ("RF09", "rivendita di titoli di trasporto e di sosta"),
    ("RF10", "intrattenimenti e giochi"),
    ("RF11", "agenzie di viaggi e turismo"),
    ("RF12", "agriturismo"),
    ("RF13", "vendite a domicilio"),
    ("RF14", "beni usati, oggetti d'arte, d'antiquariato o da collezione"),
    ("RF15", "agenzie di vendite all'asta"),
    ("RF16", "IVA per cassa, pubblica amministrazione"),
    ("RF17", "IVA per cassa, art. 32-bis DL 83/2012"),
    ("RF18", "altro"),
    ("RF19", "forfettario"),
    ("RF20", "franchigia IVA transfrontaliera"),
];

const NATURES: Meanings = &[
    ("N1", "escluse, art. 15"),
    ("N2", "non soggette"),
    ("N2.1", "non soggette, artt. da 7 a 7-septies"),
    ("N2.2", "non soggette, altri casi"),
    ("N3", "non imponibili"),
    ("N3.1", "non imponibili, esportazioni"),
    ("N3.2", "non imponibili, cessioni intracomunitarie"),
    ("N3.3", "non imponibili, cessioni verso San Marino"),
    ("N3.4", "non imponibili, operazioni assimilate alle esportazioni"),
    ("N3.5", "non imponibili, dichiarazione d'intento"),
    ("N3.6", "non imponibili, altre operazioni fuori plafond"),
    ("N4", "esenti"),
    ("N5", "regime del margine o IVA non esposta"),
    ("N6", "inversione contabile"),
    ("N6.1", "inversione contabile, rottami"),
    ("N6.2", "inversione contabile, oro e argento"),
    ("N6.3", "inversione contabile, subappalto nell'edilizia"),
    ("N6.4", "inversione contabile, fabbricati"),
    ("N6.5", "inversione contabile, telefoni cellulari"),
    ("N6.6", "inversione contabile, prodotti elettronici"),
    ("N6.7", "inversione contabile, comparto edile"),
    ("N6.8", "inversione contabile, settore energetico"),
    ("N6.9", "inversione contabile, altri casi"),
    ("N7", "IVA assolta in altro stato UE"),
];

const TERMS: Meanings = &[("TP01", "a rate"), ("TP02", "completo"), ("TP03", "anticipo")];

const METHODS: Meanings = &[
    ("MP01", "contanti"),
    ("MP02", "assegno"),
    ("MP03", "assegno circolare"),
    ("MP04", "contanti presso Tesoreria"),
    ("MP05", "bonifico"),
    ("MP06", "vaglia cambiario"),
    ("MP07", "bollettino bancario"),
    ("MP08", "carta di pagamento"),
    ("MP09", "RID"),
    ("MP10", "RID utenze"),
    ("MP11", "RID veloce"),
    ("MP12", "RIBA"),
    ("MP13", "MAV"),
    ("MP14", "quietanza erario"),
    ("MP15", "giroconto su conti di contabilità speciale"),
    ("MP16", "domiciliazione bancaria"),
    ("MP17", "domiciliazione postale"),
    ("MP18", "bollettino di conto corrente postale"),
    ("MP19", "SEPA Direct Debit"),
    ("MP20", "SEPA Direct Debit CORE"),
    ("MP21", "SEPA Direct Debit B2B"),
    ("MP22", "trattenuta su somme già riscosse"),
    ("MP23", "PagoPA"),
];

const DUE: Meanings =
    &[("I", "esigibilità immediata"), ("D", "esigibilità differita"), ("S", "scissione dei pagamenti")];
const LINE_KINDS: Meanings = &[("SC", "sconto"), ("PR", "premio"), ("AB", "abbuono"), ("AC", "spesa accessoria")];
const ADJUSTMENTS: Meanings = &[("SC", "sconto"), ("MG", "maggiorazione")];

const WITHHOLDINGS: Meanings = &[
    ("RT01", "ritenuta, persone fisiche"),
    ("RT02", "ritenuta, persone giuridiche"),
    ("RT03", "contributo INPS"),
    ("RT04", "contributo ENASARCO"),
    ("RT05", "contributo ENPAM"),
    ("RT06", "altro contributo previdenziale"),
];

const FUNDS: Meanings = &[
    ("TC01", "avvocati e procuratori"),
    ("TC02", "dottori commercialisti"),
    ("TC03", "geometri"),
    ("TC04", "ingegneri e architetti"),
    ("TC05", "notai"),
    ("TC06", "ragionieri e periti commerciali"),
    ("TC07", "ENASARCO"),
    ("TC08", "consulenti del lavoro"),
    ("TC09", "medici"),
    ("TC10", "farmacisti"),
    ("TC11", "veterinari"),
    ("TC12", "impiegati dell'agricoltura"),
    ("TC13", "imprese di spedizione e agenzie marittime"),
    ("TC14", "giornalisti"),
    ("TC15", "ONAOSI"),
    ("TC16", "CASAGIT"),
    ("TC17", "periti industriali"),
    ("TC18", "EPAP"),
    ("TC19", "biologi"),
    ("TC20", "infermieri"),
    ("TC21", "psicologi"),
    ("TC22", "INPS"),
];

const SHAREHOLDERS: Meanings = &[("SU", "socio unico"), ("SM", "più soci")];
const LIQUIDATION: Meanings = &[("LS", "in liquidazione"), ("LN", "non in liquidazione")];
const ISSUERS: Meanings = &[("CC", "cessionario o committente"), ("TZ", "terzo")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fatturapa::schema::{Family, ValueType};

    /// Codes without a meaning of their own: a plain yes, the letters of the CU form.
    const PLAIN: [&str; 5] = ["BolloVirtuale", "Ritenuta", "Art73", "CausalePagamento", "Attachment"];

    #[test]
    fn every_code_of_both_formats_has_a_meaning() {
        for family in [Family::Ordinary, Family::Simplified] {
            for element in family.elements().iter().filter(|element| !PLAIN.contains(&element.name)) {
                let Some(ValueType::List(codes)) = element.value else { continue };
                for code in codes {
                    assert!(meaning(element.name, code).is_some(), "{} {code}", element.name);
                }
            }
        }
        assert_eq!(meaning("Natura", "N9"), None);
        assert_eq!(meaning("Numero", "N1"), None);
    }

    #[test]
    fn labels_are_words() {
        let cases = [
            ("CodiceCIG", "Codice CIG"),
            ("IBAN", "IBAN"),
            ("CFQuietanzante", "CF quietanzante"),
            ("DataInizioTrasporto", "Data inizio trasporto"),
            ("NumItem", "Num item"),
            ("EsigibilitaIVA", "Esigibilità IVA"),
            ("UnitaMisuraPeso", "Unità misura peso"),
        ];
        for (element, expected) in cases {
            assert_eq!(label(element), expected);
        }
    }
}
