//! The seller as a person writes it, in a file of its own, with its own diagnostics.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, suggest};
use crate::domain::fatturapa::Seller;
use crate::domain::fatturapa::codes::TaxRegime;
use crate::domain::fatturapa::model::{Address, Contacts, PartyName, VatId};
use crate::domain::ids;

/// Who sells (`CedentePrestatore`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerSpec {
    /// Name of the firm; for a person `nome` and `cognome` instead.
    #[serde(default)]
    pub denominazione: Option<Text>,
    /// Given name of a sole trader.
    #[serde(default)]
    pub nome: Option<Text>,
    /// Surname of a sole trader.
    #[serde(default)]
    pub cognome: Option<Text>,
    /// Partita IVA, eleven digits.
    pub partita_iva: Text,
    /// Codice fiscale, when it is not the partita IVA.
    #[serde(default)]
    pub codice_fiscale: Option<Text>,
    /// Tax regime: `RF01` ordinary, `RF19` forfettario, …
    pub regime_fiscale: Text,
    /// Registered office.
    pub sede: SedeSpec,
    /// Telephone, 5 to 12 characters.
    #[serde(default)]
    pub telefono: Option<Text>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<Text>,
    /// Account for bank transfers.
    #[serde(default)]
    pub iban: Option<Text>,
}

/// An Italian address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SedeSpec {
    /// Street and number.
    pub indirizzo: Text,
    /// Postcode, five digits.
    pub cap: Text,
    /// Town.
    pub comune: Text,
    /// Province, two letters.
    pub provincia: Text,
}

impl SellerSpec {
    /// The seller, when nothing is wrong with it.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Option<Seller> {
        let before = cx.reported();
        let regime = TaxRegime::from_code(self.regime_fiscale.trim());
        if regime.is_none() {
            let known = suggest::known("regimes", TaxRegime::ALL.iter().map(|regime| regime.as_str()));
            let message = format!("`{}` is not a tax regime", self.regime_fiscale);
            cx.report(Diagnostic::error(Code::BadValue, self.regime_fiscale.place(), message).help(known));
        }
        let number = checked(&self.partita_iva, ids::partita_iva::normalise(&self.partita_iva), cx);
        let cap = checked(&self.sede.cap, ids::simple::cap(&self.sede.cap), cx);
        let provincia = checked(&self.sede.provincia, ids::simple::province(&self.sede.provincia), cx);
        if let Some(code) = &self.codice_fiscale {
            checked(code, ids::codice_fiscale::normalise(code), cx);
        }
        let name = self.name(cx);
        if cx.reported() > before {
            return None;
        }
        let text = |text: &Text| text.trim().to_owned();
        Some(Seller {
            name: name?,
            id_fiscale_iva: VatId::italian(number?),
            codice_fiscale: self.codice_fiscale.as_ref().map(text),
            regime_fiscale: regime?,
            sede: Address {
                indirizzo: text(&self.sede.indirizzo),
                numero_civico: None,
                cap: cap?,
                comune: text(&self.sede.comune),
                provincia,
                nazione: "IT".to_owned(),
            },
            rea: None,
            contacts: (self.telefono.is_some() || self.email.is_some()).then(|| Contacts {
                telefono: self.telefono.as_ref().map(text),
                fax: None,
                email: self.email.as_ref().map(text),
            }),
            iban: self.iban.as_ref().map(text),
        })
    }

    fn name(&self, cx: &BindCx) -> Option<PartyName> {
        let text = |text: &Text| text.trim().to_owned();
        match (&self.denominazione, &self.nome, &self.cognome) {
            (Some(name), None, None) => Some(PartyName::Denominazione(text(name))),
            (None, Some(nome), Some(cognome)) => Some(PartyName::Persona { nome: text(nome), cognome: text(cognome) }),
            _ => {
                let message = "the seller has either a `denominazione`, or `nome` and `cognome`";
                cx.report(Diagnostic::error(Code::BadValue, self.partita_iva.place(), message));
                None
            }
        }
    }
}

fn checked(text: &Text, result: Result<std::borrow::Cow<'_, str>, ids::IdError>, cx: &BindCx) -> Option<String> {
    match result {
        Ok(value) => Some(value.into_owned()),
        Err(error) => {
            cx.report(Diagnostic::error(Code::BadValue, text.place(), error.message_en).help(error.message_it));
            None
        }
    }
}
