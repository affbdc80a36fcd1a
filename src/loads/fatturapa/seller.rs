//! The seller as a person writes it, in a file of its own, with its own diagnostics.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, suggest};
use crate::domain::fatturapa::Seller;
use crate::domain::fatturapa::amount::exactly;
use crate::domain::fatturapa::codes::{Liquidation, Shareholders, TaxRegime};
use crate::domain::fatturapa::model::{Address, Contacts, PartyName, ProfessionalRegister, Rea, VatId};
use crate::domain::fatturapa::schema::ValueType;
use crate::domain::ids;
use crate::domain::money::Decimal;

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
    /// Fax, 5 to 12 characters.
    #[serde(default)]
    pub fax: Option<Text>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<Text>,
    /// Account for bank transfers.
    #[serde(default)]
    pub iban: Option<Text>,
    /// Bank of that account, up to 80 characters.
    #[serde(default)]
    pub banca: Option<Text>,
    /// Entry in the business register, which companies must have.
    #[serde(default)]
    pub rea: Option<ReaSpec>,
    /// Register of a profession.
    #[serde(default)]
    pub albo: Option<AlboSpec>,
    /// Italian branch of a seller established abroad.
    #[serde(default)]
    pub stabile_organizzazione: Option<SedeSpec>,
    /// The buyer's reference to the seller, when it is the same on every invoice; up to 20 characters.
    #[serde(default)]
    pub riferimento_amministrazione: Option<Text>,
    /// Code by which invoices reach the seller, seven characters: documents made as a buyer (TD16 to TD29) come back by it.
    #[serde(default)]
    pub codice_destinatario: Option<Text>,
}

/// Entry in the business register (`IscrizioneREA`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReaSpec {
    /// Province of the register, two letters.
    pub ufficio: Text,
    /// Number, up to 20 characters.
    pub numero: Text,
    /// Paid-up capital in euro: `10000.00`.
    #[serde(default)]
    pub capitale_sociale: Option<Text>,
    /// `SU` (sole shareholder) or `SM` (several).
    #[serde(default)]
    pub socio_unico: Option<Text>,
    /// Whether the company is in liquidation. Default: `false`.
    #[serde(default)]
    pub in_liquidazione: bool,
}

/// Register of a profession (`AlboProfessionale`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlboSpec {
    /// Its name, up to 60 characters.
    pub nome: Text,
    /// Its province, two letters.
    #[serde(default)]
    pub provincia: Option<Text>,
    /// Number of the entry.
    #[serde(default)]
    pub numero: Option<Text>,
    /// Date of the entry: `2010-05-31`.
    #[serde(default)]
    pub data: Option<Text>,
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
    /// The seller, when nothing is wrong with it. Everything is looked at: a mistake here would be on every invoice.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Option<Seller> {
        let before = cx.reported();
        let regime = self.regime(cx);
        let number = checked(&self.partita_iva, ids::partita_iva::normalise(&self.partita_iva), cx);
        let code = self.codice_fiscale.as_ref().map(|code| checked(code, ids::codice_fiscale::normalise(code), cx));
        let iban = self.iban.as_ref().map(|iban| checked(iban, ids::iban::normalise(iban), cx));
        let (sede, branch) = (self.sede.bind(cx), self.stabile_organizzazione.as_ref().map(|sede| sede.bind(cx)));
        fits(self.telefono.as_ref(), ValueType::Phone, cx);
        fits(self.fax.as_ref(), ValueType::Phone, cx);
        fits(self.email.as_ref(), ValueType::ContactMail, cx);
        fits(self.banca.as_ref(), ValueType::Latin(80), cx);
        fits(self.riferimento_amministrazione.as_ref(), ValueType::Basic(20), cx);
        fits(self.codice_destinatario.as_ref(), ValueType::Recipient7, cx);
        let (rea, albo) = (self.rea.as_ref().map(|rea| rea.bind(cx)), self.albo.as_ref().map(|albo| albo.bind(cx)));
        let name = party_name("seller", [&self.denominazione, &self.nome, &self.cognome], &self.partita_iva, cx);
        if cx.reported() > before {
            return None;
        }
        Some(Seller {
            name: name?,
            id_fiscale_iva: VatId::italian(number?),
            codice_fiscale: code.flatten(),
            regime_fiscale: regime?,
            sede: sede?,
            rea: rea.flatten(),
            contacts: self.contacts(),
            albo,
            stabile_organizzazione: branch.flatten(),
            riferimento_amministrazione: given(self.riferimento_amministrazione.as_ref()),
            iban: iban.flatten(),
            istituto_finanziario: given(self.banca.as_ref()),
            codice_destinatario: given(self.codice_destinatario.as_ref()),
        })
    }

    fn regime(&self, cx: &BindCx) -> Option<TaxRegime> {
        let regime = TaxRegime::from_code(self.regime_fiscale.trim());
        if regime.is_none() {
            let known = suggest::known("regimes", TaxRegime::ALL.iter().map(|regime| regime.as_str()));
            let message = format!("`{}` is not a tax regime", self.regime_fiscale);
            cx.report(Diagnostic::error(Code::BadValue, self.regime_fiscale.place(), message).help(known));
        }
        regime
    }

    fn contacts(&self) -> Option<Contacts> {
        let contacts = Contacts {
            telefono: given(self.telefono.as_ref()),
            fax: given(self.fax.as_ref()),
            email: given(self.email.as_ref()),
        };
        (contacts != Contacts::default()).then_some(contacts)
    }
}

