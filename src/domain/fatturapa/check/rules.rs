//! The texts of the content controls (specification, section 10), in our own words.

/// The rule of a code in Italian and English.
#[must_use]
pub fn texts(code: &str) -> (&'static str, &'static str) {
    RULES
        .iter()
        .find(|rule| rule.0 == code)
        .map_or(("controllo non descritto", "control without a description"), |rule| (rule.1, rule.2))
}

/// Every control that this checker makes, except 00200, whose text depends on the element.
pub const RULES: &[(&str, &str, &str)] = &[
    (
        "00300",
        "l'identificativo di chi trasmette non ha la forma di un codice fiscale esistente",
        "the sender's identifier does not have the form of an existing codice fiscale",
    ),
    (
        "00301",
        "la partita IVA del cedente ha una cifra di controllo sbagliata",
        "the seller's partita IVA has a wrong check digit",
    ),
    (
        "00302",
        "il codice fiscale del cedente ha un carattere di controllo sbagliato",
        "the seller's codice fiscale has a wrong check character",
    ),
    (
        "00305",
        "la partita IVA del cessionario ha una cifra di controllo sbagliata",
        "the buyer's partita IVA has a wrong check digit",
    ),
    (
        "00306",
        "il codice fiscale del cessionario ha un carattere di controllo sbagliato",
        "the buyer's codice fiscale has a wrong check character",
    ),
    (
        "00313",
        "il codice destinatario `XXXXXXX` vuole un cessionario estero con IdFiscaleIVA",
        "the recipient code `XXXXXXX` needs a foreign buyer with IdFiscaleIVA",
    ),
    (
        "00330",
        "la PEC del destinatario è una casella del Sistema di Interscambio",
        "the recipient's certified mail address is a mailbox of the exchange system",
    ),
    ("00400", "una riga ad aliquota zero deve indicare la Natura", "a line at rate zero must have Natura"),
    (
        "00401",
        "una riga con aliquota diversa da zero non può indicare la Natura",
        "a line with a rate other than zero cannot have Natura",
    ),
    ("00403", "la data del documento è successiva alla ricezione", "the document is dated after its reception"),
    (
        "00411",
        "una riga è soggetta a ritenuta ma manca DatiRitenuta",
        "a line is subject to withholding but DatiRitenuta is missing",
    ),
    (
        "00413",
        "un contributo di cassa ad aliquota zero deve indicare la Natura",
        "a fund contribution at rate zero must have Natura",
    ),
    (
        "00414",
        "un contributo di cassa con aliquota diversa da zero non può indicare la Natura",
        "a fund contribution with a rate other than zero cannot have Natura",
    ),
    (
        "00415",
        "un contributo di cassa è soggetto a ritenuta ma manca DatiRitenuta",
        "a fund contribution is subject to withholding but DatiRitenuta is missing",
    ),
    (
        "00417",
        "il cessionario deve avere IdFiscaleIVA o CodiceFiscale",
        "the buyer must have IdFiscaleIVA or CodiceFiscale",
    ),
    ("00418", "il documento è datato prima della fattura collegata", "the document is dated before the linked invoice"),
    (
        "00419",
        "ci sono meno riepiloghi che aliquote diverse di righe e casse",
        "there are fewer summaries than distinct rates of lines and funds",
    ),
    (
        "00420",
        "un riepilogo in inversione contabile (N6.x) non può essere in scissione dei pagamenti",
        "a summary under reverse charge (N6.x) cannot be under split payment",
    ),
    (
        "00421",
        "Imposta deve essere AliquotaIVA per ImponibileImporto, arrotondata al centesimo, con tolleranza di un centesimo",
        "Imposta must be AliquotaIVA times ImponibileImporto, rounded to the cent, within one cent",
    ),
    (
        "00422",
        "la somma di ImponibileImporto per aliquota deve essere quella di righe, casse e arrotondamenti, con tolleranza di un euro",
        "the sum of ImponibileImporto per rate must be that of lines, funds and roundings, within one euro",
    ),
    (
        "00423",
        "PrezzoTotale deve essere PrezzoUnitario, con sconti e maggiorazioni, per Quantita, con tolleranza di un centesimo",
        "PrezzoTotale must be PrezzoUnitario, with discounts and surcharges, times Quantita, within one cent",
    ),
    (
        "00424",
        "l'aliquota va scritta in percentuale: 22.00, non 0.22",
        "the rate must be a percentage: 22.00, not 0.22",
    ),
    (
        "00425",
        "il numero del documento deve contenere almeno una cifra",
        "the document number must contain at least one digit",
    ),
    (
        "00427",
        "il codice destinatario ha 7 caratteri per FPR12 e 6 per FPA12",
        "the recipient code has 7 characters for FPR12 and 6 for FPA12",
    ),
    (
        "00428",
        "FormatoTrasmissione deve essere uguale all'attributo versione",
        "FormatoTrasmissione must equal the attribute versione",
    ),
    ("00429", "un riepilogo ad aliquota zero deve indicare la Natura", "a summary at rate zero must have Natura"),
    (
        "00430",
        "un riepilogo con aliquota diversa da zero non può indicare la Natura",
        "a summary with a rate other than zero cannot have Natura",
    ),
    (
        "00443",
        "le aliquote di righe e casse e quelle dei riepiloghi non sono le stesse",
        "the rates of lines and funds and those of the summaries are not the same",
    ),
    (
        "00444",
        "le nature di righe e casse e quelle dei riepiloghi non sono le stesse",
        "the natures of lines and funds and those of the summaries are not the same",
    ),
    (
        "00445",
        "le nature N2, N3 e N6 senza dettaglio non sono ammesse dal 2021",
        "the natures N2, N3 and N6 without detail are not admitted since 2021",
    ),
    (
        "00471",
        "con questo tipo di documento cedente e cessionario non possono essere lo stesso soggetto",
        "with this type of document seller and buyer cannot be the same",
    ),
    (
        "00472",
        "con questo tipo di documento cedente e cessionario devono essere lo stesso soggetto",
        "with this type of document seller and buyer must be the same",
    ),
    (
        "00473",
        "con questo tipo di documento il paese del cedente non è ammesso",
        "with this type of document the seller's country is not admitted",
    ),
    (
        "00474",
        "in un documento TD21 tutte le righe devono avere un'aliquota",
        "in a TD21 document every line must have a rate",
    ),
    (
        "00475",
        "con questo tipo di documento il cessionario deve avere IdFiscaleIVA",
        "with this type of document the buyer must have IdFiscaleIVA",
    ),
    ("00476", "cedente e cessionario non possono essere entrambi esteri", "seller and buyer cannot both be foreign"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_without_repeats() {
        assert!(RULES.is_sorted_by(|left, right| left.0 < right.0));
        assert_ne!(texts("00423").1, texts("99999").1);
    }
}
