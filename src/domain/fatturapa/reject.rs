//! Why an order cannot become an acceptable invoice, in words for a shop owner.
//!
//! Here: the reasons and their messages in Italian and English. Not here: the
//! tests that find them (`party`, `routing`, `lines`, `build`) and the codes
//! of the exchange system (`check`).

use std::fmt;

use thiserror::Error;

/// Declares the reasons once: variant, stable name, Italian and English text.
macro_rules! reasons {
    ($($variant:ident $name:literal $italian:literal $english:literal),+ $(,)?) => {
        /// A reason for holding an invoice back.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = concat!("`", $name, "`: ", $english, ".")] $variant,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Stable name, for filters and statistics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What is wrong and what to do, in Italian.
            #[must_use]
            pub const fn italian(self) -> &'static str {
                match self { $(Self::$variant => $italian,)+ }
            }

            /// What is wrong and what to do, in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $english,)+ }
            }
        }
    };
}

reasons! {
    MissingName "missing-name"
        "manca il nome del cliente: chiedere nome e cognome, o la ragione sociale"
        "the buyer has no name: ask for name and surname, or for the company name",
    OneWordName "one-word-name"
        "il nome del cliente è una parola sola: la fattura a un privato vuole nome e cognome"
        "the buyer's name is a single word: an invoice to a private person needs name and surname",
    UnwritableName "unwritable-name"
        "il nome non contiene lettere latine: chiederne la grafia in caratteri latini"
        "the name has no Latin letters: ask for its spelling in Latin letters",
    MissingAddress "missing-address"
        "manca l'indirizzo del cliente (via e numero)"
        "the buyer's street address is missing",
    MissingTown "missing-town"
        "manca il comune del cliente"
        "the buyer's town is missing",
    BadCap "bad-cap"
        "il CAP italiano deve avere cinque cifre, zeri iniziali compresi"
        "an Italian postcode has five digits, leading zeros included",
    BadProvince "bad-province"
        "la provincia deve essere la sigla di due lettere, per esempio `MI`"
        "the province must be its two letters, for instance `MI`",
    BadCountry "bad-country"
        "il paese deve essere il codice ISO di due lettere, per esempio `DE`"
        "the country must be its two-letter ISO code, for instance `DE`",
    MissingCodiceFiscale "missing-codice-fiscale"
        "manca il codice fiscale: senza, la fattura a un privato viene scartata"
        "the codice fiscale is missing: without it an invoice to a private person is refused",
    BadCodiceFiscale "bad-codice-fiscale"
        "il codice fiscale è sbagliato (il carattere di controllo non torna): chiederlo di nuovo al cliente"
        "the codice fiscale is wrong (its check character does not match): ask the buyer again",
    MissingPartitaIva "missing-partita-iva"
        "manca la partita IVA: una fattura ad azienda o professionista la richiede"
        "the VAT number is missing: an invoice to a business needs it",
    BadPartitaIva "bad-partita-iva"
        "la partita IVA è sbagliata (undici cifre, l'ultima di controllo): chiederla di nuovo al cliente"
        "the partita IVA is wrong (eleven digits, the last one a check digit): ask the buyer again",
    BadVatNumber "bad-vat-number"
        "il numero di partita IVA estero contiene caratteri non ammessi o è troppo lungo"
        "the foreign VAT number has characters that are not allowed or is too long",
    MissingTaxNumber "missing-tax-number"
        "manca il codice fiscale o la partita IVA dell'ente pubblico"
        "the public body has neither a codice fiscale nor a VAT number",
    MissingOfficeCode "missing-office-code"
        "manca il codice ufficio IPA di sei caratteri: senza, la fattura a un ente pubblico non parte"
        "the six-character IPA office code is missing: an invoice to a public body needs it",
    BadOfficeCode "bad-office-code"
        "il codice ufficio IPA deve avere sei lettere o cifre"
        "the IPA office code must have six letters or digits",
    ForeignPublicBody "foreign-public-body"
        "un ente pubblico con codice IPA deve avere sede in Italia"
        "a public body with an IPA code must be established in Italy",
    OfficeCodeForBusiness "office-code-for-business"
        "il codice di sei caratteri è di un ufficio pubblico: se il cliente è un ente, indicarlo come tale"
        "a six-character code belongs to a public office: if the buyer is a public body, say so",
    BadRecipientCode "bad-recipient-code"
        "il codice destinatario deve avere sette lettere o cifre"
        "the recipient code must have seven letters or digits",
    BadPec "bad-pec"
        "l'indirizzo PEC non è valido"
        "the certified mail address is not valid",
    SdiMailbox "sdi-mailbox"
        "la PEC indicata è una casella del Sistema di Interscambio, non del cliente"
        "the certified mail address is a mailbox of the exchange system, not of the buyer",
    UnsupportedDocument "unsupported-document"
        "questo tipo di documento non si emette da righe: usare TD01-TD09, TD16-TD21 o TD24-TD29"
        "this type of document is not made from rows: use TD01 to TD09, TD16 to TD21 or TD24 to TD29",
    MissingTransportDocument "missing-transport-document"
        "una fattura differita (TD24, TD25) deve indicare numero e data del documento di trasporto"
        "a deferred invoice (TD24, TD25) must name number and date of its transport document",
    SupplierNotForeign "supplier-not-foreign"
        "TD17, TD18, TD19 e TD28 riguardano fornitori esteri: indicare paese e partita IVA del fornitore"
        "TD17, TD18, TD19 and TD28 are for foreign suppliers: give the supplier's country and VAT number",
    SupplierNotItalian "supplier-not-italian"
        "TD29 riguarda fornitori italiani: indicare la partita IVA italiana del fornitore"
        "TD29 is for Italian suppliers: give the supplier's partita IVA",
    MissingLinkedDate "missing-linked-date"
        "manca la data della fattura collegata"
        "the date of the linked invoice is missing",
    LinkedInvoiceLater "linked-invoice-later"
        "la fattura collegata ha una data successiva a quella della nota di credito"
        "the linked invoice is dated after the credit note",
    BeyondSimplified "beyond-simplified"
        "una fattura semplificata (TD07) arriva a 400 euro IVA compresa: emettere una fattura ordinaria (TD01)"
        "a simplified invoice (TD07) goes up to 400 euro with VAT: issue an ordinary one (TD01)",
    SimplifiedForPublicBody "simplified-for-public-body"
        "a un ente pubblico non si può emettere una fattura semplificata: usare TD01"
        "a public body cannot get a simplified invoice: use TD01",
    NaturaNotSimplified "natura-not-simplified"
        "la fattura semplificata non ammette questa natura: usare una fattura ordinaria"
        "the simplified format does not admit this natura: use an ordinary invoice",
    BadCig "bad-cig"
        "il CIG ha dieci lettere o cifre, senza spazi"
        "a CIG has ten letters or digits, without blanks",
    BadCup "bad-cup"
        "il CUP ha quindici lettere o cifre, senza spazi"
        "a CUP has fifteen letters or digits, without blanks",
    BadIban "bad-iban"
        "l'IBAN è sbagliato (le cifre di controllo non tornano)"
        "the IBAN is wrong (its check digits do not match)",
    BadIntent "bad-intent"
        "il protocollo della dichiarazione d'intento ha 17 cifre, un trattino e 6 cifre (08060120341234567-000001), con la data della ricevuta"
        "the protocol of a declaration of intent has 17 digits, a dash and 6 digits (08060120341234567-000001), with the date of its receipt",
    IntentWithoutNatura "intent-without-natura"
        "la dichiarazione d'intento vale per righe con natura `N3.5`"
        "a declaration of intent is for lines with natura `N3.5`",
    BadFund "bad-fund"
        "la cassa previdenziale vuole tipo (`TC01`-`TC22`), aliquota in percentuale e importi al centesimo"
        "a pension fund needs its type (`TC01` to `TC22`), a rate in per cent and amounts on the cent",
    BadWithholding "bad-withholding"
        "la ritenuta vuole tipo (`RT01`-`RT06`), aliquota in percentuale, causale della CU e importi al centesimo"
        "a withholding needs its type (`RT01` to `RT06`), a rate in per cent, a reason of the CU form and amounts on the cent",
    BadPeriod "bad-period"
        "il periodo della riga finisce prima di cominciare"
        "the period of the line ends before it begins",
    BadTransport "bad-transport"
        "dati di trasporto non scrivibili: colli da 1 a 9999, pesi sotto 10000 con due decimali, resa Incoterms di tre lettere"
        "transport data that cannot be written: packages 1 to 9999, weights below 10000 with two decimals, Incoterms of three letters",
    BadPhase "bad-phase"
        "la fase dello stato di avanzamento va da 1 a 999"
        "a phase of work in progress is a number from 1 to 999",
    AttachmentMissing "attachment-missing"
        "il file da allegare non c'è"
        "the file to attach is not there",
    AttachmentTooLarge "attachment-too-large"
        "gli allegati sono troppo grandi: la fattura con i suoi allegati sta in 5 MB"
        "the attachments are too large: the invoice with its attachments fits 5 MB",
    BadNumber "bad-number"
        "il numero del documento deve avere da uno a venti caratteri, con almeno una cifra"
        "the document number must have one to twenty characters with at least one digit",
    NoLines "no-lines"
        "l'ordine non ha righe"
        "the order has no lines",
    TooManyLines "too-many-lines"
        "una fattura può avere al massimo 9999 righe: dividere l'ordine"
        "an invoice can have at most 9999 lines: divide the order",
    MissingDescription "missing-description"
        "la riga non ha una descrizione scrivibile in caratteri latini"
        "the line has no description that can be written in Latin letters",
    BadQuantity "bad-quantity"
        "la quantità deve essere diversa da zero e avere al massimo otto decimali"
        "the quantity must not be zero and must have at most eight decimals",
    BadRate "bad-rate"
        "l'aliquota IVA deve essere una percentuale da 0 a 100 con due decimali: 22, non 0,22"
        "the VAT rate must be a percentage from 0 to 100 with two decimals: 22, not 0.22",
    MissingNatura "missing-natura"
        "una riga ad aliquota zero deve dire la natura, per esempio `N3.2`"
        "a line at rate zero must say its natura, for instance `N3.2`",
    UnexpectedNatura "unexpected-natura"
        "una riga con IVA non può avere una natura"
        "a line with VAT cannot have a natura",
    BadDiscount "bad-discount"
        "lo sconto in percentuale deve stare fra 0 e 100"
        "a discount in per cent must be between 0 and 100",
    FractionOfCent "fraction-of-cent"
        "l'importo pagato deve essere al centesimo"
        "an amount paid must be on the cent",
    LineTotalMismatch "line-total-mismatch"
        "il totale pagato della riga non corrisponde a prezzo, quantità e sconto"
        "the total paid for the line does not match price, quantity and discount",
    NothingToSpreadOver "nothing-to-spread-over"
        "non ci sono righe a pagamento su cui ripartire lo sconto dell'ordine"
        "there are no paid lines over which the discount of the order could be divided",
    NegativeTotal "negative-total"
        "il totale è negativo: serve una nota di credito, con importi positivi"
        "the total is negative: make a credit note instead, with positive amounts",
    MissingLinkedInvoice "missing-linked-invoice"
        "la nota deve indicare la fattura che corregge: numero e data in `linked_number` e `linked_date`, o la chiave del suo ordine in `linked_order`"
        "the note must name the invoice that it corrects: number and date in `linked_number` and `linked_date`, or the key of its order in `linked_order`",
    SimplifiedSplitPayment "simplified-split-payment"
        "una fattura semplificata non può dire la scissione dei pagamenti: emettere una fattura ordinaria (TD01)"
        "a simplified invoice cannot say split payment: issue an ordinary one (TD01)",
    BadPayment "bad-payment"
        "quando i pagamenti sono più di uno, ognuno deve avere il suo importo"
        "when there is more than one payment each must have its amount",
    AmountTooLarge "amount-too-large"
        "un importo è troppo grande per la fattura elettronica (undici cifre intere)"
        "an amount is too large for an electronic invoice (eleven integer digits)",
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One reason with the datum that caused it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message_en}")]
pub struct BuildError {
    /// Why.
    pub reason: Reason,
    /// Field of the request, for instance `buyer.codice_fiscale` or `lines[2].quantity`.
    pub field: String,
    /// The offending value; empty when it is missing.
    pub value: String,
    /// The whole message in Italian.
    pub message_it: String,
    /// The whole message in English.
    pub message_en: String,
}

impl BuildError {
    /// A reason at a field, with the value as the order has it.
    #[must_use]
    pub fn new(reason: Reason, field: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        let message = |text: &str, found: &str| {
            if value.is_empty() { text.to_owned() } else { format!("{text} ({found} `{value}`)") }
        };
        let (message_it, message_en) = (message(reason.italian(), "trovato"), message(reason.english(), "found"));
        Self { reason, field: field.into(), value, message_it, message_en }
    }

    /// A reason for something that is missing.
    #[must_use]
    pub fn missing(reason: Reason, field: impl Into<String>) -> Self {
        Self::new(reason, field, "")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_its_own_name_and_a_phrase_in_both_languages() {
        let names: HashSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert!(!reason.italian().ends_with('.') && !reason.english().ends_with('.'), "{reason}");
            assert_ne!(reason.italian(), reason.english());
        }
    }

    #[test]
    fn the_message_shows_the_value_found() {
        let error = BuildError::new(Reason::BadCap, "buyer.cap", "123");
        assert!(error.message_it.ends_with("(trovato `123`)"));
        assert!(error.to_string().ends_with("(found `123`)"));
        assert!(!BuildError::missing(Reason::MissingName, "buyer.nome").message_en.contains("found"));
    }
}