impl SedeSpec {
    fn bind(&self, cx: &BindCx) -> Option<Address> {
        fits(Some(&self.indirizzo), ValueType::Latin(60), cx);
        fits(Some(&self.comune), ValueType::Latin(60), cx);
        let cap = checked(&self.cap, ids::simple::cap(&self.cap), cx);
        let provincia = checked(&self.provincia, ids::simple::province(&self.provincia), cx);
        Some(Address {
            indirizzo: self.indirizzo.trim().to_owned(),
            numero_civico: None,
            cap: cap?,
            comune: self.comune.trim().to_owned(),
            provincia,
            nazione: "IT".to_owned(),
        })
    }
}

impl ReaSpec {
    fn bind(&self, cx: &BindCx) -> Option<Rea> {
        let ufficio = checked(&self.ufficio, ids::simple::province(&self.ufficio), cx);
        fits(Some(&self.numero), ValueType::Basic(20), cx);
        let capital = self.capitale_sociale.as_ref().map(|text| {
            let amount = text.trim().parse::<Decimal>().ok().and_then(|amount| exactly(amount, 2));
            if amount.is_none_or(Decimal::is_negative) {
                let message = format!("`{text}` is not an amount in euro");
                cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help("write it as `10000.00`"));
            }
            amount
        });
        let shareholders = self.socio_unico.as_ref().map(|text| {
            let found = Shareholders::from_code(text.trim());
            if found.is_none() {
                let message = format!("`{text}` does not say how many shareholders there are");
                let problem = Diagnostic::error(Code::BadValue, text.place(), message);
                cx.report(problem.help("use `SU` (sole shareholder) or `SM` (several)"));
            }
            found
        });
        Some(Rea {
            ufficio: ufficio?,
            numero_rea: self.numero.trim().to_owned(),
            capitale_sociale: capital.flatten(),
            socio_unico: shareholders.flatten(),
            stato_liquidazione: if self.in_liquidazione { Liquidation::InLiquidation } else { Liquidation::Active },
        })
    }
}

impl AlboSpec {
    fn bind(&self, cx: &BindCx) -> ProfessionalRegister {
        fits(Some(&self.nome), ValueType::Latin(60), cx);
        fits(self.numero.as_ref(), ValueType::Basic(60), cx);
        fits(self.data.as_ref(), ValueType::Date, cx);
        let province = self.provincia.as_ref().map(|text| checked(text, ids::simple::province(text), cx));
        ProfessionalRegister {
            albo_professionale: self.nome.trim().to_owned(),
            provincia_albo: province.flatten(),
            numero_iscrizione_albo: given(self.numero.as_ref()),
            data_iscrizione_albo: self.data.as_ref().and_then(|text| text.trim().parse().ok()),
        }
    }
}

fn given(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A firm's name, or a person's name and surname.
pub(super) fn party_name(
    who: &str,
    [firm, name, surname]: [&Option<Text>; 3],
    place: &Text,
    cx: &BindCx,
) -> Option<PartyName> {
    let text = |text: &Text| text.trim().to_owned();
    fits(firm.as_ref(), ValueType::Latin(80), cx);
    fits(name.as_ref(), ValueType::Latin(60), cx);
    fits(surname.as_ref(), ValueType::Latin(60), cx);
    match (firm, name, surname) {
        (Some(firm), None, None) => Some(PartyName::Denominazione(text(firm))),
        (None, Some(name), Some(surname)) => Some(PartyName::Persona { nome: text(name), cognome: text(surname) }),
        _ => {
            let message = format!("the {who} has either a `denominazione`, or `nome` and `cognome`");
            cx.report(Diagnostic::error(Code::BadValue, place.place(), message));
            None
        }
    }
}

/// Reports a text that its element would not admit.
pub(super) fn fits(text: Option<&Text>, kind: ValueType, cx: &BindCx) {
    let Some(text) = text else { return };
    if let Some((italian, english)) = kind.problem(text.trim()) {
        let message = format!("`{text}` cannot be written on an invoice: {english}");
        cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help(italian));
    }
}

pub(super) fn checked(
    text: &Text,
    result: Result<std::borrow::Cow<'_, str>, ids::IdError>,
    cx: &BindCx,
) -> Option<String> {
    match result {
        Ok(value) => Some(value.into_owned()),
        Err(error) => {
            cx.report(Diagnostic::error(Code::BadValue, text.place(), error.message_en).help(error.message_it));
            None
        }
    }
}
