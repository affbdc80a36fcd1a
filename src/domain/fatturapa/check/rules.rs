//! The texts of the controls (specification, section 10) and of our own warnings, in our own words: the rule and what to do.

use crate::domain::fatturapa::finding::Severity::{self, Error, Warning};

/// A control.
#[derive(Debug)]
pub struct Rule {
    /// Official code, or a word for a check of our own.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The rule and what to do, in Italian.
    pub italian: &'static str,
    /// The same in English.
    pub english: &'static str,
}

/// The rule of a code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}

const fn rule_of(code: &'static str, severity: Severity, italian: &'static str, english: &'static str) -> Rule {
    Rule { code, severity, italian, english }
}

/// Every control that this checker makes, except 00200, whose text depends on the element.
pub const RULES: &[Rule] = &[
    rule_of(
        "00001",
        Error,
        "il nome del file non segue la regola: paese, identificativo, `_`, da 1 a 5 lettere o cifre, `.xml` o `.xml.p7m`",
        "the file name breaks the rule: country, identifier, `_`, 1 to 5 letters or digits, `.xml` or `.xml.p7m`",
    ),
    rule_of(
        "00003",
        Error,
        "il file supera i 5 MB: dividere il lotto o ridurre gli allegati",
        "the file is larger than 5 MB: split the batch or make the attachments smaller",
    ),
    rule_of(
        "00100",
        Warning,
        "il certificato di firma era scaduto: rinnovarlo e firmare di nuovo",
        "the signing certificate had expired: renew it and sign again",
    ),
    rule_of(
        "00102",
        Error,
        "la firma non corrisponde al contenuto: il file è stato cambiato dopo la firma; firmarlo di nuovo",
        "the signature does not match the content: the file was changed after it was signed; sign it again",
    ),
    rule_of(
        "00103",
        Warning,
        "la firma non riporta data e ora: con un certificato qualificato il SdI la rifiuta",
        "the signature has no signing time: with a qualified certificate it is refused",
    ),
    rule_of(
        "00105",
        Error,
        "la firma porta un momento successivo alla ricezione: controllare l'orologio di chi firma",
        "the signing time is later than the reception: check the signer's clock",
    ),
    rule_of(
        "00106",
        Error,
        "archivio vuoto o illeggibile: crearlo di nuovo",
        "empty or unreadable archive: make it again",
    ),
    rule_of(
        "00300",
        Warning,
        "l'identificativo di chi trasmette non supera il controllo: il SdI lo cerca in anagrafe e con un carattere sbagliato scarta il file; correggerlo",
        "the sender's identifier fails its check character: the exchange system looks it up and refuses the file; correct it",
    ),
    rule_of(
        "00301",
        Warning,
        "la partita IVA del cedente ha una cifra di controllo sbagliata: non può esistere in anagrafe e il SdI scarta il file; correggerla",
        "the seller's partita IVA has a wrong check digit: it cannot be in the register and the file is refused; correct it",
    ),
    rule_of(
        "00302",
        Warning,
        "il codice fiscale del cedente ha un carattere di controllo sbagliato: il SdI scarta il file; correggerlo",
        "the seller's codice fiscale has a wrong check character: the file is refused; correct it",
    ),
    rule_of(
        "00303",
        Warning,
        "la partita IVA del rappresentante fiscale ha una cifra di controllo sbagliata; correggerla",
        "the tax representative's partita IVA has a wrong check digit; correct it",
    ),
    rule_of(
        "00305",
        Warning,
        "la partita IVA del cessionario ha una cifra di controllo sbagliata: il SdI scarta il file; chiederla di nuovo al cliente",
        "the buyer's partita IVA has a wrong check digit: the file is refused; ask the customer for it again",
    ),
    rule_of(
        "00306",
        Warning,
        "il codice fiscale del cessionario ha un carattere di controllo sbagliato: il SdI scarta il file; chiederlo di nuovo al cliente",
        "the buyer's codice fiscale has a wrong check character: the file is refused; ask the customer for it again",
    ),
    rule_of(
        "00313",
        Error,
        "il codice destinatario `XXXXXXX` vuole un cessionario estero con IdFiscaleIVA; indicare il numero IVA estero, o usare 0000000",
        "the recipient code `XXXXXXX` needs a foreign buyer with IdFiscaleIVA; give the foreign VAT number, or use 0000000",
    ),
    rule_of(
        "00327",
        Warning,
        "cessionario con il solo codice fiscale di 11 cifre: se è quello di un gruppo IVA il SdI scarta il file (dal 15/05/2026); aggiungere IdFiscaleIVA",
        "buyer with an 11-digit codice fiscale alone: if it is that of a VAT group the file is refused (since 2026-05-15); add IdFiscaleIVA",
    ),
    rule_of(
        "00330",
        Error,
        "la PEC del destinatario è una casella del Sistema di Interscambio; indicare la PEC del cliente",
        "the recipient's certified mail address is a mailbox of the exchange system; give the customer's own address",
    ),
    rule_of(
        "00400",
        Error,
        "una riga ad aliquota zero deve indicare la Natura; aggiungerla (N1…N7)",
        "a line at rate zero must have Natura; add it (N1 to N7)",
    ),
    rule_of(
        "00401",
        Error,
        "una riga con aliquota diversa da zero non può indicare la Natura; toglierla o azzerare l'aliquota",
        "a line with a rate other than zero cannot have Natura; remove it or set the rate to zero",
    ),
    rule_of(
        "00403",
        Error,
        "la data del documento è successiva alla ricezione; correggere la data (vale l'ora italiana)",
        "the document is dated after its reception; correct the date (Italian civil time counts)",
    ),
    rule_of(
        "00409",
        Error,
        "numero già usato da un altro documento dello stesso lotto e anno: ogni documento vuole il suo",
        "number already used by another document of the same batch and year: each needs its own",
    ),
    rule_of(
        "00411",
        Error,
        "una riga è soggetta a ritenuta ma manca DatiRitenuta; aggiungere DatiRitenuta",
        "a line is subject to withholding but DatiRitenuta is missing; add DatiRitenuta",
    ),
    rule_of(
        "00413",
        Error,
        "un contributo di cassa ad aliquota zero deve indicare la Natura; aggiungerla",
        "a fund contribution at rate zero must have Natura; add it",
    ),
    rule_of(
        "00414",
        Error,
        "un contributo di cassa con aliquota diversa da zero non può indicare la Natura; toglierla",
        "a fund contribution with a rate other than zero cannot have Natura; remove it",
    ),
    rule_of(
        "00415",
        Error,
        "un contributo di cassa è soggetto a ritenuta ma manca DatiRitenuta; aggiungere DatiRitenuta",
        "a fund contribution is subject to withholding but DatiRitenuta is missing; add DatiRitenuta",
    ),
    rule_of(
        "00417",
        Error,
        "il cessionario deve avere IdFiscaleIVA o CodiceFiscale; chiederlo al cliente",
        "the buyer must have IdFiscaleIVA or CodiceFiscale; ask the customer",
    ),
    rule_of(
        "00418",
        Error,
        "il documento è datato prima della fattura collegata; correggere una delle due date",
        "the document is dated before the linked invoice; correct one of the dates",
    ),
    rule_of(
        "00419",
        Error,
        "ci sono meno riepiloghi che aliquote diverse di righe e casse; aggiungere un DatiRiepilogo per ogni aliquota",
        "there are fewer summaries than distinct rates of lines and funds; add one DatiRiepilogo for each rate",
    ),
    rule_of(
        "00420",
        Error,
        "un riepilogo in inversione contabile (N6.x) non può essere in scissione dei pagamenti",
        "a summary under reverse charge (N6.x) cannot be under split payment",
    ),
    rule_of(
        "00421",
        Error,
        "Imposta deve essere AliquotaIVA per ImponibileImporto, arrotondata al centesimo, con tolleranza di un centesimo",
        "Imposta must be AliquotaIVA times ImponibileImporto, rounded to the cent, within one cent",
    ),
    rule_of(
        "00422",
        Error,
        "la somma di ImponibileImporto per aliquota deve essere quella di righe, casse e arrotondamenti, con tolleranza di un euro",
        "the sum of ImponibileImporto per rate must be that of lines, funds and roundings, within one euro",
    ),
    rule_of(
        "00423",
        Error,
        "PrezzoTotale deve essere PrezzoUnitario, con sconti e maggiorazioni, per Quantita, con tolleranza di un centesimo",
        "PrezzoTotale must be PrezzoUnitario, with discounts and surcharges, times Quantita, within one cent",
    ),
    rule_of(
        "00424",
        Error,
        "l'aliquota va scritta in percentuale: 22.00, non 0.22",
        "the rate must be a percentage: 22.00, not 0.22",
    ),
    rule_of(
        "00425",
        Error,
        "il numero del documento deve contenere almeno una cifra; per esempio 12/WEB",
        "the document number must contain at least one digit; for instance 12/WEB",
    ),
    rule_of(
        "00427",
        Error,
        "il codice destinatario ha 7 caratteri per FPR12 e 6 per FPA12",
        "the recipient code has 7 characters for FPR12 and 6 for FPA12",
    ),
    rule_of(
        "00428",
        Error,
        "FormatoTrasmissione deve essere uguale all'attributo versione",
        "FormatoTrasmissione must equal the attribute versione",
    ),
    rule_of(
        "00429",
        Error,
        "un riepilogo ad aliquota zero deve indicare la Natura; aggiungerla",
        "a summary at rate zero must have Natura; add it",
    ),
    rule_of(
        "00430",
        Error,
        "un riepilogo con aliquota diversa da zero non può indicare la Natura; toglierla",
        "a summary with a rate other than zero cannot have Natura; remove it",
    ),
    rule_of(
        "00437",
        Error,
        "sconto o maggiorazione di documento senza Percentuale né Importo: indicarne uno",
        "discount or surcharge of the document with neither Percentuale nor Importo: give one",
    ),
    rule_of(
        "00438",
        Error,
        "sconto o maggiorazione di riga senza Percentuale né Importo: indicarne uno",
        "discount or surcharge of a line with neither Percentuale nor Importo: give one",
    ),
    rule_of(
        "00443",
        Error,
        "le aliquote di righe e casse e quelle dei riepiloghi non sono le stesse; un riepilogo per ogni aliquota, nessuno in più",
        "the rates of lines and funds and those of the summaries are not the same; one summary for each rate, none more",
    ),
    rule_of(
        "00444",
        Error,
        "le nature di righe e casse e quelle dei riepiloghi non sono le stesse; un riepilogo per ogni natura, nessuno in più",
        "the natures of lines and funds and those of the summaries are not the same; one summary for each nature, none more",
    ),
    rule_of(
        "00445",
        Error,
        "le nature N2, N3 e N6 senza dettaglio non sono ammesse dal 2021; usare il codice di dettaglio, come N2.2",
        "the natures N2, N3 and N6 without detail are not admitted since 2021; use the detailed code, such as N2.2",
    ),
    rule_of(
        "00460",
        Error,
        "una fattura semplificata non può superare 400 euro IVA compresa: emettere una fattura ordinaria",
        "a simplified invoice cannot exceed 400 euro with VAT: issue an ordinary one",
    ),
    rule_of(
        "00471",
        Error,
        "con questo tipo di documento cedente e cessionario non possono essere lo stesso soggetto",
        "with this type of document seller and buyer cannot be the same",
    ),
    rule_of(
        "00472",
        Error,
        "con questo tipo di documento cedente e cessionario devono essere lo stesso soggetto",
        "with this type of document seller and buyer must be the same",
    ),
    rule_of(
        "00473",
        Error,
        "con questo tipo di documento il paese del cedente non è ammesso",
        "with this type of document the seller's country is not admitted",
    ),
    rule_of(
        "00474",
        Error,
        "in un documento TD21 tutte le righe devono avere un'aliquota",
        "in a TD21 document every line must have a rate",
    ),
    rule_of(
        "00475",
        Error,
        "con questo tipo di documento il cessionario deve avere IdFiscaleIVA",
        "with this type of document the buyer must have IdFiscaleIVA",
    ),
    rule_of(
        "00476",
        Error,
        "cedente e cessionario non possono essere entrambi esteri",
        "seller and buyer cannot both be foreign",
    ),
    rule_of(
        "cig",
        Warning,
        "fattura alla PA senza CIG: se la legge lo chiede, l'ente non può pagare",
        "invoice to a public body without CIG: where the law wants it, the body cannot pay",
    ),
    rule_of(
        "currency",
        Warning,
        "Divisa diversa da EUR: per il fisco italiano gli importi vanno in euro",
        "Divisa is not EUR: Italian tax wants the amounts in euro",
    ),
    rule_of(
        "ddt",
        Warning,
        "TD24 senza DatiDDT: indicare i documenti di trasporto fatturati",
        "TD24 without DatiDDT: name the transport documents invoiced",
    ),
    rule_of(
        "document-total",
        Warning,
        "ImportoTotaleDocumento non è la somma dei riepiloghi e dell'arrotondamento",
        "ImportoTotaleDocumento is not the sum of the summaries and the rounding",
    ),
    rule_of(
        "forfettario",
        Warning,
        "regime forfettario (RF19) con IVA esposta: le operazioni vanno senza IVA, di norma N2.2",
        "flat-rate regime (RF19) with VAT: such sales carry no VAT, normally N2.2",
    ),
    rule_of(
        "iban",
        Warning,
        "l'IBAN ha cifre di controllo sbagliate: il cliente pagherebbe su un conto che non esiste",
        "the IBAN has wrong check digits: the customer would pay to an account that does not exist",
    ),
    rule_of(
        "intento",
        Warning,
        "N3.5 senza i dati della dichiarazione d'intento: aggiungere AltriDatiGestionali INTENTO con protocollo e data",
        "N3.5 without the data of the declaration of intent: add AltriDatiGestionali INTENTO with protocol and date",
    ),
    rule_of(
        "legal-reference",
        Warning,
        "manca RiferimentoNormativo accanto alla Natura: indicare la norma",
        "RiferimentoNormativo is missing beside Natura: name the law",
    ),
    rule_of(
        "line-number",
        Warning,
        "NumeroLinea ripetuto: i riferimenti alle righe diventano ambigui",
        "NumeroLinea is repeated: references to lines become ambiguous",
    ),
    rule_of(
        "line-reference",
        Warning,
        "RiferimentoNumeroLinea indica una riga che non c'è",
        "RiferimentoNumeroLinea points to no line",
    ),
    rule_of(
        "negative-credit-note",
        Warning,
        "nota di credito con importi negativi: il tipo TD04 porta già il segno, gli importi vanno positivi",
        "credit note with negative amounts: TD04 carries the sign already, amounts are positive",
    ),
    rule_of(
        "payment-total",
        Warning,
        "la somma di ImportoPagamento non è quanto resta da pagare",
        "the sum of ImportoPagamento is not what is to be paid",
    ),
    rule_of(
        "public-body",
        Warning,
        "il codice fiscale del cessionario sembra quello di un ente: se è nell'IPA va usato FPA12 (00399)",
        "the buyer's codice fiscale looks like that of a body: if it is listed in IPA, FPA12 is needed (00399)",
    ),
    rule_of(
        "signature-unknown",
        Warning,
        "la firma usa un algoritmo o un certificato che qui non si può verificare",
        "the signature uses an algorithm or a certificate that cannot be verified here",
    ),
    rule_of(
        "stamp-duty",
        Warning,
        "importi senza IVA oltre 77,47 euro: manca il bollo (DatiBollo), o il motivo per cui non è dovuto (NB1, NB2, NB3)",
        "amounts without VAT above 77.47 euro: the stamp duty (DatiBollo) is missing, or why it is not due (NB1, NB2, NB3)",
    ),
    rule_of(
        "truncated",
        Warning,
        "la busta firmata finisce troppo presto: il contenuto c'è, la firma non si può verificare; chiedere di nuovo il file",
        "the signed envelope ends too early: the content is there, the signature cannot be verified; ask for the file again",
    ),
    rule_of(
        "unsigned",
        Warning,
        "una fattura alla PA va firmata prima dell'invio",
        "an invoice to a public body must be signed before it is sent",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_without_repeats() {
        assert!(RULES.is_sorted_by(|left, right| left.code < right.code));
        assert_eq!(rule("00423").map(|rule| rule.severity), Some(Error));
        assert!(rule("99999").is_none());
    }
}
